"""Judges a fresh observation by the anchor: which facts the machine is to be told, in which order.

One turn brings either one intent, or facts: at most one of each version and one of the phase. So no fact of a turn is
about a phase that an event before it has left.
"""

from __future__ import annotations

from datetime import datetime

from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.entering import live_elements
from fairlead.domain.rollout.intents import Deploy, Intent
from fairlead.domain.rollout.judging_phases import judge_phase
from fairlead.domain.rollout.judging_versions import judge_versions
from fairlead.domain.rollout.observation import Observation
from fairlead.domain.rollout.phases import Kind, Phase
from fairlead.domain.rollout.readiness import degradation
from fairlead.domain.rollout.traffic import RouteTarget
from fairlead.domain.rollout.unit_events import Asked, Fact, Reachable, UnitEvent


def judge(anchor: Anchor, observation: Observation, now: datetime) -> tuple[UnitEvent, ...]:
    """Return what an observation means for the unit. `now` is not before the observation."""
    if not observation.reachable:
        return () if anchor.unreachable is not None else (Fact(Kind.UNREACHABLE, now),)
    away = anchor.unreachable or observation.unreachable_since
    if away is not None:
        return (Reachable(now, away),)
    drifted = _drifted(anchor, observation)
    if drifted:
        names = ", ".join(str(target.ref) for target in drifted)
        return (Fact(Kind.ROUTE_DRIFT, now, f"{names} leads where nobody of us let it lead", found=drifted),)
    intent = next_intent(anchor)
    if intent is not None:
        found = tuple(RouteTarget(seen.ref, seen.route) for seen in observation.routes)
        return (Asked(now, intent, observation.adoption, found),)
    health = _health(anchor, observation, now)
    return (*health, *judge_versions(anchor, observation, now), *judge_phase(anchor, observation, now))


def next_intent(anchor: Anchor) -> Intent | None:
    """Return the intent whose turn it is: the first that nobody looked at; at rest, the first that waits."""
    if anchor.queue:
        return anchor.queue[0]
    if anchor.phase is not Phase.IDLE:
        return None
    return next((one for one in anchor.waiting if anchor.paused is None or not isinstance(one, Deploy)), None)


def _drifted(anchor: Anchor, observation: Observation) -> tuple[RouteTarget, ...]:
    """Return the elements whose route is none that may be there now. While a version soaks, only its own may."""
    if anchor.phase is Phase.BLOCKED:
        return ()
    known = {element.ref: element for element in live_elements(anchor)}
    drifted = []
    for seen in observation.routes:
        element, target = known.get(seen.ref), RouteTarget(seen.ref, seen.route)
        if element is None or target in anchor.foreign:
            continue
        right = seen.route == element.after if anchor.phase is Phase.SOAKING else element.knows(seen.route)
        if not right:
            drifted.append(target)
    return tuple(drifted)


def _health(anchor: Anchor, observation: Observation, now: datetime) -> tuple[Fact, ...]:
    """Return that the live version is not well any more, or well again."""
    wrong = degradation(anchor, observation)
    if wrong is None or bool(wrong) == (anchor.degraded is not None):
        return ()
    return (Fact(Kind.LIVE_DEGRADED if wrong else Kind.LIVE_RECOVERED, now, wrong),)
