"""Workloads, pods and events as controllers, kubelet and scheduler write them."""

from __future__ import annotations

from typing import Any

from fairlead.domain.identity import ObjectRef

IMAGE = "registry.test/app:1.0"
REVISION = "deployment.kubernetes.io/revision"

Body = dict[str, Any]


def deployment(name: str = "api", *, replicas: int = 1, revision: str = "1") -> Body:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop", "uid": f"d-{name}", "annotations": {REVISION: revision}},
        "spec": {"replicas": replicas},
    }


def available(count: int = 1) -> Body:
    """The status of a Deployment or ReplicaSet with all its replicas."""
    return {
        "replicas": count,
        "updatedReplicas": count,
        "readyReplicas": count,
        "availableReplicas": count,
    }


def replica_set(owner: Body, suffix: str = "6d5f", *, revision: str = "1", replicas: int = 1) -> Body:
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{owner['metadata']['name']}-{suffix}",
            "namespace": "shop",
            "uid": f"rs-{owner['metadata']['name']}-{suffix}",
            "annotations": {REVISION: revision},
            "ownerReferences": [owned_by(owner)],
        },
        "spec": {"replicas": replicas},
    }


def owned_by(owner: Body) -> Body:
    return {"kind": owner["kind"], "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"]}


def pod(owner: Body | None, suffix: str, *statuses: Body, phase: str = "Running", **status: Any) -> Body:
    name = f"{owner['metadata']['name']}-{suffix}" if owner else suffix
    ready = all(each.get("ready") for each in statuses) and phase == "Running"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"p-{name}",
            "ownerReferences": [owned_by(owner)] if owner else [],
        },
        "spec": {"containers": [{"name": "app", "image": IMAGE}]},
        "status": {
            "phase": phase,
            "podIP": "10.244.0.7",
            "conditions": [
                {"type": "PodScheduled", "status": "True"},
                {"type": "Ready", "status": "True" if ready else "False"},
            ],
            "containerStatuses": list(statuses),
            **status,
        },
    }


def waiting(reason: str, message: str = "", *, restarts: int = 0, name: str = "app", ended: Body | None = None) -> Body:
    last = {"lastState": {"terminated": ended}} if ended else {}
    state = {"waiting": {"reason": reason, "message": message}}
    return {"name": name, "ready": False, "restartCount": restarts, "state": state, **last}


def running(*, ready: bool = False, restarts: int = 0, name: str = "app", ended: Body | None = None) -> Body:
    last = {"lastState": {"terminated": ended}} if ended else {}
    state = {"running": {"startedAt": "2026-11-21T12:00:00Z"}}
    return {"name": name, "ready": ready, "restartCount": restarts, "state": state, **last}


def ended(code: int, reason: str = "Error", *, name: str = "app", restarts: int = 0, message: str = "") -> Body:
    state = {"terminated": {"exitCode": code, "reason": reason, "message": message}}
    return {"name": name, "ready": False, "restartCount": restarts, "state": state}


def exit_of(code: int, reason: str = "Error", message: str = "") -> Body:
    return {"exitCode": code, "reason": reason, "message": message}


def crashing(code: int = 1, *, restarts: int = 3, reason: str = "Error") -> Body:
    back_off = "back-off 40s restarting failed container=app pod=api-6d5f-a_shop(p-1)"
    return waiting("CrashLoopBackOff", back_off, restarts=restarts, ended=exit_of(code, reason))


def unscheduled(owner: Body, suffix: str, *, reason: str = "Unschedulable") -> Body:
    said = "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available."
    why = [{"type": "PodScheduled", "status": "False", "reason": reason, "message": said}]
    return pod(owner, suffix, phase="Pending", conditions=why)


def event(about: Body, reason: str, message: str, *, container: str = "", at: str = "2026-11-21T12:00:00Z") -> Body:
    uid = about["metadata"]["uid"]
    place = {"fieldPath": f"spec.containers{{{container}}}"} if container else {}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{uid}.{reason}.{at}".lower().replace(":", ""), "namespace": "shop", "uid": f"e-{at}"},
        "involvedObject": {"kind": about["kind"], "uid": uid, **place},
        "reason": reason,
        "message": message,
        "lastTimestamp": at,
    }


def ref_of(obj: Body) -> ObjectRef:
    meta = obj["metadata"]
    return ObjectRef(obj["apiVersion"], obj["kind"], meta.get("namespace", ""), meta["name"])
