"""`fairlead promote`: the version that waits goes live."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from fairlead.cli.command import build
from fairlead.cli.options import Common
from fairlead.cli.run import Operation, Run
from fairlead.cli.units import UnitName, UnitWhere, unit_session
from fairlead.domain.rollout.intents import Promote


@dataclass(frozen=True, slots=True)
class PromoteOptions:
    """Which version is meant, and whether to go over its gates."""

    digest: Annotated[
        str, typer.Option("--digest", metavar="DIGEST", help="Only if the version that waits has this digest")
    ] = ""
    force: Annotated[
        bool, typer.Option("--force", help="Also before its gates have passed, while the live version is not well")
    ] = False


def promote(app: UnitName, options: PromoteOptions, where: UnitWhere, common: Common) -> Operation:
    """Let the version that waits go live."""
    return Operation(common, partial(_promote, app, options, where))


async def _promote(name: str, options: PromoteOptions, where: UnitWhere, run: Run) -> int:
    async with unit_session(run, where) as session:
        intent = Promote(*session.asked(), options.digest, options.force)
        return await session.carry_through(session.key(name), intent)


app = build(promote)
