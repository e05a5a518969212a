"""Which workloads prove by themselves that they work once they are current.

A container without a readiness probe counts as ready the moment its process starts, also when it crashes right after.
Its workload is therefore current for an instant, and would be taken for healthy in just that instant.
"""

from __future__ import annotations

from fairlead.domain.judging import group_and_kind
from fairlead.domain.reading import ObjectBody, branch, entries, text, whole

_WORKLOADS = frozenset(
    {
        ("apps", "DaemonSet"),
        ("apps", "Deployment"),
        ("apps", "ReplicaSet"),
        ("apps", "StatefulSet"),
        ("", "ReplicationController"),
    }
)


def must_stay_current(obj: ObjectBody) -> bool:
    """Return whether an object has to stay current for a moment before it counts as healthy."""
    kind = group_and_kind(obj)
    if kind == ("", "Pod"):
        return text(obj, "status", "phase") == "Running" and _unprobed(branch(obj, "spec"))
    if kind not in _WORKLOADS or whole(obj, "spec", "replicas", default=1) == 0:
        return False
    return whole(obj, "spec", "minReadySeconds") == 0 and _unprobed(branch(obj, "spec", "template", "spec"))


def _unprobed(pod: ObjectBody) -> bool:
    return any(not branch(container, "readinessProbe") for container in entries(pod, "containers"))
