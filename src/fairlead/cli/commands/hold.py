"""`fairlead hold`: a release stays at what runs until a person ends it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from fairlead.cli.command import build
from fairlead.cli.options import Common, Declared, EnvironmentName, ReleaseName
from fairlead.cli.run import Operation, Run
from fairlead.cli.selecting import named_release
from fairlead.cli.text.status import status_lines
from fairlead.cli.wire.plans import status_document
from fairlead.domain.errors import InputError, Problem


@dataclass(frozen=True, slots=True)
class HoldOptions:
    """What to do about the hold."""

    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; shown to whoever is refused")] = ""
    end: Annotated[bool, typer.Option("--end", help="End the hold, also one that a rollback set")] = False


def hold(
    environment: EnvironmentName, release: ReleaseName, options: HoldOptions, declared: Declared, common: Common
) -> Operation:
    """Hold a release at what runs."""
    return Operation(common, partial(_hold, environment, release, options, declared))


async def _hold(environment: str, release: str, options: HoldOptions, declared: Declared, run: Run) -> int:
    if options.end and options.reason:
        message = "found --end and --reason: ending a hold needs no reason"
        raise InputError(Problem("conflictingOptions", message, remedy="leave out one of the two"))
    async with run.application(declared) as application:
        target = named_release(application, environment, release)
        if options.end:
            await application.end_hold(target)
        else:
            await application.hold(target, reason=options.reason)
        states = await application.status([target])
        run.output.show(status_document(states), partial(status_lines, now=application.clock.now()))
    return 0


app = build(hold)
