"""Health of the kinds that keep pods running: Deployment, StatefulSet, DaemonSet, ReplicaSet."""

from __future__ import annotations

from fairlead.domain.health import Health, HealthState
from fairlead.domain.reading import ObjectBody, branch, condition, is_true, text, whole

_NOT_SEEN = Health(HealthState.PROGRESSING, "Its controller has not seen it yet.")


def judge_deployment(obj: ObjectBody) -> Health:
    """Judge a Deployment: updated, old replicas gone, available; a passed progress deadline is a failure."""
    wanted = whole(obj, "spec", "replicas", default=1)
    progress = condition(obj, "Progressing")
    if progress and progress.status == "False" and progress.reason == "ProgressDeadlineExceeded":
        return Health(HealthState.FAILED, f"The rollout passed its progress deadline: {progress.message}")
    if is_true(obj, "spec", "paused"):
        return Health(HealthState.CURRENT, "Its rollout is paused by spec.paused.")
    if (unseen := _not_seen(obj, wanted)) is not None:
        return unseen
    refused = condition(obj, "ReplicaFailure")
    updated = whole(obj, "status", "updatedReplicas")
    if refused and refused.status == "True" and updated < wanted:
        return Health(HealthState.PROGRESSING, f"Replicas cannot be created: {refused.message}")
    return (
        _short(updated, wanted, "updated")
        or _leftover(whole(obj, "status", "replicas"), updated)
        or _short(whole(obj, "status", "availableReplicas"), wanted, "available")
        or _all(wanted, "available")
    )


def judge_stateful_set(obj: ObjectBody) -> Health:
    """Judge a StatefulSet; pods behind `partition` or under `OnDelete` are meant to stay at the old revision."""
    wanted = whole(obj, "spec", "replicas", default=1)
    present = whole(obj, "status", "replicas")
    ready = whole(obj, "status", "readyReplicas")
    if (unseen := _not_seen(obj, wanted)) is not None:
        return unseen
    running = (
        _short(present, wanted, "created")
        or _leftover(present, wanted)
        or _short(min(ready, whole(obj, "status", "availableReplicas", default=ready)), wanted, "available")
    )
    if running is not None:
        return running
    if text(obj, "spec", "updateStrategy", "type") == "OnDelete":
        return _all(wanted, "available")
    partition = whole(obj, "spec", "updateStrategy", "rollingUpdate", "partition")
    if partition > 0:
        moving = max(wanted - partition, 0)
        return _short(whole(obj, "status", "updatedReplicas"), moving, "updated") or _all(wanted, "available")
    target = text(obj, "status", "updateRevision")
    if text(obj, "status", "currentRevision") != target:
        return _short(whole(obj, "status", "updatedReplicas"), wanted, "updated") or Health(
            HealthState.PROGRESSING, "The update to the new revision is being finished."
        )
    return _all(wanted, "available")


def judge_daemon_set(obj: ObjectBody) -> Health:
    """Judge a DaemonSet: on every node it should be on, updated and available."""
    status = branch(obj, "status")
    if "desiredNumberScheduled" not in status:
        return _NOT_SEEN
    wanted = whole(status, "desiredNumberScheduled")
    if wanted <= 0:
        return Health(HealthState.CURRENT, "No node matches it.")
    by_hand = text(obj, "spec", "updateStrategy", "type") == "OnDelete"
    return (
        _short(whole(status, "currentNumberScheduled"), wanted, "scheduled")
        or (None if by_hand else _short(whole(status, "updatedNumberScheduled"), wanted, "updated"))
        or _short(whole(status, "numberAvailable"), wanted, "available")
        or _all(wanted, "available")
    )


def judge_replica_set(obj: ObjectBody) -> Health:
    """Judge a ReplicaSet or a ReplicationController."""
    wanted = whole(obj, "spec", "replicas", default=1)
    if (unseen := _not_seen(obj, wanted)) is not None:
        return unseen
    present = whole(obj, "status", "replicas")
    refused = condition(obj, "ReplicaFailure")
    if refused and refused.status == "True" and present < wanted:
        return Health(HealthState.PROGRESSING, f"Replicas cannot be created: {refused.message}")
    return (
        _short(present, wanted, "created")
        or _leftover(present, wanted)
        or _short(whole(obj, "status", "availableReplicas"), wanted, "available")
        or _all(wanted, "available")
    )


def _not_seen(obj: ObjectBody, wanted: int) -> Health | None:
    """Rule for a new object; one of no replicas has nothing to start, whoever has seen it."""
    seen = "observedGeneration" in branch(obj, "status") or whole(obj, "status", "replicas") > 0
    return None if seen or wanted <= 0 else _NOT_SEEN


def _short(have: int, wanted: int, word: str) -> Health | None:
    if have >= wanted:
        return None
    return Health(HealthState.PROGRESSING, f"{max(have, 0)} of {wanted} {word}.")


def _leftover(present: int, wanted: int) -> Health | None:
    if present <= wanted:
        return None
    return Health(HealthState.PROGRESSING, "Old replicas are being removed.")


def _all(wanted: int, word: str) -> Health:
    if wanted <= 0:
        return Health(HealthState.CURRENT, "It is scaled to no replicas.")
    return Health(HealthState.CURRENT, f"{wanted} of {wanted} {word}.")
