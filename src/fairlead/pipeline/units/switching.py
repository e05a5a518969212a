"""Moves traffic: one route element after the other, each only from what it was decided on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairlead.domain.errors import RemoteRefused
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.domain.manifests import JsonObject
from fairlead.domain.reading import branch, entries, text
from fairlead.domain.rollout.commands import ProbeRoutes, StageRoute, SwitchRoute
from fairlead.pipeline.engine import at_once
from fairlead.pipeline.units.contents import Contents
from fairlead.pipeline.units.guarded import create, put, remove
from fairlead.pipeline.units.hosts import Hosts
from fairlead.pipeline.units.observing import ready_of
from fairlead.pipeline.units.sight import INGRESSES
from fairlead.pipeline.units.turn import Contradicted, Turn


async def stage_route(turn: Turn, command: StageRoute) -> None:
    """Bring the new side into the load balancer; an object that is not there yet is made by the switch."""
    if command.element.before is not None:
        await turn.place.router(command.element.ref).stage(command.element, epoch=turn.epoch)


async def switch_route(turn: Turn, command: SwitchRoute) -> None:
    """Give one element its route, if a fresh reading shows that it may have it."""
    turn.check_time(command.deadline)
    element = turn.element(command.ref)
    sight = await turn.look(standing=False, elements=[element])
    found = sight.routes[command.ref].route
    if found == command.to:
        return
    contents = turn.contents(command.version)
    ready = ready_of(contents, sight)
    if found not in command.replaces or any(ready.get(name, 0) < floor for name, floor in command.floor.items()):
        raise Contradicted
    try:
        await _write(turn, command, contents)
    except RemoteRefused as error:
        if error.code not in ("conflict", "notFound"):
            raise
        raise Contradicted from None


async def _write(turn: Turn, command: SwitchRoute, contents: Contents) -> None:
    element, found = turn.element(command.ref), await turn.cluster.get(command.ref)
    if command.to is None:
        if found is not None:
            await remove(turn.cluster, found, epoch=turn.epoch)
        return
    manifest = _manifest(contents, command.ref)
    if found is None:
        if manifest is None:
            raise Contradicted
        await check_hosts(turn, [manifest])
        await create(turn.cluster, manifest, epoch=turn.epoch)
        return
    router = turn.place.router(command.ref)
    old = (await router.observe(element)).route
    if old is None or old not in command.replaces:
        raise Contradicted
    await router.switch(element, old, command.to, epoch=turn.epoch, alongside=_alongside(manifest))


async def open_to_outside(turn: Turn, command: ProbeRoutes) -> None:
    """Let what leads to the unit from outside be as the version wants it: it never names a version itself."""
    wanted = turn.contents(command.version).outside
    await check_hosts(turn, wanted)
    await at_once(put(turn.cluster, manifest, epoch=turn.epoch) for manifest in wanted)
    refs = {object_ref(manifest) for manifest in wanted}
    sight = await turn.look()
    for ref, live in sight.objects.items():
        if ref.kind == INGRESSES.kind and ref not in refs:
            await remove(turn.cluster, live, epoch=turn.epoch)
    turn.findings.opened = command.version


async def check_hosts(turn: Turn, outside: Sequence[JsonObject]) -> None:
    """Raise Contradicted unless every host is claimed: a version that comes back may have given its own up."""
    hosts = {text(rule, "host") for manifest in outside for rule in entries(manifest, "spec", "rules")} - {""}
    hosts |= {host for manifest in outside for host in branch(manifest, "spec").get("hostnames") or ()}
    if await Hosts(turn.cluster, turn.key).claim(hosts):
        raise Contradicted


def _manifest(contents: Contents, ref: ObjectRef) -> JsonObject | None:
    return next((each for each in contents.routes if object_ref(each) == ref), None)


def _alongside(manifest: JsonObject | None) -> dict[str, Any]:
    """Return what of a route depends on the version besides where it leads."""
    spec = branch(manifest, "spec")
    return {name: spec[name] for name in ("ports", "parentRefs", "hostnames") if name in spec}
