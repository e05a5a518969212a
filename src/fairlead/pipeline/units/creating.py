"""Makes what a version consists of, and changes how much of it runs."""

from __future__ import annotations

from typing import Any

from fairlead.domain.apps.naming import is_marked
from fairlead.domain.identity import object_ref
from fairlead.domain.manifests import JsonObject
from fairlead.domain.reading import whole
from fairlead.domain.rollout.commands import CreateVersion, Scaling, SetAutoscalers, SetPreview, SetReplicas
from fairlead.domain.units import epoch_of
from fairlead.pipeline.engine import at_once
from fairlead.pipeline.units.guarded import CONFLICTS_AT_MOST, change, create, put, remove
from fairlead.pipeline.units.observing import elements_of
from fairlead.pipeline.units.sight import AUTOSCALERS, is_going, readings, scaled_by, version_of
from fairlead.pipeline.units.turn import Contradicted, Turn
from fairlead.ports.cluster import LiveObject


async def create_version(turn: Turn, command: CreateVersion) -> None:
    """Create what is missing: configuration first, so that no pod waits for it, and workloads last."""
    turn.check_time(command.deadline)
    contents = turn.contents(command.version)
    for group in (contents.configuration, (*contents.services, *contents.budgets)):
        await at_once(create(turn.cluster, manifest, epoch=turn.epoch) for manifest in group)
    if contents.previews:
        await set_preview(turn, SetPreview(command.version))
    workloads = [
        _sized(manifest, command.replicas.get(name, 0) if command.replicas else 0)
        for name, manifest in contents.workloads.items()
    ]
    await at_once(create(turn.cluster, manifest, epoch=turn.epoch) for manifest in workloads)


async def set_preview(turn: Turn, command: SetPreview) -> None:
    """Let the preview Services lead to a version, and remove those that it has none of."""
    previews = turn.contents(command.version).previews
    await at_once(put(turn.cluster, manifest, epoch=turn.epoch) for manifest in previews)
    refs = {object_ref(manifest) for one in turn.library.values() for manifest in one.previews}
    for live in await at_once(turn.cluster.get(ref) for ref in sorted(refs - set(map(object_ref, previews)))):
        if live is not None:
            await remove(turn.cluster, live, epoch=turn.epoch)


async def set_replicas(turn: Turn, command: SetReplicas) -> None:
    """Set the replicas of a version's workloads, in the direction that is asked for."""
    turn.check_time(command.deadline)
    deployments = turn.contents(command.version).deployments
    for name, wanted in command.replicas.items():
        if name in deployments:
            await _scale(turn, command, name, wanted)


async def _scale(turn: Turn, command: SetReplicas, name: str, wanted: int) -> None:
    ref = turn.contents(command.version).deployments[name]
    for _ in range(CONFLICTS_AT_MOST):
        live = await turn.cluster.get(ref)
        if live is None or is_going(live) or not is_marked(live, turn.key.namespace, turn.key.name):
            return
        if not _is_due(whole(live, "spec", "replicas", default=1), wanted, command):
            return
        if command.how is Scaling.DOWN and await leads_there(turn, command.version):
            raise Contradicted
        if await change(turn.cluster, live, [("/spec/replicas", wanted)], epoch=turn.epoch) is not None:
            return
    raise Contradicted


def _is_due(now: int, wanted: int, command: SetReplicas) -> bool:
    match command.how:
        case Scaling.UP:
            return now < wanted
        case Scaling.DOWN:
            return now > wanted
        case Scaling.ASKED:
            return now != wanted


async def leads_there(turn: Turn, version: str) -> bool:
    """Return whether a fresh look shows that a route of the unit leads to a version."""
    found = await readings(turn.place, elements_of(turn.anchor), fresh=False)
    return any(one.route is not None and one.route.leads_to(version) for one in found.values())


async def set_autoscalers(turn: Turn, command: SetAutoscalers) -> None:
    """Create the autoscalers of a version, or remove every one that it has."""
    turn.check_time(command.deadline)
    if command.wanted:
        wanted = turn.contents(command.version).autoscalers
        await at_once(put(turn.cluster, manifest, epoch=turn.epoch) for manifest in wanted)
        return
    for live in await autoscalers_of(turn, command.version):
        await remove(turn.cluster, live, epoch=turn.epoch)


async def autoscalers_of(turn: Turn, version: str) -> list[LiveObject]:
    """Return the autoscalers of a version as they are now, also those that somebody else made for its workloads."""
    found = (await turn.cluster.list(AUTOSCALERS, turn.key.namespace)).items
    names = {ref.name for ref in turn.contents(version).deployments.values()}
    return [
        live
        for live in found
        if not is_going(live) and (scaled_by(live) in names or (version_of(live) == version and epoch_of(live)))
    ]


def _sized(manifest: JsonObject, replicas: int) -> dict[str, Any]:
    return {**manifest, "spec": {**manifest["spec"], "replicas": replicas}}
