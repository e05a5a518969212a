"""Moves traffic: one route element after the other, each only from what it was decided on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairlead.domain.apps.naming import UNIT_LABEL
from fairlead.domain.errors import RemoteRefused
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.domain.manifests import JsonObject
from fairlead.domain.reading import branch, entries, text
from fairlead.domain.rollout.commands import ProbeRoutes, StageRoute, SwitchRoute
from fairlead.domain.rollout.phases import Phase
from fairlead.domain.rollout.traffic import Route
from fairlead.pipeline.engine import at_once, both
from fairlead.pipeline.units.confirming import Seen, ask_services
from fairlead.pipeline.units.contents import Contents
from fairlead.pipeline.units.guarded import create, put, remove
from fairlead.pipeline.units.hosts import Hosts
from fairlead.pipeline.units.observing import ready_of
from fairlead.pipeline.units.sight import INGRESSES, RUNNING, readings
from fairlead.pipeline.units.turn import Contradicted, Turn


async def stage_route(turn: Turn, command: StageRoute) -> None:
    """Bring the new side into the load balancer; an object that is not there yet is made by the switch."""
    if command.element.before is not None:
        await turn.place.router(command.element.ref).stage(command.element, epoch=turn.epoch)


async def switch_route(turn: Turn, command: SwitchRoute) -> None:
    """Give one element its route, if a fresh reading shows that it may have it."""
    turn.check_time(command.deadline)
    element = turn.element(command.ref)
    sight, routes = await both(turn.look(RUNNING, elements=()), readings(turn.place, [element], fresh=False))
    found = routes[command.ref].route
    if found == command.to:
        return
    contents = turn.contents(command.version)
    ready = ready_of(contents, sight)
    if found not in command.replaces or any(ready.get(name, 0) < floor for name, floor in command.floor.items()):
        raise Contradicted
    turn.findings.forget_passage(command.ref)
    try:
        await _write(turn, command, found, contents)
    except RemoteRefused as error:
        if error.code not in ("conflict", "notFound"):
            raise
        raise Contradicted from None
    if turn.anchor.phase is Phase.SWITCHING:
        ask_services(turn, (command.ref,), Seen(sight.pods, routes[command.ref].address))


async def _write(turn: Turn, command: SwitchRoute, found: Route | None, contents: Contents) -> None:
    """Write what a command wants in place of the route that was found: whatever else is there by now stays."""
    if command.to is None:
        live = await turn.cluster.get(command.ref)
        if live is not None:
            await remove(turn.cluster, live, epoch=turn.epoch)
        return
    manifest = _manifest(contents, command.ref)
    if found is not None:
        router, element = turn.place.router(command.ref), turn.element(command.ref)
        await router.switch(element, found, command.to, epoch=turn.epoch, alongside=_alongside(manifest))
    elif manifest is not None:
        await check_hosts(turn, [manifest])
        await create(turn.cluster, manifest, epoch=turn.epoch)
    else:
        raise Contradicted


async def probe_routes(turn: Turn, command: ProbeRoutes) -> None:
    """Ask the Services that have moved, and let what leads to the unit from outside be as the version wants it.

    That never names a version itself.
    """
    ask_services(turn, command.refs)
    wanted = turn.contents(command.version).outside
    await check_hosts(turn, wanted)
    await at_once(put(turn.cluster, manifest, epoch=turn.epoch) for manifest in wanted)
    refs = {object_ref(manifest) for manifest in wanted}
    there = await turn.cluster.list(INGRESSES, turn.key.namespace, label_selector=f"{UNIT_LABEL}={turn.key.name}")
    for live in there.items:
        if object_ref(live) not in refs:
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
