"""`fairlead delete`: a release goes, with everything that it owns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from fairlead.cli.command import build
from fairlead.cli.deploying import exit_code, require_consent, require_harmless, timeout_seconds
from fairlead.cli.options import Common, Declared, EnvironmentName, ReleaseName
from fairlead.cli.run import Operation, Run
from fairlead.cli.selecting import named_environments
from fairlead.cli.text.deployments import deployment_lines
from fairlead.cli.text.plans import plan_lines
from fairlead.cli.wire.plans import deployments_document, plan_document
from fairlead.pipeline.removal import removable


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """How to remove a release. `timeout` is how long its objects may take to go."""

    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask")] = False
    dry_run: Annotated[bool, typer.Option("-n", "--dry-run", help="Stop after the plan")] = False
    allow_deletes: Annotated[bool, typer.Option("--allow-deletes", help="Also namespaces, definitions and volumes")] = (
        False
    )
    timeout: Annotated[
        str | None, typer.Option("--timeout", metavar="TIME", help="How long to wait until all is gone, such as 5m")
    ] = None


def delete(
    environment: EnvironmentName, release: ReleaseName, options: DeleteOptions, declared: Declared, common: Common
) -> Operation:
    """Remove a release with everything that it owns."""
    return Operation(common, partial(_delete, environment, release, options, declared))


async def _delete(environment: str, release: str, options: DeleteOptions, declared: Declared, run: Run) -> int:
    timeout = timeout_seconds(options.timeout)
    progress = run.progress()
    async with run.application(declared, sink=progress) as application:
        (where,) = named_environments(application, [environment], cluster=None, everything=False)
        target = removable(where, release)
        with progress.shown():
            plan = await application.plan((), removed=[target])
        lines = partial(plan_lines, verbose=run.common.verbose)
        if options.dry_run:
            run.output.show(plan_document(plan), lines)
            return 0
        run.output.aside(plan_document(plan), lines)
        if not options.allow_deletes:
            require_harmless(plan, is_named=True)
        if not options.yes:
            await require_consent(plan, run)
        with progress.shown():
            deployments = await application.apply(plan, [target], timeout_seconds=timeout)
    run.output.show(deployments_document(deployments), deployment_lines)
    return exit_code(deployments)


app = build(delete)
