"""Writes the live version in place: what is declared otherwise around its pods, and what others have changed."""

from __future__ import annotations

from dataclasses import replace

from fairlead.domain.app_drifting import scaled_names
from fairlead.domain.identity import object_ref
from fairlead.domain.manifests import JsonObject
from fairlead.domain.reading import branch
from fairlead.domain.rollout.commands import ApplyInPlace
from fairlead.pipeline.engine import at_once
from fairlead.pipeline.units.creating import autoscalers_of
from fairlead.pipeline.units.differing import has_same_pods, in_place
from fairlead.pipeline.units.guarded import put, remove
from fairlead.pipeline.units.sight import SERVICES
from fairlead.pipeline.units.switching import check_hosts
from fairlead.pipeline.units.turn import Contradicted, Turn


async def apply_in_place(turn: Turn, command: ApplyInPlace) -> None:
    """Write what differs from what is live and starts no new version, then store it as what is live."""
    turn.check_time(command.deadline)
    live = turn.anchor.live
    if live is None or not has_same_pods(turn.anchor, command.spec):
        raise Contradicted
    now = turn.contents(live.name)
    wanted = in_place(now, turn.contents(command.spec.version))
    scaled = scaled_names((*wanted.autoscalers, *await autoscalers_of(turn, live.name)))
    before = {object_ref(one) for one in (*now.autoscalers, *now.outside, *now.previews)}
    stay = (*wanted.services, *wanted.budgets, *wanted.previews, *wanted.autoscalers, *wanted.outside)
    await check_hosts(turn, wanted.outside)
    await at_once(put(turn.cluster, manifest, epoch=turn.epoch) for manifest in (*wanted.configuration, *stay))
    await at_once(_put_route(turn, manifest) for manifest in wanted.routes)
    for manifest in wanted.workloads.values():
        await _resized(turn, manifest, keeps=manifest["metadata"]["name"] in scaled)
    for ref in sorted(before - set(map(object_ref, stay))):
        gone = await turn.cluster.get(ref)
        if gone is not None:
            await remove(turn.cluster, gone, epoch=turn.epoch)
    await turn.keep(replace(wanted, evidence=now.evidence))


async def _put_route(turn: Turn, manifest: JsonObject) -> None:
    """Write what of a route is not where it leads; one that is not there is made when there are pods for it."""
    live = await turn.cluster.get(object_ref(manifest))
    if live is None:
        return
    if live["kind"] == SERVICES.kind and branch(live, "spec", "selector") != branch(manifest, "spec", "selector"):
        raise Contradicted
    await put(turn.cluster, manifest, epoch=turn.epoch)


async def _resized(turn: Turn, manifest: JsonObject, *, keeps: bool) -> None:
    """Apply a workload; one with an autoscaler keeps the replicas that it has."""
    live = await turn.cluster.get(object_ref(manifest))
    if live is not None and keeps:
        manifest = {**manifest, "spec": {**manifest["spec"], "replicas": live["spec"]["replicas"]}}
    await put(turn.cluster, manifest, epoch=turn.epoch)
