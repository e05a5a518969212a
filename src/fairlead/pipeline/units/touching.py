"""Takes hold of everything of a unit after a takeover: what an earlier driver still has under way is refused then."""

from __future__ import annotations

from fairlead.domain.identity import object_ref
from fairlead.domain.rollout.commands import Touch
from fairlead.pipeline.engine import at_once
from fairlead.pipeline.units.guarded import touch_all
from fairlead.pipeline.units.observing import elements_of
from fairlead.pipeline.units.sight import MOVING
from fairlead.pipeline.units.turn import Turn
from fairlead.ports.cluster import LiveObject


async def touch_unit(turn: Turn, command: Touch) -> None:
    """Write the epoch on every guarded object of the unit that does not carry it yet.

    One that is `sparing` does so only if one carries an epoch that the anchor knows nothing of: it is an old copy then.
    """
    if command.sparing and (sight := await turn.look(MOVING)).epoch < command.epoch:
        turn.findings.seen = sight
        return
    sight = await turn.look()
    routes = {one.ref for one in (*elements_of(turn.anchor), *turn.anchor.elements)} - sight.objects.keys()
    adopted = await at_once(turn.cluster.get(ref) for ref in sorted(routes))
    lives: list[LiveObject] = [*sight.objects.values(), *(live for live in adopted if live is not None)]
    unique = {object_ref(live): live for live in lives}
    await touch_all(turn.cluster, list(unique.values()), epoch=command.epoch)
