"""`fairlead env`: environment variables that every app of a namespace gets with its next version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated

import typer

from fairlead.bootstrap.units import variables_in
from fairlead.cli.grouping import group
from fairlead.cli.options import Common
from fairlead.cli.run import Operation, Run
from fairlead.cli.text.variables import variable_lines
from fairlead.cli.units import UnitWhere, unit_session
from fairlead.cli.wire.variables import variables_document
from fairlead.domain.apps.variables import SecretKey, Variable, variable_name, variable_problem
from fairlead.domain.errors import InputError, Problem
from fairlead.pipeline.units.variables import Change, change_variables, outdated

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would be changed, and what it restarts")]


def _set(
    assignments: Annotated[list[str], typer.Argument(metavar="NAME=VALUE", help="Names and values")],
    *,
    secret: Annotated[
        bool, typer.Option("--secret", help="Each value is SECRET/KEY: where the value is, in the app's namespace")
    ] = False,
    dry_run: DryRun = False,
    where: UnitWhere,
    common: Common,
) -> Operation:
    """Set variables; those that exist get the new value."""
    wanted = {one.name: one for one in (_variable(text, is_secret=secret) for text in assignments)}
    return Operation(common, partial(_change, where, lambda old: {**old, **wanted}, dry_run=dry_run))


def unset(
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="Variables")],
    *,
    dry_run: DryRun = False,
    where: UnitWhere,
    common: Common,
) -> Operation:
    """Remove variables."""
    return Operation(common, partial(_change, where, partial(_without, names), dry_run=dry_run))


def _list(where: UnitWhere, *, common: Common) -> Operation:
    """List variables, and the apps that do not have them yet."""
    return Operation(common, partial(_change, where, lambda old: old, dry_run=True))


async def _change(where: UnitWhere, change: Change, run: Run, *, dry_run: bool) -> int:
    async with unit_session(run, where) as session:
        place = await session.units.places(session.cluster)
        store = variables_in(place.cluster)
        if dry_run:
            stored = (await store.read(session.namespace)).variables
            variables: Sequence[Variable] = tuple(change({one.name: one for one in stored}).values())
        else:
            variables = await change_variables(store, session.namespace, change)
        units = await session.units.units(session.cluster, session.namespace)
        restarts = await outdated(place.anchors, units, variables)
        run.output.show(
            variables_document(session.cluster, session.namespace, variables=variables, restarts=restarts),
            variable_lines,
        )
    return 0


def _without(names: Sequence[str], old: Mapping[str, Variable]) -> Mapping[str, Variable]:
    gone = {variable_name(name) for name in names}
    unknown = sorted(gone - old.keys())
    if unknown:
        message = f"there is no variable {unknown[0]}"
        raise InputError(Problem("unknownVariable", message, remedy="see `fairlead env list`"))
    return {name: one for name, one in old.items() if name not in gone}


def _variable(text: str, *, is_secret: bool) -> Variable:
    name, equals, value = text.partition("=")
    if not equals:
        raise InputError(
            Problem("invalidAssignment", f"found {name!r}, expected NAME=VALUE", remedy="add = and a value")
        )
    said = Variable(variable_name(name), value)
    problem = variable_problem(said)
    if problem is not None:
        raise InputError(problem)
    if not is_secret:
        return said
    secret, slash, key = value.partition("/")
    if not (secret and slash and key):
        message = f"the value of {said.name} is not SECRET/KEY"
        raise InputError(Problem("invalidAssignment", message, remedy="name a Secret of the namespace and its key"))
    return Variable(said.name, SecretKey(secret, key))


app = group("env", _set, unset, _list)
