"""`fairlead use`: makes an environment's context the current one."""

from __future__ import annotations

from functools import partial

from rich.text import Text

from fairlead.cli.command import build
from fairlead.cli.options import Common, Declared, EnvironmentName
from fairlead.cli.run import Operation, Run
from fairlead.cli.wire.documents import Context
from fairlead.domain.selection import Scope, choose_environments


def use(environment: EnvironmentName, declared: Declared, common: Common) -> Operation:
    """Make an environment's context the current one."""
    return Operation(common, partial(_use, environment, declared))


async def _use(environment: str, declared: Declared, run: Run) -> int:
    async with run.application(declared) as application:
        (chosen,) = choose_environments(application.declaration, Scope(environment))
        context = await application.use(chosen)
    run.output.show(Context(context=context), lambda document, _width: [Text(f"now using {document.context}")])
    return 0


app = build(use)
