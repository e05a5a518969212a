"""Judges a fresh observation by the anchor: which facts the machine is to be told, in which order.

One turn brings either one intent, or what moves the phase, or at most one fact of each version. So no fact of a turn is
about a state that an event before it has left.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from fairlead.domain.joining import joined
from fairlead.domain.rollout.anchor import Anchor, Candidate, Version
from fairlead.domain.rollout.entering import live_elements
from fairlead.domain.rollout.guards import is_in_place
from fairlead.domain.rollout.intents import Deploy, Intent, Rollback, Undeploy
from fairlead.domain.rollout.judging_phases import judge_phase
from fairlead.domain.rollout.judging_versions import judge_versions
from fairlead.domain.rollout.observation import Observation
from fairlead.domain.rollout.phases import HAS_ONE_ROUTE, Kind, Part, Phase
from fairlead.domain.rollout.readiness import degradation, missing, serves
from fairlead.domain.rollout.traffic import Route, RouteElement, RouteTarget
from fairlead.domain.rollout.unit_events import Asked, Fact, Reachable, UnitEvent


def _astray(drifted: Iterable[RouteTarget]) -> str:
    """Return in words what was found of routes that are as nobody of us made them."""
    gone = [str(one.ref) for one in drifted if one.route is None]
    led = [str(one.ref) for one in drifted if one.route is not None]
    told = [f"{', '.join(gone)} is not there any more"] if gone else []
    return joined([*told, *([f"{', '.join(led)} leads where nobody of us let it lead"] if led else [])])


def judge(anchor: Anchor, observation: Observation, now: datetime) -> tuple[UnitEvent, ...]:
    """Return what an observation means for the unit. `now` is not before the observation."""
    if not observation.reachable:
        return () if anchor.unreachable is not None else (Fact(Kind.UNREACHABLE, now),)
    away = anchor.unreachable or observation.unreachable_since
    if away is not None:
        return (Reachable(now, away),)
    drifted = _drifted(anchor, observation)
    if drifted:
        return (Fact(Kind.ROUTE_DRIFT, now, _astray(drifted), found=drifted),)
    intent = next_intent(anchor)
    if intent is not None:
        found = tuple(RouteTarget(seen.ref, seen.route) for seen in observation.routes)
        return (Asked(now, intent, observation.adoption, found),)
    beside = (*_health(anchor, observation, now), *_gone(anchor, observation, now))
    phase = judge_phase(anchor, observation, now)
    if any(event.kind is not Kind.RETRY for event in phase):
        return (*beside, *phase)
    return (*beside, *judge_versions(anchor, observation, now), *phase)


def next_intent(anchor: Anchor) -> Intent | None:
    """Return the intent whose turn it is: the first that nobody looked at; at rest, the first that waits."""
    if anchor.queue:
        return anchor.queue[0]
    if anchor.phase is not Phase.IDLE:
        return None
    return next((one for one in anchor.waiting if anchor.paused is None or not isinstance(one, Deploy)), None)


def concerned(anchor: Anchor) -> str:
    """Return the deployment that a unit is driven for, empty for none: never one that only waits behind another."""
    goes_on = (anchor.candidate, anchor.undeploy, next_intent(anchor), anchor.live)
    left = (*reversed(tuple(anchor.present)), *anchor.queue, *anchor.waiting)
    known = (one for one in (*goes_on, *left) if isinstance(one, Candidate | Version | Deploy | Rollback | Undeploy))
    return next((one.deployment for one in known), "")


def _drifted(anchor: Anchor, observation: Observation) -> tuple[RouteTarget, ...]:
    """Return the elements whose route is none that may be there now."""
    if anchor.phase is Phase.BLOCKED:
        return ()
    known = {element.ref: element for element in live_elements(anchor)}
    drifted = []
    for seen in observation.routes:
        element, target = known.get(seen.ref), RouteTarget(seen.ref, seen.route)
        if element is None or target in anchor.foreign:
            continue
        if not _may_have(anchor, element, seen.route) and not (seen.route is None and _may_lack(anchor, observation)):
            drifted.append(target)
    return tuple(drifted)


def _may_lack(anchor: Anchor, observation: Observation) -> bool:
    """Whether a route may be missing: it is to go, or can be made again, or what would serve it is being repaired."""
    if anchor.phase is Phase.UNDEPLOYING:
        return True
    if anchor.phase not in HAS_ONE_ROUTE or anchor.live is None:
        return False
    at_rest = anchor.phase is Phase.IDLE or (anchor.phase is Phase.PREFLIGHT and is_in_place(anchor))
    return at_rest or serves(anchor.live, observation)


def _gone(anchor: Anchor, observation: Observation, now: datetime) -> tuple[Fact, ...]:
    """Return the routes that are not there any more, once the live version has pods that are ready for them."""
    found = missing(anchor, observation)
    if not found or anchor.live is None or not serves(anchor.live, observation):
        return ()
    return (Fact(Kind.ROUTE_GONE, now, _astray(found), found=found),)


def _may_have(anchor: Anchor, element: RouteElement, route: Route | None) -> bool:
    """Whether an element may have a route now: either one while traffic moves, else the one that has it."""
    if anchor.phase is Phase.SOAKING or anchor.part in (Part.DRAINING, Part.REMOVING):
        return route == element.after
    return route == element.before if anchor.phase in HAS_ONE_ROUTE else element.knows(route)


def _health(anchor: Anchor, observation: Observation, now: datetime) -> tuple[Fact, ...]:
    """Return that the live version is not well any more, or well again."""
    wrong = degradation(anchor, observation)
    if wrong is None or bool(wrong) == (anchor.degraded is not None):
        return ()
    return (Fact(Kind.LIVE_DEGRADED if wrong else Kind.LIVE_RECOVERED, now, wrong),)
