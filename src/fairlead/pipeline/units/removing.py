"""Removes versions and whole units: by uid and version, after a look that shows that no traffic leads there."""

from __future__ import annotations

from fairlead.domain.identity import ObjectRef
from fairlead.domain.rollout.commands import RemoveRoutes, RemoveUnit, RemoveVersion
from fairlead.domain.rollout.phases import VersionState
from fairlead.pipeline.units.guarded import remove
from fairlead.pipeline.units.observing import leftovers
from fairlead.pipeline.units.sight import AUTOSCALERS, BUDGETS, DEPLOYMENTS, INGRESSES, SERVICES, is_going, version_of
from fairlead.pipeline.units.turn import Contradicted, Turn

_ORDER = (INGRESSES.kind, AUTOSCALERS.kind, DEPLOYMENTS.kind, SERVICES.kind, BUDGETS.kind)


async def remove_version(turn: Turn, command: RemoveVersion) -> None:
    """Delete everything of a version, but what another version uses, too."""
    turn.check_time(command.deadline)
    sight = await turn.look()
    if any(one.route is not None and one.route.leads_to(command.version) for one in sight.routes.values()):
        raise Contradicted
    known = {one.ref: one.uid for one in command.objects}
    contents = turn.contents(command.version)
    own = {ref for ref, live in sight.objects.items() if version_of(live) == command.version} | known.keys()
    wanted = (own | contents.configured | set(contents.deployments.values())) - _used_by_others(turn, command.version)
    for ref in sorted(wanted, key=_rank):
        live = sight.objects.get(ref)
        is_same = live is not None and known.get(ref, live["metadata"]["uid"]) == live["metadata"]["uid"]
        if live is not None and is_same and not is_going(live):
            await remove(turn.cluster, live, epoch=turn.epoch)


async def remove_routes(turn: Turn, command: RemoveRoutes) -> None:
    """Delete what brings traffic: from outside first, then the routes themselves."""
    turn.check_time(command.deadline)
    sight = await turn.look()
    outside = [ref for ref in sight.objects if ref.kind == INGRESSES.kind]
    for ref in (*outside, *command.refs):
        live = await turn.cluster.get(ref)
        if live is not None and not is_going(live):
            await remove(turn.cluster, live, epoch=turn.epoch)


async def remove_unit(turn: Turn, command: RemoveUnit) -> None:
    """Delete what belongs to the unit and to no version."""
    turn.check_time(command.deadline)
    sight = await turn.look()
    for one in sorted(leftovers(sight, {}), key=lambda one: _rank(one.ref)):
        live = sight.objects[one.ref]
        if not is_going(live):
            await remove(turn.cluster, live, epoch=turn.epoch)


def _used_by_others(turn: Turn, version: str) -> frozenset[ObjectRef]:
    """Return the configuration that versions use which are not to go as well."""
    staying = {one.name for one in turn.anchor.present if one.state is not VersionState.REMOVING} - {version}
    return frozenset(ref for name in staying for ref in turn.contents(name).configured)


def _rank(ref: ObjectRef) -> tuple[int, ObjectRef]:
    return (_ORDER.index(ref.kind) if ref.kind in _ORDER else len(_ORDER)), ref
