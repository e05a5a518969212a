"""`fairlead rollback`: an old deployment again, and the release held there; or an earlier version of an app."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from fairlead.bootstrap.units import Unheard, units_of
from fairlead.cli.command import build
from fairlead.cli.deploying import exit_code, require_consent, require_harmless, timeout_seconds
from fairlead.cli.options import Common, Declared, EnvironmentName, Execution, ReleaseName
from fairlead.cli.progress import Progress
from fairlead.cli.run import Operation, Run
from fairlead.cli.selecting import named_release
from fairlead.cli.text.deployments import deployment_lines
from fairlead.cli.text.plans import plan_lines
from fairlead.cli.text.status import status_lines
from fairlead.cli.units import UnitWhere, unit_session
from fairlead.cli.wire.plans import deployments_document, plan_document, status_document
from fairlead.domain.config import App
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.rollout.intents import Rollback
from fairlead.domain.selection import Scope, choose_environments
from fairlead.domain.targets import Target
from fairlead.domain.units import UnitKey
from fairlead.pipeline.application import Application
from fairlead.pipeline.units.service import new_id

OPERATORS_OWN = "-"
"""Stands for an environment where there is none: an app in the cluster that the kubeconfig leads to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackOptions:
    """Where to go back to."""

    number: Annotated[
        int | None,
        typer.Argument(metavar="N", help="Which deployment [default: the last good one before the present]"),
    ] = None
    to: Annotated[
        str, typer.Option("--to", metavar="VERSION", help="Of an app: which version [default: the last live one]")
    ] = ""
    namespace: Annotated[
        str | None, typer.Option("--namespace", metavar="NAME", help="Of an app: its namespace, where ENV is -")
    ] = None
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept with the hold")] = ""
    release_hold: Annotated[
        bool, typer.Option("--release-hold", help="Deploy nothing, only end the hold of an earlier rollback")
    ] = False
    execution: Execution


def rollback(
    environment: EnvironmentName, release: ReleaseName, options: RollbackOptions, declared: Declared, common: Common
) -> Operation:
    """Deploy an old deployment again and hold the release there."""
    return Operation(common, partial(_rollback, environment, release, options, declared))


async def _rollback(environment: str, release: str, options: RollbackOptions, declared: Declared, run: Run) -> int:
    if options.release_hold and options.number is not None:
        message = f"found --release-hold and deployment {options.number}: the one ends a hold, the other sets one"
        raise InputError(Problem("conflictingOptions", message, remedy="leave out one of the two"))
    if environment == OPERATORS_OWN or options.to:
        return await _unit_back(environment, release, options, declared, run)
    progress = run.progress()
    async with run.application(declared, sink=progress) as application:
        if await _is_unit(application, environment, release):
            return await _unit_back(environment, release, options, declared, run)
        target = named_release(application, environment, release)
        if options.release_hold:
            await application.end_hold(target)
            states = await application.status([target])
            run.output.show(status_document(states), partial(status_lines, now=application.clock.now()))
            return 0
        return await _Going(application, run, progress).back(target, options)


async def _is_unit(application: Application, environment: str, name: str) -> bool:
    """Return whether a name is that of an app of which no deployment as a release is recorded, declared or not."""
    (where,) = choose_environments(application.declaration, Scope(environment))
    for release in where.releases:
        if release.name == name:
            is_app = isinstance(release.source, App)
            return is_app and not await application.history(Target(where, release))
    async with units_of(application, Unheard()) as units:
        status = await units.read(UnitKey(where.cluster, where.namespace, name))
    return status.exists


async def _unit_back(environment: str, name: str, options: RollbackOptions, declared: Declared, run: Run) -> int:
    """Let an earlier version of an app go live again."""
    how = options.execution
    given = {
        "--dry-run": how.dry_run,
        "--release-hold": options.release_hold,
        "--no-wait": how.no_wait,
        "--timeout": how.timeout is not None,
        "--lock-timeout": how.lock_timeout is not None,
    }
    if meaningless := ", ".join(option for option, is_given in given.items() if is_given):
        message = f"found {meaningless}, but {name} is an app: its versions go back without a plan"
        raise InputError(Problem("conflictingOptions", message, remedy=f"leave out {meaningless}"))
    where = UnitWhere(declared, None if environment == OPERATORS_OWN else environment, options.namespace)
    async with unit_session(run, where) as session:
        version = options.to or ("" if options.number is None else str(options.number))
        intent = Rollback(*session.asked(), new_id(), version, options.reason)
        return await session.carry_through(session.key(name), intent, version)


@dataclass(frozen=True, slots=True)
class _Going:
    application: Application
    run: Run
    progress: Progress

    async def back(self, target: Target, options: RollbackOptions) -> int:
        how = options.execution
        timeout, lock_timeout = timeout_seconds(how.timeout), timeout_seconds(how.lock_timeout, "--lock-timeout")
        with self.progress.shown():
            plan = await self.application.plan_rollback(target, options.number, reason=options.reason)
        lines = partial(plan_lines, verbose=self.run.common.verbose)
        if how.dry_run:
            self.run.output.show(plan_document(plan), lines)
            return 0
        self.run.output.aside(plan_document(plan), lines)
        if not how.allow_deletes:
            require_harmless(plan)
        if not how.yes:
            await require_consent(plan, self.run)
        with self.progress.shown():
            deployments = await self.application.apply(
                plan, [target], wait=not how.no_wait, timeout_seconds=timeout, lock_timeout=lock_timeout
            )
        self.run.output.show(deployments_document(deployments), deployment_lines)
        return exit_code(deployments)


app = build(rollback)
