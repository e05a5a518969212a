"""`fairlead show`: one recorded deployment in full."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from fairlead.cli.command import build
from fairlead.cli.options import SELECTION, Common, Declared, EnvironmentName, ReleaseName
from fairlead.cli.run import Operation, Run
from fairlead.cli.selecting import named_release
from fairlead.cli.text.records import record_lines
from fairlead.cli.wire.plans import record_document

Number = Annotated[int, typer.Argument(metavar="N", help="The number of a deployment", rich_help_panel=SELECTION)]


def show(
    environment: EnvironmentName, release: ReleaseName, number: Number, declared: Declared, common: Common
) -> Operation:
    """Show a recorded deployment."""
    return Operation(common, partial(_show, environment, release, number, declared))


async def _show(environment: str, release: str, number: int, declared: Declared, run: Run) -> int:
    async with run.application(declared) as application:
        found = await application.show(named_release(application, environment, release), number)
    run.output.show(record_document(found), partial(record_lines, verbose=run.common.verbose))
    return 0


app = build(show)
