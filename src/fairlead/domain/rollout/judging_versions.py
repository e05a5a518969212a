"""What an observation says of each version by itself: times that are over, work that is not done, what is gone."""

from __future__ import annotations

from datetime import datetime, timedelta

from fairlead.domain.rollout.anchor import Anchor, Version
from fairlead.domain.rollout.intents import HOT_AT_LEAST, HOT_AT_LEAST_HEADLESS
from fairlead.domain.rollout.observation import Observation, VersionSeen
from fairlead.domain.rollout.phases import Phase, VersionKind, VersionState
from fairlead.domain.rollout.readiness import is_routed
from fairlead.domain.rollout.unit_events import VersionFact
from fairlead.domain.rollout.versioning import PRESENT_AT_MOST


def judge_versions(anchor: Anchor, observation: Observation, now: datetime) -> tuple[VersionFact, ...]:
    """Return at most one fact of each version that was read. A blocked unit lets everything rest."""
    if anchor.phase is Phase.BLOCKED:
        return ()
    must_go = _must_go(anchor, now)
    facts = []
    for version in anchor.present:
        seen = observation.versions.get(version.name)
        if seen is None:
            continue
        free = not is_routed(anchor, observation, version.name) and not _is_candidate(anchor, version)
        kind = _judge(version, seen, now, free=free, must_go=version.name == must_go)
        kind = kind or _unfinished(anchor, version, seen, now)
        if kind is not None:
            late = kind is VersionKind.RETRY and _is_overdue(version, now)
            facts.append(VersionFact(VersionKind.OVERDUE if late else kind, now, version.name))
    return tuple(facts)


def _is_overdue(version: Version, now: datetime) -> bool:
    ending = version.state in (VersionState.WARM, VersionState.FAILED, VersionState.REMOVING)
    return ending and version.until is not None and now >= version.until


def _is_candidate(anchor: Anchor, version: Version) -> bool:
    candidate = anchor.candidate
    return candidate is not None and candidate.version == version.name and anchor.phase is not Phase.ABORTING


def _judge(version: Version, seen: VersionSeen, now: datetime, *, free: bool, must_go: bool) -> VersionKind | None:
    """Return what time or absence has brought; only a version that no route leads to is made smaller."""
    over = version.deadline is not None and now >= version.deadline
    match version.state:
        case VersionState.HOT if free:
            drained = seen.drained or version.until is None or now >= version.until
            return VersionKind.COOLED if (over and drained) or must_go else None
        case VersionState.WARM if free:
            return VersionKind.EXPIRED if over or must_go else None
        case VersionState.FAILED if not version.evidence:
            return VersionKind.KEPT if seen.evidence and free else None
        case VersionState.FAILED if free:
            return VersionKind.EXPIRED if over or must_go else None
        case VersionState.REMOVING:
            return None if seen.objects else VersionKind.GONE
        case _:
            return None


def _unfinished(anchor: Anchor, version: Version, seen: VersionSeen, now: datetime) -> VersionKind | None:
    """Return RETRY when something that the state of a version asks for is not so yet."""
    runs = {name: found.replicas for name, found in seen.workloads.items()}
    match version.state:
        case VersionState.STARTING:
            is_undone = anchor.phase is not Phase.CREATING and _is_short(version, runs)
        case VersionState.READY | VersionState.ABSENT:
            is_undone = anchor.phase is Phase.STAGING and _is_short(version, runs)
        case VersionState.LIVE:
            lacks = version.spec.autoscaled or _is_resized(version, runs, now)
            is_undone = lacks and not seen.autoscalers and anchor.undeploy is None
        case VersionState.HOT:
            is_undone = seen.autoscalers or _is_short(version, runs)
        case VersionState.WARM:
            is_undone = seen.autoscalers or any(runs.values())
        case VersionState.FAILED:
            is_undone = not version.evidence or not is_shrunk(seen)
        case VersionState.REMOVING:
            is_undone = True
    return VersionKind.RETRY if is_undone else None


def is_shrunk(seen: VersionSeen) -> bool:
    """Whether a failed version runs no more than what is kept of it."""
    return not seen.autoscalers and all(found.replicas <= 1 for found in seen.workloads.values())


def _is_short(version: Version, runs: dict[str, int]) -> bool:
    return any(runs.get(name, 0) < count for name, count in version.replicas.items())


def _is_resized(version: Version, runs: dict[str, int], now: datetime) -> bool:
    """Whether a workload does not run what somebody asked for lately; later on, others may have their reasons."""
    lately = version.resize_until is not None and now < version.resize_until
    return lately and any(runs[name] != count for name, count in version.replicas.items() if name in runs)


def _must_go(anchor: Anchor, now: datetime) -> str:
    """Return the version that makes room for a candidate which cannot be created yet, empty for none.

    First what failed, then what is warm, the oldest of each; then the older ones of several that are hot, once their
    clients have had the time that they need.
    """
    candidate = anchor.candidate
    wanted = anchor.version(candidate.version) if candidate is not None and anchor.phase is Phase.CREATING else None
    others = [one for one in anchor.present if wanted is not None and one.name != wanted.name]
    if wanted is None or wanted.state is not VersionState.ABSENT or len(others) < PRESENT_AT_MOST:
        return ""
    if any(one.state is VersionState.REMOVING for one in others):
        return ""
    for state in (VersionState.FAILED, VersionState.WARM, VersionState.HOT):
        found = sorted((one for one in others if one.state is state), key=lambda one: one.since)
        if state is VersionState.HOT:
            found = [one for one in found[:-1] if now >= one.since + timedelta(seconds=_clients_need(one))]
        if found:
            return found[0].name
    return ""


def _clients_need(version: Version) -> float:
    return HOT_AT_LEAST_HEADLESS if version.spec.policy.headless else HOT_AT_LEAST
