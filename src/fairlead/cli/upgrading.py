"""What `poll` and `observe` have in common: how found updates are shown, and how the command ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import typer

from fairlead.cli.options import Where
from fairlead.cli.run import Run
from fairlead.cli.selecting import targets_in
from fairlead.cli.text.upgrades import update_lines
from fairlead.cli.wire.upgrades import updates_document
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.targets import Target
from fairlead.domain.upgrades.updates import Upgrades
from fairlead.pipeline.application import Application
from fairlead.pipeline.load import Loaded
from fairlead.pipeline.upgrades.patching import Patched
from fairlead.pipeline.upgrades.proposals import Find
from fairlead.pipeline.upgrades.pullrequests import Fate, Proposed

UPDATES_EXIST = 3
NOT_WRITTEN = 1

DetailedExitcode = Annotated[bool, typer.Option("--detailed-exitcode", help="Exit 3 when there are updates")]


@dataclass(frozen=True, slots=True)
class Acting:
    """What is done about the updates that are found."""

    patch: Annotated[bool, typer.Option("--patch", help="Write them into the declared files")] = False
    pr: Annotated[
        bool, typer.Option("--pr", help="Propose them as pull requests, as `updates` in the environments file says")
    ] = False
    patch_charts: Annotated[
        bool, typer.Option("--patch-charts", help="Also into values.yaml of chart directories, with --patch")
    ] = False

    def __post_init__(self) -> None:
        """Refuse what means nothing."""
        if self.patch and self.pr:
            message = "found --patch and --pr: the one changes the files here, the other those in the repository"
            raise InputError(Problem("conflictingOptions", message, remedy="leave out one of the two"))
        if self.patch_charts and not self.patch:
            message = "found --patch-charts without --patch"
            raise InputError(Problem("conflictingOptions", message, remedy="write both"))


@dataclass(frozen=True, slots=True)
class Done:
    """What became of updates: in the files here, or in the repository."""

    patched: tuple[Patched, ...] = ()
    proposed: tuple[Proposed, ...] = ()


@dataclass(frozen=True, slots=True)
class Search:
    """Which releases are meant, and how updates are found for them. `settles` as for `Deciding`."""

    where: Where
    find: Find
    settles: bool

    async def carried_out(self, application: Application, acting: Acting) -> tuple[Upgrades, Done]:
        """Find updates and do what is asked about them."""
        if acting.pr:

            def choose(loaded: Loaded) -> tuple[Target, ...]:
                return targets_in(loaded.declaration, self.where, everything=True)

            proposer = application.proposer
            found, proposed = await proposer.propose(application.declaration, choose, self.find, settles=self.settles)
            return found, Done(proposed=proposed)
        targets = targets_in(application.declaration, self.where, everything=True)
        found = await self.find(application.upgrading, targets)
        if not acting.patch:
            return found, Done()
        return found, Done(await application.patch(found.updates, charts=acting.patch_charts))


def shown(found: Upgrades, done: Done, run: Run, *, detailed_exitcode: bool) -> int:
    """Show updates and what became of them, and return the exit code."""
    # Registries are strangers, and may repeat in a refusal what they were sent.
    redact = run.surroundings.redactor.text
    skipped = tuple(replace(one, reason=redact(one.reason)) for one in found.skipped)
    run.output.show(updates_document(replace(found, skipped=skipped), done.patched, done.proposed), update_lines)
    if any(not one.changed for one in done.patched) or any(one.fate is Fate.NOTHING for one in done.proposed):
        return NOT_WRITTEN
    return UPDATES_EXIST if detailed_exitcode and found.updates else 0
