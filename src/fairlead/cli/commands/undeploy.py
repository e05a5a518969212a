"""`fairlead undeploy`: an app goes, with all its versions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from fairlead.cli.asking import agreed
from fairlead.cli.command import build
from fairlead.cli.options import Common
from fairlead.cli.run import Operation, Run
from fairlead.cli.units import UnitName, UnitWhere, unit_session
from fairlead.domain.errors import Problem, Refused
from fairlead.domain.rollout.intents import Undeploy
from fairlead.pipeline.units.service import new_id


@dataclass(frozen=True, slots=True)
class UndeployOptions:
    """Whether a person has agreed already."""

    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask")] = False


def undeploy(app: UnitName, options: UndeployOptions, where: UnitWhere, common: Common) -> Operation:
    """Remove an app with all its versions."""
    return Operation(common, partial(_undeploy, app, options, where))


async def _undeploy(name: str, options: UndeployOptions, where: UnitWhere, run: Run) -> int:
    async with unit_session(run, where) as session:
        key, streams = session.key(name), run.surroundings.streams
        if not options.yes and not (
            streams.interactive and await agreed(streams, f"Remove {name} from {key.namespace} with all its versions?")
        ):
            message = f"removing {name} with all its versions needs your agreement"
            raise Refused(Problem("consentMissing", message, remedy="add --yes"))
        return await session.carry_through(key, Undeploy(*session.asked(), new_id()))


app = build(undeploy)
