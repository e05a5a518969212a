"""`fairlead apply`: plan, then exactly that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from fairlead.cli.command import build
from fairlead.cli.deploying import exit_code, require_complete, require_consent, require_harmless, timeout_seconds
from fairlead.cli.options import Common, Execution, Force, Where
from fairlead.cli.plan_files import approved_plan
from fairlead.cli.run import Operation, Run
from fairlead.cli.selecting import chosen_targets, orphans
from fairlead.cli.text.deployments import deployment_lines
from fairlead.cli.text.plans import plan_lines
from fairlead.cli.wire.plans import deployments_document, plan_document
from fairlead.domain.changes import PlanOptions
from fairlead.pipeline.saving import Chosen


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """What to plan and apply, and what to do when it fails."""

    execution: Execution
    plan: Annotated[
        Path | None,
        typer.Option("--plan", metavar="FILE", help="Apply exactly the plan that plan --save wrote, or refuse"),
    ] = None
    rollback_on_failure: Annotated[
        bool,
        typer.Option(
            "--rollback-on-failure",
            help="Go back to the last good deployment of what fails; of an app, give up the new version",
        ),
    ] = False
    release_hold: Annotated[
        bool, typer.Option("--release-hold", help="Also what is held, and end the hold when it succeeds")
    ] = False
    init: Annotated[bool, typer.Option("--init", help="First get credentials, as `fairlead init` does")] = False


def apply(where: Where, options: ApplyOptions, force: Force, common: Common) -> Operation:
    """Plan, apply exactly that plan, wait until it is healthy."""
    return Operation(common, partial(_apply, where, options, force))


async def _apply(where: Where, options: ApplyOptions, force: Force, run: Run) -> int:
    how = options.execution
    timeout, lock_timeout = timeout_seconds(how.timeout), timeout_seconds(how.lock_timeout, "--lock-timeout")
    progress = run.progress()
    approved = approved_plan(options.plan, where, force, run)
    async with run.application(where.declared, sink=progress) as application:
        run.warn(application)
        about = Chosen(chosen_targets(application, where)) if approved is None else approved.about(application)
        if options.init:
            await application.initialize(tuple(dict.fromkeys(target.environment for target in about.everything)))
        with progress.shown():
            chosen, silent = await application.answering(about.everything)
            if approved is not None:
                require_complete(silent)
            else:
                about = Chosen(chosen, await orphans(application, where, silent) if force.prune_releases else ())
            await application.require_dependencies(about.targets)
            wishes = PlanOptions(
                recreate=force.recreate, take_ownership=force.take_ownership, release_hold=options.release_hold
            )
            if approved is None:
                plan = await application.plan(about.targets, wishes, removed=about.removed)
            else:
                plan = await application.resume(approved.allowing(wishes), about, approved.file)
        lines = partial(plan_lines, verbose=run.common.verbose)
        if how.dry_run:
            run.output.show(plan_document(plan, silent), lines)
            return 1 if plan.is_refused or silent else 0
        run.output.aside(plan_document(plan, silent), lines)
        if not how.allow_deletes:
            require_harmless(plan)
        if not how.yes:
            await require_consent(plan, run)
        with progress.shown():
            deployments = await application.apply(
                plan,
                about.everything,
                wait=not how.no_wait,
                timeout_seconds=timeout,
                lock_timeout=lock_timeout,
                rollback_on_failure=options.rollback_on_failure,
            )
    run.output.show(deployments_document(deployments, silent), deployment_lines)
    return max(exit_code(deployments), 1 if silent else 0)


app = build(apply)
