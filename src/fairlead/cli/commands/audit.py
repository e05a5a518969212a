"""`fairlead audit`: who did what on the server, and who was refused."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from fairlead.bootstrap.storing import open_administration, places
from fairlead.cli.command import build
from fairlead.cli.options import Common
from fairlead.cli.run import Operation, Run
from fairlead.cli.text.audit import audit_lines
from fairlead.cli.wire.audit import AuditItem, AuditLog


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """How much of the log."""

    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1000, help="How many entries")] = 50
    after: Annotated[
        int | None, typer.Option("--after", metavar="NUMBER", help="Those before this entry, to go on with a list")
    ] = None
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="DIR", help="Where the server keeps it [default: ~/.local/state/fairlead/server]"
        ),
    ] = None


def audit(options: AuditOptions, common: Common) -> Operation:
    """Show the audit log."""
    return Operation(common, partial(_audit, options))


async def _audit(options: AuditOptions, run: Run) -> int:
    surroundings = run.surroundings
    directory = None if options.data is None else surroundings.directory / options.data
    file = places(surroundings.settings, directory).administration
    async with open_administration(file, surroundings.clock, tidied=False) as administration:
        page = await administration.audit.page(after=options.after, limit=options.limit)
    entries = [msgspec.convert(entry.to_json(), AuditItem) for entry in page.items]
    run.output.show(AuditLog(entries=entries, after=page.after), audit_lines)
    return 0


app = build(audit)
