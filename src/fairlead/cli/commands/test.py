"""`fairlead test`: the tests that a release brought with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from fairlead.cli.command import build
from fairlead.cli.deploying import exit_code, timeout_seconds
from fairlead.cli.options import Common, Declared, EnvironmentName, ReleaseName
from fairlead.cli.run import Operation, Run
from fairlead.cli.selecting import named_release
from fairlead.cli.text.deployments import deployment_lines
from fairlead.cli.wire.plans import deployments_document


@dataclass(frozen=True, slots=True)
class TestOptions:
    """How to test. `timeout` None means the release's own."""

    timeout: Annotated[
        str | None, typer.Option("--timeout", metavar="TIME", help="How long each test may take, such as 90s or 5m")
    ] = None


def test(
    environment: EnvironmentName, release: ReleaseName, options: TestOptions, declared: Declared, common: Common
) -> Operation:
    """Run the tests of what is deployed: its hooks of the event `test`."""
    return Operation(common, partial(_test, environment, release, options, declared))


async def _test(environment: str, release: str, options: TestOptions, declared: Declared, run: Run) -> int:
    seconds = timeout_seconds(options.timeout)
    progress = run.progress()
    async with run.application(declared, sink=progress) as application:
        target = named_release(application, environment, release)
        with progress.shown():
            ended = await application.test(target, timeout_seconds=seconds)
    run.output.show(deployments_document([ended]), deployment_lines)
    return exit_code([ended])


app = build(test)
