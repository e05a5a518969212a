"""The crash tests in full, for as long as there is time: what `scripts/soak` runs.

It starts a sandbox of its own. Releases of manifests and releases of a chart are struck side by side, or units on pods
that really run, in an order that the seed gives.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from random import Random
from uuid import uuid4

from fairlead.sandbox import modules
from fairlead.sandbox.cluster import down, programs, up
from fairlead.sandbox.spec import NodeKind, SandboxSpec
from tests.e2e.running import RunningSandbox
from tests.faults.cases import Case, every_case, play
from tests.faults.stage import Stage, stage
from tests.faults.unit_soaking import UnitCase, UnitSoak, UnitTally
from tests.sandbox.traces import settings_in, unheard

NAME = "soak"
EVERY = 25


@dataclass(slots=True)
class Tally:
    """What became of the cases of one group.

    `needless` are those whose second strike is aimed at a write that the repair does not make. `struck` counts runs
    whose fault happened, `kills` the processes that were killed.
    """

    known: int = 0
    run: int = 0
    needless: int = 0
    struck: int = 0
    kills: int = 0
    diverged: int = 0


@dataclass(slots=True)
class Soak:
    """All cases on one sandbox until the end of the time (monotonic seconds)."""

    sandbox: RunningSandbox
    folder: Path
    seed: int
    until: float
    tallies: dict[str, Tally] = field(default_factory=dict)
    diverged: list[Case] = field(default_factory=list)
    _repairs: dict[str, int] = field(default_factory=dict)

    async def everything(self) -> None:
        """Run the cases of manifests and those of a chart side by side."""
        async with asyncio.TaskGroup() as group:
            for is_chart in (False, True):
                group.create_task(self._kind(is_chart=is_chart))

    async def these(self, cases: list[Case]) -> None:
        """Run cases of one kind, the last one first; each that diverges leaves the stage to an empty one."""
        for case in cases:
            self._tally(case).known += 1
        while cases and time.monotonic() < self.until:
            async with self._stage(is_chart=cases[0].is_chart) as here:
                while cases and time.monotonic() < self.until:
                    if not await self._is_well(here, cases.pop()):
                        break

    async def _kind(self, *, is_chart: bool) -> None:
        async with self._stage(is_chart=is_chart) as here:
            cases = await every_case(here)
        Random(self.seed).shuffle(cases)
        await self.these(cases)

    async def _is_well(self, here: Stage, case: Case) -> bool:
        tally, again = self._tally(case), case.strike.again
        if again is not None and again >= self._repairs.get(case.first, sys.maxsize):
            tally.needless += 1
            return True
        tally.run += 1
        try:
            course = await play(here, case)
        except (AssertionError, TimeoutError) as error:
            tally.diverged += 1
            self.diverged.append(case)
            say(f"DIVERGED {case} (seed {self.seed}): {error}")
            return False
        tally.struck += course.hit
        tally.kills += course.kills
        if again is not None and not course.again:
            self._repairs[case.first] = again
        if (total := sum(each.run for each in self.tallies.values())) % EVERY == 0:
            say(f"{total} cases run, {len(self.diverged)} diverged, last {case}")
        return True

    def _tally(self, case: Case) -> Tally:
        return self.tallies.setdefault(case.group, Tally())

    @asynccontextmanager
    async def _stage(self, *, is_chart: bool) -> AsyncIterator[Stage]:
        name = f"soak-{uuid4().hex[:8]}"
        root = self.folder / name
        root.mkdir()
        await self.sandbox.ask("create", "namespace", name)
        async with stage(self.sandbox, root, name, is_chart=is_chart) as here:
            yield here
        await self.sandbox.ask("delete", "namespace", name, "--wait=false")


def say(line: str) -> None:
    """Tell people how it goes."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')}  {line}\n")
    sys.stdout.flush()


def summary(tallies: Mapping[str, Tally | UnitTally], kind: type[Tally | UnitTally] = Tally) -> str:
    """Return the figures as a table in Markdown."""
    names = [one.name for one in fields(kind)]
    rows = [[group, *(str(getattr(tally, name)) for name in names)] for group, tally in sorted(tallies.items())]
    total = ["all", *(str(sum(getattr(tally, name) for tally in tallies.values())) for name in names)]
    table = [["cases", *names], ["---"] * (len(names) + 1), *rows, total]
    return "\n".join(f"| {' | '.join(row)} |" for row in table)


async def main(arguments: Sequence[str]) -> int:
    """Run a soak and return the exit code: 1 when anything diverged."""
    options = _options(arguments)
    if task := asyncio.current_task():
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with tempfile.TemporaryDirectory(prefix="fairlead-soak-") as folder:
        settings = settings_in(Path(folder))
        nodes = NodeKind.REAL if options.of_units else NodeKind.SIMULATED
        try:
            tools = await programs((modules.HELM, modules.KUSTOMIZE), settings, unheard)
            status = await up(SandboxSpec(NAME, 1, nodes), settings, unheard)
            sandbox = RunningSandbox(status, settings, Path(tools["helm"]), Path(tools["kustomize"]))
            say(f"seed {options.seed}, {options.minutes:g} minutes")
            soak = await _soaked(options, sandbox, Path(folder))
        finally:
            await down(NAME, settings, unheard)
    say(f"done\n\n{summary(soak.tallies, UnitTally if options.of_units else Tally)}\n")
    for case in soak.diverged:
        say(f"again: scripts/soak --case {case}")
    return 1 if soak.diverged else 0


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for on the command line."""

    of_units: bool
    minutes: float
    seed: int
    skip: int
    case: Case | UnitCase | None


def _options(arguments: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("releases", "units"), default="releases", help="what is struck")
    parser.add_argument("--minutes", type=float, default=30.0, help="how long at most, after the sandbox has started")
    parser.add_argument("--seed", type=int, default=1, help="gives the order of the cases")
    parser.add_argument("--skip", type=int, default=0, help="so many cases of units have been run before")
    parser.add_argument("--case", type=_case, help="only this one, as a soak named it")
    found = parser.parse_args(arguments)
    of_units = isinstance(found.case, UnitCase) if found.case is not None else found.what == "units"
    return Options(of_units, found.minutes, found.seed, found.skip, found.case)


def _case(text: str) -> Case | UnitCase:
    return UnitCase.parse(text) if text.startswith("unit:") else Case.parse(text)


async def _soaked(options: Options, sandbox: RunningSandbox, folder: Path) -> Soak | UnitSoak:
    until = time.monotonic() + options.minutes * 60
    if options.of_units:
        units = UnitSoak(sandbox, folder, until, say)
        only = options.case
        await (units.these([only]) if isinstance(only, UnitCase) else units.everything(options.seed, options.skip))
        return units
    soak = Soak(sandbox, folder, options.seed, until)
    await (soak.these([options.case]) if isinstance(options.case, Case) else soak.everything())
    return soak


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
