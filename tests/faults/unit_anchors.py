"""What must hold between a unit's anchor, as it was stored step by step, and where its traffic went.

Resource versions of one server order the changes of all kinds, so the phase at every write of a route is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fairlead.domain.packing import unpack
from fairlead.domain.reading import branch, text
from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.phases import Phase, UnitOutcome, VersionState
from tests.faults.unit_history import Change

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


def broken_by_anchors(changes: list[Change], app: str) -> list[str]:
    """Return which invariants the anchors of a unit and its routes break together, in words; none if all hold."""
    walk: _Walk | None = None
    found: list[str] = []
    for one in changes:
        if one.kind == "Secret" and one.obj.get("type") == ANCHOR_TYPE and not one.gone:
            after = Anchor.from_json(_document(one.obj))
            walk = walk or _Walk(after, "")  # what came before the history is not judged
            found += [f"{told} at {one.at}" for told in _stored(walk, after)]
            walk.anchor = after
        elif walk and one.kind == "Service" and text(one.obj, "metadata", "name") == app and not one.gone:
            selected = text(branch(one.obj, "spec", "selector"), "version")
            if selected != walk.route and walk.anchor.phase not in ROUTE_WRITERS:
                found.append(f"R3: the route went to {selected} in {walk.anchor.phase} at {one.at}")
            walk.route = selected
    return found


def _document(secret: dict[str, Any]) -> Any:
    return unpack([str((secret.get("data") or {}).get("document", ""))])


def _stored(walk: _Walk, after: Anchor) -> Iterator[str]:
    before, route = walk.anchor, walk.route
    if after.epoch < before.epoch:
        yield f"R8: the epoch fell from {before.epoch} to {after.epoch}"
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
