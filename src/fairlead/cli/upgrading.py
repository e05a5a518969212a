"""What `poll` and `observe` have in common: how found updates are shown, and how the command ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from fairlead.cli.run import Run
from fairlead.cli.text.upgrades import update_lines
from fairlead.cli.wire.upgrades import updates_document
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.upgrades.updates import Upgrades
from fairlead.pipeline.application import Application
from fairlead.pipeline.patching import Patched

UPDATES_EXIST = 3
NOT_PATCHED = 1

DetailedExitcode = Annotated[bool, typer.Option("--detailed-exitcode", help="Exit 3 when there are updates")]


@dataclass(frozen=True, slots=True)
class Acting:
    """What is done about the updates that are found."""

    patch: Annotated[bool, typer.Option("--patch", help="Write them into the declared files")] = False
    patch_charts: Annotated[
        bool, typer.Option("--patch-charts", help="Also into values.yaml of chart directories, with --patch")
    ] = False

    def __post_init__(self) -> None:
        """Refuse what means nothing."""
        if self.patch_charts and not self.patch:
            message = "found --patch-charts without --patch"
            raise InputError(Problem("conflictingOptions", message, remedy="write both"))


async def acted(found: Upgrades, application: Application, acting: Acting) -> tuple[Patched, ...]:
    """Do what is asked about updates."""
    return await application.patch(found.updates, charts=acting.patch_charts) if acting.patch else ()


def shown(found: Upgrades, patched: Sequence[Patched], run: Run, *, detailed_exitcode: bool) -> int:
    """Show updates and what became of them, and return the exit code."""
    run.output.show(updates_document(found, patched), update_lines)
    if any(not one.changed for one in patched):
        return NOT_PATCHED
    return UPDATES_EXIST if detailed_exitcode and found.updates else 0
