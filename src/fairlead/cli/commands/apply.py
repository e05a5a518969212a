"""`fairlead apply`: plan, then exactly that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from fairlead.cli.asking import agreed
from fairlead.cli.command import build
from fairlead.cli.consent import grave, refusal
from fairlead.cli.options import Common, Force, Where
from fairlead.cli.run import Operation, Run
from fairlead.cli.selecting import chosen_targets
from fairlead.cli.text.deployments import deployment_lines
from fairlead.cli.text.plans import plan_lines
from fairlead.cli.wire.plans import deployments_document, plan_document
from fairlead.domain.changes import Plan
from fairlead.domain.deployments import Outcome
from fairlead.domain.durations import duration_seconds
from fairlead.domain.errors import InputError, Problem, Refused
from fairlead.domain.pruning import guard
from fairlead.pipeline.plan import PlanOptions


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """How to carry out a plan. `timeout` is in seconds, None as declared."""

    yes: Annotated[
        bool, typer.Option("-y", "--yes", help="Also when the plan deletes, recreates or takes over objects")
    ] = False
    dry_run: Annotated[bool, typer.Option("-n", "--dry-run", help="Stop after the plan")] = False
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not wait until it is healthy")] = False
    timeout: Annotated[
        str | None,
        typer.Option("--timeout", metavar="TIME", help="How long to wait for health, such as 90s or 5m"),
    ] = None
    allow_deletes: Annotated[
        bool,
        typer.Option("--allow-deletes", help="Also delete much, or namespaces, definitions and volumes"),
    ] = False
    init: Annotated[bool, typer.Option("--init", help="First get credentials, as `fairlead init` does")] = False


def apply(where: Where, options: ApplyOptions, force: Force, common: Common) -> Operation:
    """Plan, apply exactly that plan, wait until it is healthy."""
    return Operation(common, partial(_apply, where, options, force))


async def _apply(where: Where, options: ApplyOptions, force: Force, run: Run) -> int:
    timeout = _seconds(options.timeout)
    progress = run.progress()
    async with run.application(where.declared, sink=progress) as application:
        run.warn(application)
        chosen = chosen_targets(application, where)
        if options.init:
            await application.initialize(tuple(dict.fromkeys(target.environment for target in chosen)))
        with progress.shown():
            await application.require_dependencies(chosen)
            wishes = PlanOptions(recreate=force.recreate, take_ownership=force.take_ownership)
            plan = await application.plan(chosen, wishes)
        lines = partial(plan_lines, verbose=run.common.verbose)
        if options.dry_run:
            run.output.show(plan_document(plan), lines)
            return 0
        run.output.aside(plan_document(plan), lines)
        if not options.allow_deletes:
            _require_harmless(plan)
        await _consent(plan, options, run)
        with progress.shown():
            deployments = await application.apply(plan, chosen, wait=not options.no_wait, timeout_seconds=timeout)
    run.output.show(deployments_document(deployments), deployment_lines)
    return max((_exit_code(each.outcome) for each in deployments), default=0)


async def _consent(plan: Plan, options: ApplyOptions, run: Run) -> None:
    reasons = grave(plan)
    if not reasons or options.yes:
        return
    streams = run.surroundings.streams
    if not streams.interactive:
        raise Refused(refusal(reasons))
    streams.report("\nThis needs your agreement:\n" + "\n".join(f"  {reason}" for reason in reasons))
    if not await agreed(streams, "Go on?"):
        raise Refused(refusal(reasons))


def _require_harmless(plan: Plan) -> None:
    problems = [problem for release in plan.releases if (problem := guard(release)) is not None]
    if problems:
        raise Refused(problems)


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    seconds = duration_seconds(text)
    if seconds is None:
        message = f"found --timeout {text!r}, expected a duration up to seven days"
        raise InputError(Problem("invalidDuration", message, remedy="write it as 90s, 5m or 1h30m"))
    return seconds


def _exit_code(outcome: Outcome) -> int:
    match outcome:
        case Outcome.SUCCEEDED | Outcome.UNCHANGED:
            return 0
        case Outcome.REFUSED | Outcome.SUPERSEDED:
            return 4
        case Outcome.INTERRUPTED:
            return 130
        case Outcome.FAILED | Outcome.SKIPPED | Outcome.ROLLED_BACK:
            return 1


app = build(apply)
