"""Every operation on a unit, struck at every write by every fault, on real pods under load: `scripts/soak units`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from random import Random
from typing import Self

from fairlead.domain.errors import FairleadError
from tests.e2e.running import RunningSandbox
from tests.faults.unit_courses import UnitCourse, UnitFault, UnitStrike, play
from tests.faults.unit_operations import OPERATIONS, Operation
from tests.faults.unit_stage import unit_stage

SIDE_BY_SIDE = 6
EVERY = 10
_BY_NAME = {one.name: one for one in OPERATIONS}

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class UnitCase:
    """One operation with one strike, or none. Its text is what `scripts/soak --case` takes."""

    operation: Operation
    strike: UnitStrike | None = None

    def __str__(self) -> str:
        one = self.strike
        return f"unit:{self.operation.name}" + (f":{one.fault}:{one.at}" if one is not None else "")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a case; ValueError when it is none."""
        try:
            kind, name, *struck = text.split(":")
            operation = {"unit": _BY_NAME}[kind][name]
            if not struck:
                return cls(operation)
            fault, number = struck
            return cls(operation, UnitStrike(UnitFault(fault), int(number)))
        except (KeyError, ValueError):
            message = f"{text!r} names no case"
            raise ValueError(message) from None


@dataclass(slots=True)
class UnitTally:
    """What became of the cases of one operation. `again`: nothing had been asked yet, so the command ran once more."""

    known: int = 0
    run: int = 0
    struck: int = 0
    kills: int = 0
    stops: int = 0
    again: int = 0
    requests: int = 0
    failed: int = 0
    diverged: int = 0


@dataclass(slots=True)
class UnitSoak:
    """The cases of all operations, several side by side, until the end of the time (monotonic seconds)."""

    sandbox: RunningSandbox
    folder: Path
    until: float
    say: Say
    tallies: dict[str, UnitTally] = field(default_factory=dict)
    diverged: list[UnitCase] = field(default_factory=list)

    async def everything(self, seed: int, skip: int) -> None:
        """Count what each operation writes, and run its cases in an order that the seed gives, without the first."""
        unstruck = await self.these([UnitCase(one) for one in OPERATIONS])
        writes = {str(case): course.writes for case, course in unstruck.items()}
        cases = [case for one in unstruck for case in cases_of(one.operation, writes[str(one)])]
        self.say(f"{len(cases)} cases of {sum(writes.values())} writes: {writes}")
        await self.these(in_order(cases, seed)[skip:])

    async def these(self, cases: Sequence[UnitCase]) -> Mapping[UnitCase, UnitCourse]:
        """Run cases, the first one first, and return how they went."""
        waiting, courses = list(reversed(cases)), dict[UnitCase, UnitCourse]()
        for case in cases:
            self._tally(case).known += 1

        async def work() -> None:
            while waiting and time.monotonic() < self.until:
                case = waiting.pop()
                courses[case] = await self._run(case)

        async with asyncio.TaskGroup() as group:
            for _ in range(SIDE_BY_SIDE):
                group.create_task(work())
        return courses

    async def _run(self, case: UnitCase) -> UnitCourse:
        tally = self._tally(case)
        tally.run += 1
        try:
            async with unit_stage(self.sandbox, self.folder) as stage:
                course = await play(stage, case.operation, case.strike)
        except (AssertionError, TimeoutError, FairleadError) as error:
            course = UnitCourse(wrong=[f"{type(error).__name__}: {error}"])
        if case.strike is not None and course.struck is not None:
            tally.struck += 1
            tally.kills += case.strike.fault.kills
            tally.stops += case.strike.fault is UnitFault.STOPPED
        tally.again += course.again
        tally.requests += len(course.answers)
        tally.failed += course.failed
        if course.wrong:
            tally.diverged += 1
            self.diverged.append(case)
            self.say(f"DIVERGED {case} at {course.struck}: " + "; ".join(course.wrong))
        if (total := sum(each.run for each in self.tallies.values())) % EVERY == 0:
            self.say(f"{total} cases run, {len(self.diverged)} diverged, last {case} at {course.struck}")
        return course

    def _tally(self, case: UnitCase) -> UnitTally:
        return self.tallies.setdefault(case.operation.name, UnitTally())


def cases_of(operation: Operation, writes: int) -> Iterator[UnitCase]:
    """Return every strike at an operation that makes so many writes."""
    for fault, number in product(UnitFault, range(1, writes + 1)):
        yield UnitCase(operation, UnitStrike(fault, number))


def in_order(cases: Sequence[UnitCase], seed: int) -> list[UnitCase]:
    """Return cases in the order of a seed, in which a few more or fewer of them move nothing else."""
    return sorted(cases, key=lambda one: Random(f"{seed} {one}").random())
