"""What `poll` and `observe` have in common: how found updates are shown, and how the command ends."""

from __future__ import annotations

from typing import Annotated

import typer

from fairlead.cli.run import Run
from fairlead.cli.text.upgrades import update_lines
from fairlead.cli.wire.upgrades import updates_document
from fairlead.domain.upgrades.updates import Upgrades

UPDATES_EXIST = 3

DetailedExitcode = Annotated[bool, typer.Option("--detailed-exitcode", help="Exit 3 when there are updates")]


def shown(found: Upgrades, run: Run, *, detailed_exitcode: bool) -> int:
    """Show updates and return the exit code."""
    run.output.show(updates_document(found), update_lines)
    return UPDATES_EXIST if detailed_exitcode and found.updates else 0
