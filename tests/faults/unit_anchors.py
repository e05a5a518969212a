"""What must hold between a unit's anchor, as it was stored step by step, and where its traffic went.

Resource versions of one server order the changes of all kinds, so the phase at every write of a route is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from fairlead.domain.packing import unpack
from fairlead.domain.reading import branch, text, uid
from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.phases import HAS_ONE_ROUTE, Phase, UnitOutcome, VersionState
from fairlead.pipeline.units.sight import is_ready, version_of
from tests.faults.unit_history import Change, running

ANCHOR_TYPE = "fairlead.dev/unit.v1"
ROUTE_WRITERS = frozenset({Phase.ADOPTING, Phase.SWITCHING, Phase.REVERTING})
BEFORE_SWITCH = frozenset(
    {Phase.PREPARING, Phase.CREATING, Phase.WARMING, Phase.VERIFYING, Phase.AWAITING, Phase.STAGING}
)


@dataclass(slots=True)
class _Walk:
    """Where the walk through a history is."""

    anchor: Anchor
    route: str
    pods: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)


def broken_by_anchors(changes: list[Change], app: str) -> list[str]:
    """Return which invariants the anchors of a unit and its routes break together, in words; none if all hold."""
    walk: _Walk | None = None
    found: list[str] = []
    for one in changes:
        if one.kind == "Secret" and one.obj.get("type") == ANCHOR_TYPE and not one.gone:
            after = _anchor(str((one.obj.get("data") or {}).get("document", "")))
            walk = walk or _Walk(after, "")  # what came before the history is not judged
            found += [f"{told} at {one.at}" for told in _stored(walk, after)]
            walk.anchor = after
        elif walk and one.kind == "Service" and text(one.obj, "metadata", "name") == app:
            selected = "" if one.gone else text(branch(one.obj, "spec", "selector"), "version")
            if selected != walk.route:
                found += [f"{told} at {one.at}" for told in _routed(walk, selected)]
            walk.route = selected
        elif walk and one.kind == "Deployment":
            found += [f"{told} at {one.at}" for told in _sized(walk, one)]
        elif walk and one.kind == "Pod":
            walk.pods[uid(one.obj)] = "" if one.gone or not is_ready(one.obj) else version_of(one.obj)
    return found


def _routed(walk: _Walk, to: str) -> Iterator[str]:
    phase, version, live = walk.anchor.phase, walk.anchor.version(to), walk.anchor.live
    if version is not None and version is live and not walk.route and phase in HAS_ONE_ROUTE:
        if to not in walk.pods.values():
            yield f"R1: the route that was gone leads to {to} again, which has no ready pod"
        return
    if phase not in (ROUTE_WRITERS if to else ROUTE_WRITERS | {Phase.UNDEPLOYING}):
        yield f"R3: the route went to {to} in {phase}"
    ready = sum(each == to for each in walk.pods.values())
    if version is not None and ready < sum(version.floor.values()):
        yield f"R5: the route went to {to}, which has {ready} ready pods and needs {dict(version.floor)}"


def _sized(walk: _Walk, one: Change) -> Iterator[str]:
    who, version, count = uid(one.obj), walk.anchor.version(version_of(one.obj)), running(one)
    before, walk.sizes[who] = walk.sizes.get(who, 0), count
    if version is None or count >= before:
        return
    if version.name == walk.route and count < min(version.floor.values(), default=0):
        yield f"R2: version {version.name} was made smaller than it is to be while it had the traffic"
    if version.until is None and walk.anchor.deadline is None:
        yield f"R7: version {version.name} was made smaller without a deadline"


@lru_cache(maxsize=1024)
def _anchor(document: str) -> Anchor:
    return Anchor.from_json(unpack([document]))


def _stored(walk: _Walk, after: Anchor) -> Iterator[str]:
    before, route = walk.anchor, walk.route
    if after.epoch < before.epoch:
        yield f"R8: the epoch fell from {before.epoch} to {after.epoch}"
    if after.counter < before.counter:
        yield f"counter: it fell from {before.counter} to {after.counter}"
    known = {one.name: one.spec.digest for one in before.versions}
    if any(known.get(one.name, one.spec.digest) != one.spec.digest for one in after.versions):
        yield "counter: a number was given to other contents again"
    live = [one.name for one in after.versions if one.state is VersionState.LIVE]
    if len(live) > 1 or sum(1 for _ in after.present) > 3:
        yield f"R6: {[(one.name, one.state.value) for one in after.present]}"
    if before.live is not None and before.live.name not in live and route == before.live.name:
        yield f"R4: {route} is {after.phase} and not live any more, and has the traffic"
    if after.phase in BEFORE_SWITCH and after.risen is not None and route == after.risen.name:
        yield f"R9: {route} has the traffic in {after.phase}"
    if after.phase in (Phase.SOAKING, Phase.IDLE) and live and route and route not in live:
        yield f"R10: {route} has the traffic in {after.phase}, and {live[0]} is live"
    new = {one.intent for one in after.ended if one.outcome is UnitOutcome.DEPLOYED}
    if new - {one.intent for one in before.ended} and before.phase is not Phase.SOAKING:
        yield f"R11: deployed out of {before.phase}"
