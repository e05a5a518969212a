"""Whether a side of a switch has what it needs: pods, health, endpoints. What was not read is never granted."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.domain.rollout.anchor import Anchor, Version
from fairlead.domain.rollout.entering import live_elements
from fairlead.domain.rollout.observation import Observation, Verdict, VersionSeen
from fairlead.domain.rollout.phases import HAS_ONE_ROUTE, Phase
from fairlead.domain.rollout.traffic import RouteTarget

_PREVIEWED = frozenset({Phase.PREPARING, Phase.CREATING, Phase.WARMING, Phase.VERIFYING, Phase.AWAITING})


def needed(anchor: Anchor, observation: Observation) -> Mapping[str, int] | None:
    """Return how many pods of each workload the candidate needs; None while that cannot be told.

    It is what it declares, what the live side runs, and what the live side's autoscaler wants, whichever is most. A
    preview needs fewer, until it is to be promoted.
    """
    candidate, live = anchor.candidate, anchor.live
    if candidate is None:
        return None
    declared, preview = candidate.spec.workloads, candidate.spec.policy.preview_replicas
    if preview is not None and anchor.phase in _PREVIEWED and not candidate.is_rollback:
        return {name: min(preview, count) for name, count in declared.items()}
    if live is None or live.name == candidate.version:
        return declared
    seen = observation.versions.get(live.name)
    return None if seen is None else {name: max(count, _runs(seen, name)) for name, count in declared.items()}


def _runs(seen: VersionSeen, workload: str) -> int:
    found = seen.workloads.get(workload)
    return max(found.replicas, found.wish or 0) if found is not None else 0


def has_floor(version: Version, seen: VersionSeen | None) -> bool:
    """Whether every workload of a version has all the ready pods that it is to run."""
    return seen is not None and all(
        (found := seen.workloads.get(name)) is not None
        and found.observed
        and found.ready >= max(count, found.replicas if version.scales_itself else 0)
        for name, count in version.floor.items()
    )


def is_fit(version: Version, seen: VersionSeen | None) -> bool:
    """Whether a version could take traffic now: all pods, healthy where that is asked for, and known as endpoints."""
    if seen is None or not has_floor(version, seen) or not seen.endpoints_match:
        return False
    return seen.health is Verdict.PASSED or not version.spec.policy.health


def side_ready(anchor: Anchor, observation: Observation, old: str) -> bool:
    """Whether traffic may go back to a side: there is none to come back to, or it has its floor."""
    version = anchor.version(old)
    return version is None or has_floor(version, observation.versions.get(old))


def serves(version: Version, observation: Observation) -> bool:
    """Whether each workload of a version has a pod that is ready."""
    seen = observation.versions.get(version.name)
    workloads = {} if seen is None else seen.workloads
    return bool(version.replicas) and all(
        (found := workloads.get(name)) is not None and found.ready > 0 for name in version.replicas
    )


def missing(anchor: Anchor, observation: Observation) -> tuple[RouteTarget, ...]:
    """Return the route elements of the live version that were read and are not there, while none is to move."""
    if anchor.phase not in HAS_ONE_ROUTE or anchor.live is None:
        return ()
    wanted = {target.ref for target in anchor.live.spec.routes}
    return tuple(RouteTarget(one.ref, None) for one in observation.routes if one.route is None and one.ref in wanted)


def degradation(anchor: Anchor, observation: Observation) -> str | None:
    """Return what is wrong with the live version, empty for nothing; None while it cannot be told."""
    live = anchor.live
    seen = observation.versions.get(live.name) if live is not None else None
    if live is None or seen is None:
        return None
    if seen.cannot_recover:
        return seen.cannot_recover
    if live.spec.policy.health and seen.health is Verdict.FAILED:
        return f"version {live.name} is not healthy"
    few = [name for name, found in sorted(seen.workloads.items()) if found.ready * 2 < found.replicas]
    return f"fewer than half of the pods of {', '.join(few)} are ready" if few else ""


def is_routed(anchor: Anchor, observation: Observation, version: str) -> bool:
    """Whether a route leads to a version, as found or by the switch under way. One that was not read counts too."""
    live = anchor.live
    if live is not None and live.name == version:
        return True
    if any(element.leads_to(version) for element in anchor.elements):
        return True
    refs = {element.ref for element in live_elements(anchor)}
    seen = {route.ref for route in observation.routes}
    return not refs <= seen or any(
        found.route is not None and found.route.leads_to(version) for found in observation.routes
    )
