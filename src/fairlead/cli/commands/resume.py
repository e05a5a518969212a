"""`fairlead resume`: the pause of an app ends, and what it held back goes on."""

from __future__ import annotations

from functools import partial

from fairlead.cli.command import build
from fairlead.cli.options import Common
from fairlead.cli.run import Operation, Run
from fairlead.cli.units import UnitName, UnitWhere, unit_session
from fairlead.domain.rollout.intents import Resume


def resume(app: UnitName, where: UnitWhere, common: Common) -> Operation:
    """End the pause of an app, and go on with what it held back."""
    return Operation(common, partial(_resume, app, where))


async def _resume(name: str, where: UnitWhere, run: Run) -> int:
    async with unit_session(run, where) as session:
        return await session.carry_through(session.key(name), Resume(*session.asked()))


app = build(resume)
