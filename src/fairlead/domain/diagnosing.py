"""Finds why one object is not healthy, from the object, what it owns, and the events about them.

Only pods of the newest template count against an object: a rollout that replaces broken pods must not fail because
of the pods it replaces. Those are still found, marked outdated, and explain a timeout when nothing better does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fairlead.domain.causes import Cause, Finding, Grace
from fairlead.domain.diagnosing_pods import pod_findings
from fairlead.domain.judging import group_and_kind
from fairlead.domain.reading import ObjectBody, branch, condition, name, owner_uids, text, uid, whole
from fairlead.domain.wording import plain, refusal

# Kinds about which pods and events tell more than their own status does.
EXPLAINED_KINDS = frozenset(
    {
        ("apps", "DaemonSet"),
        ("apps", "Deployment"),
        ("apps", "ReplicaSet"),
        ("apps", "StatefulSet"),
        ("batch", "Job"),
        ("", "PersistentVolumeClaim"),
        ("", "Pod"),
        ("", "ReplicationController"),
    }
)

_REVISION = "deployment.kubernetes.io/revision"
_CLAIM_TROUBLE = frozenset({"ProvisioningFailed", "FailedBinding", "ClaimLost", "ClaimMisbound", "VolumeMismatch"})
_OWN_RULES = frozenset({Cause.CRASH_LOOP, Cause.OUT_OF_MEMORY, Cause.POD_FAILED})


@dataclass(frozen=True, slots=True)
class Scene:
    """An object and what belongs to it: the ReplicaSets it owns, the pods below, events by the UID they are about.

    For a Pod, `pods` holds the object itself.
    """

    obj: ObjectBody
    replica_sets: tuple[ObjectBody, ...] = ()
    pods: tuple[ObjectBody, ...] = ()
    events: Mapping[str, Sequence[ObjectBody]] = field(default_factory=dict)


def diagnose(scene: Scene, *, crashes: int) -> tuple[Finding, ...]:
    """Return what is wrong, in a stable order. `crashes` is how many restarts make a crash final."""
    newest = _newest_replica_set(scene)
    found = [*_refusals(scene, newest), *_claim(scene)]
    for pod in sorted(scene.pods, key=name):
        if text(pod, "metadata", "deletionTimestamp"):
            continue
        outdated = _is_outdated(scene.obj, pod, newest)
        about = by_time(scene.events.get(uid(pod), ()))
        found.extend(replace(each, outdated=outdated) for each in pod_findings(pod, about, crashes=crashes))
    return tuple(_of_job(found) if group_and_kind(scene.obj) == ("batch", "Job") else found)


def by_time(events: Iterable[ObjectBody]) -> tuple[ObjectBody, ...]:
    """Return events oldest first, by when they were last seen."""
    return tuple(sorted(events, key=_last_seen))


def _last_seen(event: ObjectBody) -> str:
    return (
        text(event, "series", "lastObservedTime")
        or text(event, "lastTimestamp")
        or text(event, "eventTime")
        or text(event, "metadata", "creationTimestamp")
    )


def _of_job(found: Iterable[Finding]) -> Iterator[Finding]:
    """A Job counts the failures of its pods by rules of its own: only it decides when they are final."""
    for each in found:
        if each.cause is Cause.CRASH_LOOP or each.cause is Cause.POD_FAILED:
            yield replace(each, cause=Cause.JOB_FAILED, grace=Grace.FOREVER)
        else:
            yield replace(each, grace=Grace.FOREVER) if each.cause in _OWN_RULES else each


def _newest_replica_set(scene: Scene) -> ObjectBody | None:
    """Return the ReplicaSet of a Deployment's present template; None when the Deployment has not made it yet."""
    if group_and_kind(scene.obj) != ("apps", "Deployment"):
        return None
    revision = text(scene.obj, "metadata", "annotations", _REVISION)
    owned = [each for each in scene.replica_sets if text(each, "metadata", "annotations", _REVISION) == revision]
    return max(owned, key=lambda each: text(each, "metadata", "creationTimestamp"), default=None)


def _is_outdated(obj: ObjectBody, pod: ObjectBody, newest: ObjectBody | None) -> bool:
    """Return whether the object is about to replace the pod, or cannot be seen not to be."""
    generation = whole(obj, "metadata", "generation")
    if whole(obj, "status", "observedGeneration", default=generation) < generation:
        return group_and_kind(obj) != ("", "Pod")
    labels = branch(pod, "metadata", "labels")
    match group_and_kind(obj):
        case "apps", "Deployment":
            return newest is None or uid(newest) not in owner_uids(pod)
        case "apps", "StatefulSet":
            target = text(obj, "status", "updateRevision")
            return bool(target) and text(labels, "controller-revision-hash") != target
        case "apps", "DaemonSet":
            target = text(obj, "metadata", "annotations", "deprecated.daemonset.template.generation")
            made_by = text(labels, "pod-template-generation")
            return bool(target and made_by) and made_by != target
        case _:
            return False


def _refusals(scene: Scene, newest: ObjectBody | None) -> Iterator[Finding]:
    """Find out why pods that should exist were not created."""
    maker = newest if newest is not None else scene.obj
    if not _lacks_pods(maker):
        return
    refused = condition(maker, "ReplicaFailure")
    if refused and refused.status == "True":
        yield _refusal(refused.message)
        return
    said = [
        text(event, "message")
        for event in by_time(scene.events.get(uid(maker), ()))
        if text(event, "reason") == "FailedCreate"
    ]
    if said:
        yield _refusal(said[-1])


def _lacks_pods(maker: ObjectBody) -> bool:
    match group_and_kind(maker):
        case ("apps", "ReplicaSet" | "StatefulSet") | ("", "ReplicationController"):
            return whole(maker, "status", "replicas") < whole(maker, "spec", "replicas", default=1)
        case "apps", "DaemonSet":
            return whole(maker, "status", "currentNumberScheduled") < whole(maker, "status", "desiredNumberScheduled")
        case "batch", "Job":
            return whole(maker, "status", "active") + whole(maker, "status", "succeeded") == 0
        case _:
            return False


def _refusal(message: str) -> Finding:
    said = refusal(message)
    if "exceeded quota" in said:
        return Finding(Cause.QUOTA, Grace.REFUSAL, f"its pods exceed a quota: {said}")
    grace = Grace.SHORT if "violates PodSecurity" in said else Grace.REFUSAL
    return Finding(Cause.POD_REFUSED, grace, f"its pods are refused: {said}")


def _claim(scene: Scene) -> Iterator[Finding]:
    """Find out why a claim is not bound."""
    if group_and_kind(scene.obj) != ("", "PersistentVolumeClaim"):
        return
    about = by_time(scene.events.get(uid(scene.obj), ()))
    said = [text(event, "message") for event in about if text(event, "reason") in _CLAIM_TROUBLE]
    if said:
        yield Finding(Cause.VOLUME_CLAIM, Grace.FOREVER, f"no volume is provided: {plain(said[-1])}")
