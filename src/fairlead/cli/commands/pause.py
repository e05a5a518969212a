"""`fairlead pause`: nothing of an app goes forward before its switch."""

from __future__ import annotations

from functools import partial

from fairlead.cli.command import build
from fairlead.cli.options import Common
from fairlead.cli.run import Operation, Run
from fairlead.cli.units import UnitName, UnitWhere, unit_session
from fairlead.domain.rollout.intents import Pause


def pause(app: UnitName, where: UnitWhere, common: Common) -> Operation:
    """Let no version of an app go forward before its switch."""
    return Operation(common, partial(_pause, app, where))


async def _pause(name: str, where: UnitWhere, run: Run) -> int:
    async with unit_session(run, where) as session:
        return await session.ask_only(session.key(name), Pause(*session.asked()))


app = build(pause)
