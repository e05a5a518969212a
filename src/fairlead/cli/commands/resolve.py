"""`fairlead resolve`: a person says how a blocked app goes on."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Annotated, Final

import typer

from fairlead.cli.command import build
from fairlead.cli.options import Common
from fairlead.cli.run import Operation, Run
from fairlead.cli.units import UnitName, UnitWhere, unit_session
from fairlead.domain.rollout.intents import Resolution, Resolve


class Way(StrEnum):
    """How a block ends, as it is typed."""

    KEEP_LIVE = "keep-live"
    ADOPT_OBSERVED = "adopt-observed"
    FORCE = "force"


_RESOLUTIONS: Final = {one: Resolution[one.name] for one in Way}

WayOn = Annotated[
    Way,
    typer.Argument(
        metavar="HOW",
        help="keep-live: what was live stays; adopt-observed: what was found is right; force: go on over it",
    ),
]


def resolve(app: UnitName, how: WayOn, where: UnitWhere, common: Common) -> Operation:
    """Say how a blocked app goes on."""
    return Operation(common, partial(_resolve, app, how, where))


async def _resolve(name: str, how: Way, where: UnitWhere, run: Run) -> int:
    async with unit_session(run, where) as session:
        return await session.carry_through(session.key(name), Resolve(*session.asked(), _RESOLUTIONS[how]))


app = build(resolve)
