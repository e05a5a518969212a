"""`fairlead units`: how apps stand that are deployed blue-green, and going on with what was interrupted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from fairlead.cli.command import build
from fairlead.cli.options import Common
from fairlead.cli.run import Operation, Run
from fairlead.cli.text.units import unit_lines
from fairlead.cli.units import UnitWhere, unit_session
from fairlead.cli.wire.units import units_document
from fairlead.domain.errors import InputError, Problem
from fairlead.pipeline.units.service import at_rest


@dataclass(frozen=True, slots=True)
class UnitsOptions:
    """Which apps, and whether to do something about them."""

    names: Annotated[list[str] | None, typer.Argument(metavar="APP", help="Only these apps")] = None
    drive: Annotated[bool, typer.Option("--drive", help="Go on with what is under way, until everything rests")] = False


def units(options: UnitsOptions, where: UnitWhere, common: Common) -> Operation:
    """Show apps that are deployed blue-green: versions, rollouts, what is next."""
    return Operation(common, partial(_units, options, where))


async def _units(options: UnitsOptions, where: UnitWhere, run: Run) -> int:
    async with unit_session(run, where) as session:
        found = await session.units.units(session.cluster, session.namespace)
        known = {one.key.name: one for one in found}
        unknown = [name for name in options.names or () if name not in known]
        if unknown:
            message = f"there is no app {unknown[0]} in {session.namespace}"
            raise InputError(Problem("unknownUnit", message, remedy="see `fairlead units`"))
        chosen = options.names or sorted(known)
        if options.drive:
            for name in chosen:
                await session.drive(session.key(name), at_rest)
            known = {name: await session.units.read(session.key(name)) for name in chosen}
        pods = await session.units.pods(session.cluster, session.namespace)
        document = units_document([known[name] for name in chosen], pods=pods, heard=session.progress.heard)
        run.output.show(document, partial(unit_lines, where=session.where))
    return 0


app = build(units)
