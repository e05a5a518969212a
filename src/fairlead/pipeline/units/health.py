"""Asks the pods of a candidate for their health, by the protocol of its descriptor, besides their readiness."""

from __future__ import annotations

from typing import Final

from fairlead.domain.apps.naming import workload_name
from fairlead.domain.apps.probing import PodHealth, pods_to_ask, probe_request
from fairlead.domain.reading import branch
from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.observation import Verdict
from fairlead.domain.rollout.phases import Phase
from fairlead.domain.unit_news import HealthObserved
from fairlead.pipeline.probing import ask_pods
from fairlead.pipeline.units.describing import descriptor_of
from fairlead.pipeline.units.sight import Sight
from fairlead.pipeline.units.turn import Turn
from fairlead.ports.events import UnitSink

_ASKING: Final = frozenset({Phase.WARMING, Phase.VERIFYING, Phase.STAGING})


def is_asked(anchor: Anchor) -> bool:
    """Return whether a look asks the pods of the candidate for their health."""
    candidate = anchor.candidate
    return candidate is not None and anchor.phase in _ASKING and candidate.spec.policy.health


async def look_at_health(turn: Turn, sight: Sight, sink: UnitSink) -> None:
    """Note in the findings whether every pod that the candidate needs says that it is healthy."""
    candidate = turn.anchor.candidate
    if candidate is None or not is_asked(turn.anchor):
        return
    contents = turn.contents(candidate.version)
    descriptor, version = descriptor_of(contents), turn.anchor.version(candidate.version)
    if descriptor is None or version is None:
        return
    # The app's own workload answers for the app; components have readiness.
    name = workload_name(descriptor.app, descriptor.main.name)
    pods = pods_to_ask(sight.pods_of(contents.version, _labels(contents.workloads[name])))
    found: tuple[PodHealth, ...] = ()
    if len(pods) >= version.replicas.get(name, 0):
        request = probe_request(descriptor.health, descriptor.main.pod_spec)
        found = await ask_pods(turn.place.probes, pods, request, kind=descriptor.health.kind)
    _announce(turn, found, sink)
    healthy = bool(found) and all(one.healthy for one in found)
    turn.findings.unwell[contents.version] = _unwell(found)
    turn.findings.health[contents.version] = Verdict.PASSED if healthy else Verdict.UNKNOWN


def _announce(turn: Turn, found: tuple[PodHealth, ...], sink: UnitSink) -> None:
    """Say what pods answer, when it is another answer than before."""
    for one in found:
        if turn.findings.bodies.get(one.pod) != one.kept:
            turn.findings.bodies[one.pod] = one.kept
            at = turn.clock.now()
            sink.announce(HealthObserved(turn.key, at, turn.deployment, one.pod, one.healthy, one.kept))


def _unwell(found: tuple[PodHealth, ...]) -> str:
    """Return which pod does not say that it is well, and what it says instead; empty for none."""
    first = next((one for one in found if not one.healthy), None)
    return "" if first is None else f"the health check of pod {first.pod} fails: {first.reason}"


def _labels(manifest: object) -> dict[str, str]:
    return dict(branch(manifest, "spec", "selector", "matchLabels"))
