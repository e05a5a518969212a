"""`fairlead plan`: what apply would do."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from fairlead.cli.command import build
from fairlead.cli.options import Common, Force, Where
from fairlead.cli.run import Operation, Run
from fairlead.cli.selecting import chosen_targets, orphans
from fairlead.cli.text.plans import plan_lines
from fairlead.cli.wire.plans import plan_document
from fairlead.pipeline.plan import PlanOptions

CHANGES_EXIST = 3


def plan(
    where: Where,
    force: Force,
    common: Common,
    *,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 3 when anything would change")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Let the server check creations too, by a dry run of each")
    ] = False,
) -> Operation:
    """Show what apply would do."""
    options = PlanOptions(verify=verify, recreate=force.recreate, take_ownership=force.take_ownership)
    return Operation(
        common, partial(_plan, where, options, detailed_exitcode=detailed_exitcode, prune_releases=force.prune_releases)
    )


async def _plan(where: Where, options: PlanOptions, run: Run, *, detailed_exitcode: bool, prune_releases: bool) -> int:
    progress = run.progress()
    async with run.application(where.declared, sink=progress) as application:
        run.warn(application)
        with progress.shown():
            chosen = chosen_targets(application, where)
            removed = await orphans(application, where) if prune_releases else ()
            planned = await application.plan(chosen, options, removed=removed)
    run.output.show(plan_document(planned), partial(plan_lines, verbose=run.common.verbose))
    return CHANGES_EXIST if detailed_exitcode and planned.writes else 0


app = build(plan)
