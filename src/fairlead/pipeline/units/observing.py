"""From one look at the cluster to what the machine judges by. Pure: everything was read before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.domain.reading import ObjectBody, branch, text, uid, whole
from fairlead.domain.rollout.anchor import Anchor, Owned, Version
from fairlead.domain.rollout.intents import specs_of
from fairlead.domain.rollout.observation import Observation, RouteSeen, Verdict, VersionSeen, WorkloadSeen
from fairlead.domain.rollout.phases import Phase
from fairlead.domain.rollout.traffic import RouteElement, RouteTarget
from fairlead.pipeline.units.contents import Contents
from fairlead.pipeline.units.findings import Findings
from fairlead.pipeline.units.sight import AUTOSCALERS, SERVICES, Sight, is_going, ready_uids, version_of
from fairlead.ports.cluster import LiveObject
from fairlead.ports.traffic import RouteReading

Library = Mapping[str, Contents]
"""What versions consist of, by their names."""


def observation(anchor: Anchor, sight: Sight, library: Library, findings: Findings) -> Observation:
    """Return what a look shows of a unit."""
    candidate = anchor.candidate.version if anchor.candidate is not None else ""
    soaking = anchor.phase is Phase.SOAKING
    verdict, explanation = findings.gates_of(candidate, soak=soaking)
    return Observation(
        epoch=sight.epoch,
        versions={
            one.name: version_seen(one, sight, library, findings) for one in anchor.present if one.name in library
        },
        routes=tuple(_route(ref, one) for ref, one in sight.routes.items()),
        preflight=findings.preflight.get(candidate) or Observation().preflight,
        adoption=findings.adoption,
        staged=anchor.phase is Phase.STAGING and is_staged(anchor.elements, sight, library.get(candidate)),
        answered=candidate
        if candidate in library and is_passed_on(anchor, sight, library[candidate], findings)
        else "",
        unanswered="; ".join(one.why for one in findings.passages.values() if one.verdict is Verdict.FAILED),
        gates=verdict,
        gates_explanation=explanation,
        preview=preview_of(sight, library.get(candidate)),
        opened=findings.opened,
        leftovers=leftovers(sight, library),
    )


def elements_of(anchor: Anchor) -> tuple[RouteElement, ...]:
    """Return the route elements to look at: those of the switch under way, else those of what is live."""
    if anchor.elements:
        return anchor.elements
    if anchor.live is not None:
        return tuple(_resting(one) for one in anchor.live.spec.routes)
    wanted = [one for spec in specs_of(anchor.queue) for one in spec.routes]
    found = [one for version in anchor.present for one in version.spec.routes]
    return tuple({one.ref: _resting(one) for one in (*wanted, *found)}.values())


def version_seen(version: Version, sight: Sight, library: Library, findings: Findings) -> VersionSeen:
    """Return how a version is in the cluster."""
    contents = library[version.name]
    others = [library[name].configured for name in library if name != version.name]
    shared = frozenset[ObjectRef]().union(*others)
    refs = {object_ref(each) for each in (*contents.own, *contents.autoscalers)} - shared
    found = {
        ref: live
        for ref, live in sight.objects.items()
        if ref in refs or (version_of(live) == version.name and ref not in shared)
    }
    there = [ref for ref, live in sight.objects.items() if not is_going(live)]
    return VersionSeen(
        workloads={
            name: workload
            for name, manifest in contents.workloads.items()
            if (workload := _workload(contents, manifest, sight)) is not None
        },
        objects=tuple(Owned(ref, uid(live)) for ref, live in sorted(found.items())),
        complete=all(object_ref(each) in there for each in contents.own),
        endpoints_match=endpoints_match(contents, sight),
        health=findings.health.get(version.name, Verdict.UNKNOWN),
        cannot_recover=findings.hopeless.get(version.name, ""),
        trouble=findings.troubles.get(version.name) or findings.unwell.get(version.name, ""),
        drained=not any(version_of(pod) == version.name for pod in sight.pods),  # of pods that are there nobody knows
        evidence=version.name in findings.evidence or contents.evidence is not None,
        autoscalers=any(ref.kind == AUTOSCALERS.kind for ref in found),
    )


def endpoints_match(contents: Contents, sight: Sight) -> bool:
    """Return whether the slices of a version's Services name its ready pods and no others."""
    for service in contents.services:
        pods = sight.pods_of(contents.version, _selector(service))
        if sight.behind(text(service, "metadata", "name")) != ready_uids(pods):
            return False
    return True


def ready_of(contents: Contents, sight: Sight) -> dict[str, int]:
    """Return how many pods of each workload of a version are ready."""
    found = {name: _workload(contents, manifest, sight) for name, manifest in contents.workloads.items()}
    return {name: 0 if one is None else one.ready for name, one in found.items()}


def is_staged(elements: Iterable[RouteElement], sight: Sight, contents: Contents | None) -> bool:
    """Return whether the data plane holds what the switch needs: every route is staged, and the new side is in it."""
    if contents is None or not endpoints_match(contents, sight):
        return False
    # An object that is not there yet is made by the switch itself.
    return all(sight.routes[one.ref].staged for one in elements if one.before is not None and one.ref in sight.routes)


def answers(elements: Iterable[RouteElement], sight: Sight, contents: Contents) -> bool:
    """Return whether the ready pods behind every route are those of a version, and the data plane has taken it up."""
    version = contents.version
    mine = frozenset(
        found
        for manifest in contents.workloads.values()
        for found in ready_uids(sight.pods_of(version, branch(manifest, "spec", "selector", "matchLabels")))
    )
    readings = [sight.routes[one.ref] for one in elements if one.after is not None and one.ref in sight.routes]
    return all(one.settled and one.ready <= mine and (one.ready or contents.ignores_readiness) for one in readings)


def is_passed_on(anchor: Anchor, sight: Sight, contents: Contents, findings: Findings) -> bool:
    """Return whether every route leads to a version, and no Service that can be asked passes on elsewhere."""
    services = [one.ref for one in anchor.elements if one.after is not None and one.ref.kind == SERVICES.kind]
    asked = [findings.passages.get(ref) for ref in services]
    passed = all(
        one is not None and one.version == contents.version and one.verdict is not Verdict.FAILED for one in asked
    )
    return passed and answers(anchor.elements, sight, contents)


def preview_of(sight: Sight, contents: Contents | None) -> str:
    """Return the version that the preview leads to."""
    names = [object_ref(each) for each in contents.previews] if contents is not None else []
    shown = [sight.objects[ref] for ref in names if ref in sight.objects]
    return text(shown[0], "spec", "selector", "version") if shown else ""


def leftovers(sight: Sight, library: Library) -> tuple[Owned, ...]:
    """Return objects of the unit that belong to no version."""
    kept = frozenset[ObjectRef]().union(*(one.configured for one in library.values()))
    found = {ref: live for ref, live in sight.objects.items() if not version_of(live) and ref not in kept}
    return tuple(Owned(ref, uid(live)) for ref, live in sorted(found.items()))


def _route(ref: ObjectRef, reading: RouteReading) -> RouteSeen:
    return RouteSeen(ref=ref, route=reading.route, resource_version=reading.resource_version, ready=len(reading.ready))


def _resting(target: RouteTarget) -> RouteElement:
    return RouteElement(target.ref, target.route, target.route)


def _workload(contents: Contents, manifest: ObjectBody, sight: Sight) -> WorkloadSeen | None:
    live = sight.objects.get(object_ref(manifest))
    if live is None or is_going(live):
        return None
    pods = sight.pods_of(contents.version, branch(manifest, "spec", "selector", "matchLabels"))
    running = [pod for pod in pods if text(pod, "status", "phase") == "Running" and not is_going(pod)]
    return WorkloadSeen(
        replicas=whole(live, "spec", "replicas", default=1),
        ready=len(running) if contents.ignores_readiness else len(ready_uids(pods)),
        observed=whole(live, "status", "observedGeneration") >= whole(live, "metadata", "generation"),
        wish=_wish(live, sight),
    )


def _wish(deployment: LiveObject, sight: Sight) -> int | None:
    """Return how many replicas the autoscaler of a Deployment wants, None without one."""
    for live in sight.objects.values():
        target = branch(live, "spec", "scaleTargetRef")
        if live["kind"] == AUTOSCALERS.kind and text(target, "name") == deployment["metadata"]["name"]:
            return whole(live, "status", "desiredReplicas")
    return None


def _selector(service: ObjectBody) -> dict[str, str]:
    return dict(branch(service, "spec", "selector"))
