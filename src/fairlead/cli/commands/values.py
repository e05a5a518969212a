"""`fairlead values`: what a release is rendered with, and who said so."""

from __future__ import annotations

from functools import partial

from fairlead.cli.command import build
from fairlead.cli.options import Common, Declared, EnvironmentName, ReleaseName
from fairlead.cli.run import Operation, Run
from fairlead.cli.selecting import named_release
from fairlead.cli.text.declared import value_lines
from fairlead.cli.wire.values import values_document


def values(environment: EnvironmentName, release: ReleaseName, declared: Declared, common: Common) -> Operation:
    """Show effective values."""
    return Operation(common, partial(_values, environment, release, declared))


async def _values(environment: str, release: str, declared: Declared, run: Run) -> int:
    async with run.application(declared) as application:
        target = named_release(application, environment, release)
        found = await application.values(target)
    run.output.show(values_document(target.key, found), value_lines)
    return 0


app = build(values)
