"""`fairlead abort`: the version on its way is given up."""

from __future__ import annotations

from functools import partial

from fairlead.cli.command import build
from fairlead.cli.options import Common
from fairlead.cli.run import Operation, Run
from fairlead.cli.units import UnitName, UnitWhere, unit_session
from fairlead.domain.rollout.intents import Abort


def abort(app: UnitName, where: UnitWhere, common: Common) -> Operation:
    """Give up the version on its way; traffic goes back if it had begun to move."""
    return Operation(common, partial(_abort, app, where))


async def _abort(name: str, where: UnitWhere, run: Run) -> int:
    async with unit_session(run, where) as session:
        return await session.carry_through(session.key(name), Abort(*session.asked()))


app = build(abort)
