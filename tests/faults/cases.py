"""The cases of a soak: every story, times every write that it makes, times every write of the run that repairs it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from itertools import product
from typing import Self

from tests.faults.crashing import Course, Fault, Strike, deleted, deployed, strike
from tests.faults.stage import Stage

REPAIR_MAY_ADD = 3
"""A repair writes at most so much more often than what it repairs: it takes over, and settles old accounts."""


class Story(StrEnum):
    """What a run does when it is struck."""

    INSTALL = "install"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Case:
    """One story with one strike. Its text is what `scripts/soak --case` takes."""

    is_chart: bool
    story: Story
    strike: Strike

    @property
    def group(self) -> str:
        """The row of the summary that it belongs to."""
        return f"{'chart' if self.is_chart else 'manifests'}:{self.story.value}"

    @property
    def first(self) -> str:
        """The case without a second strike."""
        return f"{self.group}:{self.strike.fault.name}:{self.strike.number}".lower()

    def __str__(self) -> str:
        one = self.strike
        return self.first if one.again is None else f"{self.first}:{one.again_by.name.lower()}:{one.again}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a case; ValueError when it is none."""
        faults: Mapping[str, Fault] = {fault.name.lower(): fault for fault in Fault}
        try:
            kind, story, fault, number, *rest = text.split(":")
            struck = Strike(faults[fault], int(number))
            if rest:
                again_by, again = rest
                struck = replace(struck, again=int(again), again_by=faults[again_by])
            return cls({"chart": True, "manifests": False}[kind], Story(story), struck)
        except (KeyError, ValueError):
            message = f"{text!r} names no case"
            raise ValueError(message) from None


async def play(here: Stage, case: Case) -> Course:
    """Bring about what the story begins with, let it happen, and assert that it ended well.

    The killed run and those that repaired it are one course; whatever is not as it must be is an AssertionError.
    """
    before = await here.found()
    version = "b" if "only-a" in before.objects else "a"
    if bool(before.objects) is (case.story is Story.INSTALL):
        await (here.delete() if before.objects else here.apply("b"))
        before = await here.found()
    if case.story is Story.DELETE:
        course = await strike(here, here.delete, case.strike)
        deleted(course, await here.found())
    else:
        course = await strike(here, partial(here.apply, version), case.strike)
        deployed(here, version, before, course, await here.found())
    return course


async def every_case(here: Stage) -> list[Case]:
    """Return all cases of one kind of release, after counting on an empty stage what each story writes."""
    does: Mapping[Story, Callable[[], Awaitable[object]]] = {
        Story.INSTALL: partial(here.apply, "a"),
        Story.UPDATE: partial(here.apply, "b"),
        Story.DELETE: here.delete,
    }
    cases: list[Case] = []
    for story, act in does.items():
        await act()
        writes = len(here.proxy.writes)
        cases += [Case(here.is_chart, story, one) for one in _strikes(writes)]
    return cases


def _strikes(writes: int) -> Iterator[Strike]:
    for fault, number in product(Fault, range(1, writes + 1)):
        yield Strike(fault, number)
        if fault.kills:
            for again_by, again in product(Fault, range(1, writes + REPAIR_MAY_ADD + 1)):
                yield Strike(fault, number, again, again_by)
