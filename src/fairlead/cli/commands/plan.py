"""`fairlead plan`: what apply would do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from fairlead.cli.command import build
from fairlead.cli.deploying import require_complete
from fairlead.cli.options import Common, Force, Where
from fairlead.cli.plan_files import write_plan
from fairlead.cli.run import Operation, Run
from fairlead.cli.selecting import chosen_targets, orphans
from fairlead.cli.text.plans import plan_lines
from fairlead.cli.wire.plans import plan_document
from fairlead.domain.changes import PlanOptions
from fairlead.doors.private_files import require_writable
from fairlead.pipeline.saving import Chosen

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
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Also write it to a file, for apply --plan FILE")
    ] = None,
) -> Operation:
    """Show what apply would do."""
    options = PlanOptions(verify=verify, recreate=force.recreate, take_ownership=force.take_ownership)
    wishes = _Wishes(options, prune_releases=force.prune_releases, detailed_exitcode=detailed_exitcode, save=save)
    return Operation(common, partial(_plan, where, wishes))


@dataclass(frozen=True, slots=True)
class _Wishes:
    options: PlanOptions
    prune_releases: bool
    detailed_exitcode: bool
    save: Path | None


async def _plan(where: Where, wishes: _Wishes, run: Run) -> int:
    progress = run.progress()
    file = None if wishes.save is None else run.surroundings.directory / wishes.save
    if file is not None:
        require_writable(file)
    async with run.application(where.declared, sink=progress) as application:
        run.warn(application)
        with progress.shown():
            chosen, silent = await application.answering(chosen_targets(application, where))
            about = Chosen(chosen, await orphans(application, where, silent) if wishes.prune_releases else ())
            planned = await application.plan(about.targets, wishes.options, removed=about.removed)
            if file is not None:
                require_complete(silent)
                await asyncio.to_thread(write_plan, file, await application.save(planned, about))
    run.output.show(plan_document(planned, silent), partial(plan_lines, verbose=run.common.verbose))
    if planned.is_refused or silent:
        return 1
    return CHANGES_EXIST if wishes.detailed_exitcode and planned.writes else 0


app = build(plan)
