"""What an observation says of the phase of a unit: its goal is reached, or missed, or has to be asked for again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from fairlead.domain.rollout.anchor import Anchor, Candidate, Owned, Version
from fairlead.domain.rollout.entering import live_elements, old_side, preview_kept
from fairlead.domain.rollout.following import progress
from fairlead.domain.rollout.guards import is_held_back, promoted_at
from fairlead.domain.rollout.judging_versions import is_shrunk
from fairlead.domain.rollout.observation import Difference, Observation, Verdict, VersionSeen
from fairlead.domain.rollout.phases import Kind, Part, Phase, VersionKind, VersionState
from fairlead.domain.rollout.readiness import has_floor, is_fit, missing, needed, side_ready
from fairlead.domain.rollout.unit_events import Fact, UnitEvent, VersionFact
from fairlead.domain.rollout.versioning import PRESENT_AT_MOST

_Found = UnitEvent | Kind | None


def judge_phase(anchor: Anchor, observation: Observation, now: datetime) -> tuple[UnitEvent, ...]:
    """Return at most one event: the goal reached, a failure, the deadline, or what is to be asked for again."""
    found = _reached(anchor, observation, now)
    event = Fact(found, now) if isinstance(found, Kind) else found
    if (event is None or event.kind is Kind.RETRY) and _is_over(anchor, now):
        event = Fact(Kind.DEADLINE, now, _missed(anchor, observation), side_ready=_can_go_back(anchor, observation))
    return () if event is None else (event,)


def _missed(anchor: Anchor, observation: Observation) -> str:
    """Return what was waited for in vain, as far as a look shows it: pods, or an answer through a Service."""
    if anchor.phase is Phase.CONFIRMING:
        return observation.unanswered
    seen = progress(anchor, observation)
    return ": ".join(part for part in (seen.doing, seen.trouble) if part) if seen.wanted else ""


def _can_go_back(anchor: Anchor, observation: Observation) -> bool:
    """Whether there is another side, and it has its floor."""
    old = old_side(anchor)
    return bool(old) and side_ready(anchor, observation, old)


def _is_over(anchor: Anchor, now: datetime) -> bool:
    if anchor.phase in (Phase.PREFLIGHT, Phase.AWAITING, Phase.STAGING) and is_held_back(anchor):
        return False
    return anchor.deadline is not None and now >= anchor.deadline


def _reached(anchor: Anchor, observation: Observation, now: datetime) -> _Found:
    match anchor.phase:
        case Phase.ADOPTING:
            return _adopting(anchor, observation)
        case Phase.REVERTING:
            return _reverting(anchor, observation)
        case Phase.UNDEPLOYING:
            return _undeploying(anchor, observation, now)
        case _:
            candidate = anchor.candidate
            judged = _OF_CANDIDATE.get(anchor.phase)
            return judged(_Case(anchor, candidate, observation, now)) if judged is not None and candidate else None


class _Case:
    """A candidate in its phase, with what was read of it."""

    def __init__(self, anchor: Anchor, candidate: Candidate, observation: Observation, now: datetime) -> None:
        self.anchor, self.candidate, self.observation, self.now = anchor, candidate, observation, now

    @property
    def version(self) -> Version | None:
        return self.anchor.risen

    @property
    def seen(self) -> VersionSeen | None:
        return self.observation.versions.get(self.candidate.version)

    @property
    def policy_min_ready(self) -> timedelta:
        return timedelta(seconds=self.candidate.spec.policy.min_ready)

    def is_fit(self) -> bool:
        return self.version is not None and is_fit(self.version, self.seen)

    def raised(self) -> Fact | None:
        """Return that the candidate needs more pods than it is to run."""
        wanted, version = needed(self.anchor, self.observation), self.version
        if wanted is None or version is None:
            return None
        more = {name: count for name, count in wanted.items() if count > version.replicas.get(name, 0)}
        return Fact(Kind.FLOOR_RAISED, self.now, replicas=more) if more else None

    def failed(self) -> Fact | None:
        """Return that the candidate's pods will never be ready."""
        reason = self.seen.cannot_recover if self.seen is not None else ""
        return Fact(Kind.CANNOT_RECOVER, self.now, reason) if reason else None


def _preflight(case: _Case) -> _Found:
    seen = case.observation.preflight
    match seen.difference:
        case Difference.NEW_VERSION:
            if is_held_back(case.anchor):
                return None
            return Kind.FINE if seen.hosts_claimed else Kind.RETRY
        case Difference.IN_PLACE:
            return Kind.RETRY if case.candidate.applied else Kind.IN_PLACE
        case Difference.NONE:
            gone = missing(case.anchor, case.observation)
            return None if gone else Fact(Kind.UNCHANGED, case.now, objects=_rewritten(case))
        case Difference.REFUSED:
            return Fact(Kind.REFUSED, case.now, seen.explanation)
        case Difference.UNKNOWN:
            return Kind.RETRY


def _rewritten(case: _Case) -> tuple[Owned, ...]:
    """Return what the live version has now, where it was written in place: some of it may have been made anew.

    Its autoscalers come and go with its traffic.
    """
    live = case.anchor.live
    seen = case.observation.versions.get(live.name) if live is not None else None
    if seen is None or not case.candidate.applied:
        return ()
    return tuple(one for one in seen.objects if one.ref.kind != "HorizontalPodAutoscaler")


def _creating(case: _Case) -> _Found:
    version, seen = case.version, case.seen
    if version is not None and version.state is VersionState.ABSENT:
        has_room = sum(1 for _ in case.anchor.present) < PRESENT_AT_MOST
        return VersionFact(VersionKind.CREATE, case.now, version.name) if has_room else None
    if seen is None or not seen.complete:
        return Kind.RETRY
    if not all(found.observed for found in seen.workloads.values()):
        return case.failed()
    return case.failed() or Fact(Kind.CREATED, case.now, objects=seen.objects)


def _warming(case: _Case) -> _Found:
    found = case.failed() or case.raised()
    since, version = case.candidate.floor_since, case.version
    if found is not None or version is None or needed(case.anchor, case.observation) is None:
        return found
    if not has_floor(version, case.seen):
        return None if since is None else Kind.FLOOR_LOST
    held = case.now - (since or case.now) >= case.policy_min_ready
    if held and case.is_fit():
        return Kind.WARMED
    return Kind.FLOOR_REACHED if since is None else None


def _verifying(case: _Case) -> _Found:
    found = case.failed()
    if found is not None:
        return found
    verdict = case.observation.gates if case.candidate.spec.policy.verify else Verdict.PASSED
    return Fact(_GATES[verdict], case.now, case.observation.gates_explanation)


_GATES: Final = {
    Verdict.UNKNOWN: Kind.RETRY,  # whether they run is for the driver to know; one that was killed asks again
    Verdict.PASSED: Kind.GATES_PASSED,
    Verdict.FAILED: Kind.GATES_FAILED,
    Verdict.INCONCLUSIVE: Kind.GATES_INCONCLUSIVE,
}


def _awaiting(case: _Case) -> _Found:
    found, due = case.failed(), promoted_at(case.anchor)
    return found or (Kind.TIMER if due is not None and case.now >= due else None)


def _staging(case: _Case) -> _Found:
    found = case.failed() or case.raised()
    if found is not None or needed(case.anchor, case.observation) is None:
        return found
    if not case.observation.staged or missing(case.anchor, case.observation):
        return Kind.RETRY
    paused = case.anchor.paused is not None and not case.candidate.is_rollback
    return Kind.STAGED if case.is_fit() and not paused else None


def _switching(case: _Case) -> _Found:
    if all_have(case.anchor, case.observation, back=False):
        return Kind.SWITCHED
    return case.failed() or Kind.RETRY


def _confirming(case: _Case) -> _Found:
    observation, previous = case.observation, case.candidate.previous
    old = observation.versions.get(previous)
    moved = all_have(case.anchor, observation, back=False) and observation.answered == case.candidate.version
    if not moved or (previous and old is None):
        return case.failed() or Kind.RETRY
    sizes = {name: found.replicas for name, found in old.workloads.items()} if old is not None else {}
    return Fact(Kind.CONFIRMED, case.now, replicas=sizes)


def _soaking(case: _Case) -> _Found:
    ready = _can_go_back(case.anchor, case.observation)
    policy, gates, since = case.candidate.spec.policy, case.observation.gates, case.anchor.since
    failure = case.failed()
    if failure is not None:
        return Fact(Kind.CANNOT_RECOVER, case.now, failure.explanation, side_ready=ready)
    if policy.soak and gates in (Verdict.FAILED, Verdict.INCONCLUSIVE):
        return Fact(Kind.GATES_FAILED, case.now, case.observation.gates_explanation, side_ready=ready)
    if policy.soak and gates is Verdict.UNKNOWN:
        return Kind.RETRY
    return Kind.SOAKED if since is not None and case.now >= since + timedelta(seconds=policy.soak_for) else None


def _aborting(case: _Case) -> _Found:
    version, live = case.version, case.anchor.live.name if case.anchor.live is not None else ""
    shown = case.observation.preview == preview_kept(case.anchor) or not case.candidate.spec.preview
    if case.observation.opened != live or not shown:
        return Kind.RETRY
    if version is None or version.state is not VersionState.FAILED:
        return Kind.CLEARED
    return Kind.CLEARED if version.evidence and case.seen is not None and is_shrunk(case.seen) else None


_OF_CANDIDATE: Final[Mapping[Phase, Callable[[_Case], _Found]]] = {
    Phase.PREFLIGHT: _preflight,
    Phase.PREPARING: lambda _: Kind.PREPARED,
    Phase.CREATING: _creating,
    Phase.WARMING: _warming,
    Phase.VERIFYING: _verifying,
    Phase.AWAITING: _awaiting,
    Phase.STAGING: _staging,
    Phase.SWITCHING: _switching,
    Phase.CONFIRMING: _confirming,
    Phase.SOAKING: _soaking,
    Phase.ABORTING: _aborting,
}


def all_have(anchor: Anchor, observation: Observation, *, back: bool) -> bool:
    """Whether every element was read and has the route after the switch, or the one before it."""
    seen = {found.ref: found.route for found in observation.routes}
    wanted = [(element.ref, element.before if back else element.after) for element in live_elements(anchor)]
    return all(ref in seen and seen[ref] == route for ref, route in wanted)


def _adopting(anchor: Anchor, observation: Observation) -> _Found:
    if anchor.part is Part.SELECTORS:
        return Kind.PINNED if all_have(anchor, observation, back=False) else Kind.RETRY
    if anchor.part is Part.UNDOING:
        return Kind.UNPINNED if all_have(anchor, observation, back=True) else Kind.RETRY
    seen = observation.adoption
    if seen is None or not seen.pinning:
        return Kind.RETRY
    return Kind.PODS_PINNED if seen.labelled else None


def _reverting(anchor: Anchor, observation: Observation) -> _Found:
    if all_have(anchor, observation, back=True):
        return Kind.REVERTED
    if anchor.part is Part.BACK or not side_ready(anchor, observation, old_side(anchor)):
        return Kind.RETRY
    return Kind.SIDE_READY


def _undeploying(anchor: Anchor, observation: Observation, now: datetime) -> _Found:
    seen = {found.ref: found.route for found in observation.routes}
    match anchor.part:
        case Part.ROUTES:
            gone = all(one.ref in seen and seen[one.ref] is None for one in anchor.elements)
            return Kind.ROUTES_GONE if gone else Kind.RETRY
        case Part.DRAINING:
            # Who never had traffic has nobody to drain.
            there = [observation.versions.get(one.name) for one in anchor.present if one.was_live]
            drained = all(one is not None and one.drained for one in there)
            return Kind.DRAINED if drained or _is_over(anchor, now) else None
        case Part.REMOVING:
            if observation.leftovers:
                return Kind.RETRY
            return None if any(True for _ in anchor.present) else Kind.GONE
        case _:
            return Kind.UNDEPLOY_DUE
