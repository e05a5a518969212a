"""`fairlead history`: what was deployed, when, by whom, and how it ended."""

from __future__ import annotations

from functools import partial

from fairlead.cli.command import build
from fairlead.cli.options import Common, Declared, EnvironmentName, ReleaseName
from fairlead.cli.run import Operation, Run
from fairlead.cli.selecting import named_release
from fairlead.cli.text.records import history_lines
from fairlead.cli.wire.plans import history_document


def history(environment: EnvironmentName, release: ReleaseName, declared: Declared, common: Common) -> Operation:
    """List recorded deployments."""
    return Operation(common, partial(_history, environment, release, declared))


async def _history(environment: str, release: str, declared: Declared, run: Run) -> int:
    async with run.application(declared) as application:
        found = await application.history(named_release(application, environment, release))
        run.output.show(history_document(found), partial(history_lines, now=application.clock.now()))
    return 0


app = build(history)
