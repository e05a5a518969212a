"""What the conditions of the unit's table mean: questions to the anchor and the event, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from fairlead.domain.rollout.anchor import Anchor, Version
from fairlead.domain.rollout.intents import Abort, Deploy, OnBusy, Promote, Resolution, Resolve, Rollback, Scale
from fairlead.domain.rollout.phases import Part, Phase, VersionState
from fairlead.domain.rollout.traffic import RouteTarget
from fairlead.domain.rollout.unit_events import Asked, Fact, Start, UnitEvent
from fairlead.domain.rollout.unit_words import Guard

_SWITCHABLE = (VersionState.READY, VersionState.HOT, VersionState.LIVE)


def holds(guard: Guard, anchor: Anchor, event: UnitEvent) -> bool:
    """Tell whether a condition holds for an anchor and an event."""
    of_anchor = _OF_ANCHOR.get(guard)
    if of_anchor is not None:
        return of_anchor(anchor)
    match event:
        case Start():
            return guard is Guard.OLD_EPOCH and event.epoch <= anchor.epoch
        case Fact():
            return guard is Guard.SIDE_READY and event.side_ready
        case Asked(intent=Abort() as intent):
            return guard is Guard.OTHER_DEPLOYMENT and _is_of_another(anchor, intent)
        case Asked():
            return _of_intent(guard, anchor, event)
        case _:
            return False


def goes_on_by_itself(anchor: Anchor) -> bool:
    """Whether nobody has to promote the candidate."""
    candidate = anchor.candidate
    return candidate is not None and (candidate.is_rollback or candidate.spec.policy.automatic)


def rollback_target(anchor: Anchor, to: str) -> Version | None:
    """Return the version that a rollback means: the named one, else the last that was live before the present one."""
    if to:
        return anchor.version(to)
    past = [one for one in anchor.versions if one.was_live and one.state in _NEARNESS]
    return max(past, key=lambda one: (_NEARNESS[one.state], one.since), default=None)


_NEARNESS = {VersionState.HOT: 2, VersionState.WARM: 1, VersionState.ABSENT: 0}


def observed_version(anchor: Anchor, found: tuple[RouteTarget, ...]) -> Version | None:
    """Return the one version that every route found leads to and to nothing else, if it could serve; else None."""
    serving = (one for one in anchor.versions if one.state in _SWITCHABLE and found and _all_lead(found, one.name))
    return next(serving, None)


def _all_lead(found: tuple[RouteTarget, ...], name: str) -> bool:
    return all(target.route is not None and target.route.leads_only_to(name) for target in found)


def _is_rollback(anchor: Anchor) -> bool:
    return anchor.candidate is not None and anchor.candidate.is_rollback


def _is_same_version(anchor: Anchor) -> bool:
    live, candidate = anchor.live, anchor.candidate
    return live is not None and candidate is not None and live.name == candidate.version


def is_in_place(anchor: Anchor) -> bool:
    """Whether the candidate has the pods and configuration that are live: what differs is around them."""
    live, candidate = anchor.live, anchor.candidate
    return live is not None and candidate is not None and live.spec.digest == candidate.spec.digest


def is_held_back(anchor: Anchor) -> bool:
    """Whether a pause or a freeze keeps the candidate from going on; going back to an earlier version always may."""
    return (anchor.paused is not None or anchor.frozen is not None) and not _is_rollback(anchor)


def promoted_at(anchor: Anchor) -> datetime | None:
    """Return when a candidate that awaits its promotion goes on without anybody's word; None while it does not."""
    candidate, since = anchor.candidate, anchor.since
    if anchor.phase is not Phase.AWAITING or candidate is None or since is None:
        return None
    if not candidate.gates_passed or is_held_back(anchor):
        return None
    timer = 0.0 if goes_on_by_itself(anchor) else candidate.spec.policy.auto_promote_after
    return None if timer is None else since + timedelta(seconds=timer)


def _of_intent(guard: Guard, anchor: Anchor, event: Asked) -> bool:
    match event.intent:
        case Deploy() as intent:
            return _of_deployment(guard, anchor, intent, adoptable=event.adoption is not None)
        case Rollback() as intent:
            return _of_rollback(guard, anchor, intent)
        case Promote() as intent:
            return _of_promotion(guard, anchor, intent)
        case Scale() as intent:
            return guard is Guard.UNFIT_SCALE and _is_unfit(anchor, intent)
        case Resolve() as intent:
            return _of_resolution(guard, anchor, intent, event.found)
        case _:
            return False


def _of_deployment(guard: Guard, anchor: Anchor, intent: Deploy, *, adoptable: bool) -> bool:
    match guard:
        case Guard.HELD:
            return anchor.hold is not None and anchor.hold.digest == intent.spec.digest and not intent.release_hold
        case Guard.TAKEN:
            same = anchor.version(intent.spec.version)
            return same is not None and same.state not in (VersionState.ABSENT, VersionState.LIVE)
        case Guard.REJECTS:
            return intent.on_busy is OnBusy.REJECT
        case Guard.QUEUES:
            return intent.on_busy is OnBusy.QUEUE
        case _:
            return guard is Guard.ADOPTS and adoptable and anchor.live is None


def _of_rollback(guard: Guard, anchor: Anchor, intent: Rollback) -> bool:
    target = rollback_target(anchor, intent.to)
    if target is None:
        return False
    match guard:
        case Guard.TO_LIVE:
            return target.state is VersionState.LIVE
        case Guard.TO_HOT:
            return target.state is VersionState.HOT
        case Guard.TO_WARM:
            return target.state is VersionState.WARM
        case _:
            return guard is Guard.TO_GONE and target.state is VersionState.ABSENT and target.was_live


def _of_promotion(guard: Guard, anchor: Anchor, intent: Promote) -> bool:
    candidate = anchor.candidate
    other = candidate is None or intent.digest not in ("", candidate.spec.digest)
    return (
        other if guard is Guard.OTHER_DIGEST else guard is Guard.FORCED and intent.force and anchor.degraded is not None
    )


def _is_of_another(anchor: Anchor, intent: Abort) -> bool:
    going = (anchor.candidate, anchor.undeploy)
    return intent.deployment != "" and all(one is None or one.deployment != intent.deployment for one in going)


def _is_unfit(anchor: Anchor, intent: Scale) -> bool:
    known = {name for one in (anchor.live, anchor.candidate) if one is not None for name in one.spec.workloads}
    return intent.replicas < 1 or not known or (intent.workload != "" and intent.workload not in known)


def _of_resolution(guard: Guard, anchor: Anchor, intent: Resolve, found: tuple[RouteTarget, ...]) -> bool:
    forced = intent.resolution is Resolution.FORCE
    was_adopting = anchor.blocked is not None and anchor.blocked.phase is Phase.ADOPTING
    match guard:
        case Guard.FORCES_ADOPTING:
            return was_adopting and forced
        case Guard.WAS_ADOPTING:
            return was_adopting
        case Guard.FORCES_UNDEPLOY:
            return forced and anchor.undeploy is not None
        case Guard.FORCES_FORWARD:
            return forced and _candidate_state(anchor) in _SWITCHABLE and bool(anchor.elements)
        case Guard.KEEPS_CANDIDATE | Guard.KEEPS_DRIFTED if intent.resolution is Resolution.KEEP_LIVE:
            confirmed = _candidate_state(anchor) is VersionState.LIVE
            return confirmed and (guard is Guard.KEEPS_DRIFTED or _is_settled(anchor, found))
        case _:
            return intent.resolution is Resolution.ADOPT_OBSERVED and _adopts(guard, anchor, found)


def _adopts(guard: Guard, anchor: Anchor, found: tuple[RouteTarget, ...]) -> bool:
    observed = observed_version(anchor, found)
    if guard is Guard.ADOPTS_NOTHING or observed is None:
        return guard is Guard.ADOPTS_NOTHING and observed is None
    is_candidate = observed is anchor.risen
    match guard:
        case Guard.ADOPTS_CANDIDATE:
            return is_candidate
        case Guard.ADOPTS_AND_ABORTS:
            return not is_candidate and anchor.candidate is not None
        case _:
            return guard is Guard.ADOPTS_FOUND


def _candidate_state(anchor: Anchor) -> VersionState | None:
    return anchor.risen.state if anchor.risen is not None else None


def _is_settled(anchor: Anchor, found: tuple[RouteTarget, ...]) -> bool:
    wanted = {element.ref: element.after for element in anchor.elements}
    return wanted == {target.ref: target.route for target in found}


_OF_ANCHOR: Final[Mapping[Guard, Callable[[Anchor], bool]]] = {
    Guard.PAUSED: lambda anchor: anchor.paused is not None and not _is_rollback(anchor),
    Guard.HELD_BACK: is_held_back,
    Guard.GIVEN_UP: lambda anchor: anchor.candidate is not None and anchor.candidate.outcome is not None,
    Guard.SAME_VERSION: _is_same_version,
    Guard.SAME_PODS: is_in_place,
    Guard.GOES_ON: lambda anchor: not is_held_back(anchor) and goes_on_by_itself(anchor),
    Guard.PERSON_PROMOTES: lambda anchor: not goes_on_by_itself(anchor),
    Guard.NO_CANDIDATE: lambda anchor: anchor.candidate is None,
    Guard.NO_WAY_BACK: lambda anchor: anchor.undeploy is not None and anchor.live is None,
    Guard.BEFORE_ROUTES: lambda anchor: anchor.part is Part.ANNOUNCED and anchor.live is not None,
}
