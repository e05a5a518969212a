"""Which API versions Kubernetes has deprecated and removed, and what to write instead.

Source: the deprecated API migration guide of the Kubernetes documentation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retirement:
    """The end of one API version of some kinds. Versions are (major, minor) of Kubernetes."""

    api_version: str
    kinds: frozenset[str]
    removed_in: tuple[int, int]
    use_instead: str


_FLOW = "flowcontrol.apiserver.k8s.io/v1"


def _row(api_version: str, kinds: str, removed_minor: int, use_instead: str) -> Retirement:
    return Retirement(api_version, frozenset(kinds.split()), (1, removed_minor), use_instead)


RETIREMENTS: tuple[Retirement, ...] = (
    _row("extensions/v1beta1", "Deployment DaemonSet ReplicaSet", 16, "apps/v1"),
    _row("extensions/v1beta1", "NetworkPolicy", 16, "networking.k8s.io/v1"),
    _row("extensions/v1beta1", "PodSecurityPolicy", 16, "Pod Security admission"),
    _row("extensions/v1beta1", "Ingress", 22, "networking.k8s.io/v1"),
    _row("apps/v1beta1", "Deployment StatefulSet ReplicaSet", 16, "apps/v1"),
    _row("apps/v1beta2", "Deployment StatefulSet ReplicaSet DaemonSet", 16, "apps/v1"),
    _row(
        "admissionregistration.k8s.io/v1beta1",
        "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
        22,
        "admissionregistration.k8s.io/v1",
    ),
    _row("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", 22, "apiextensions.k8s.io/v1"),
    _row("apiregistration.k8s.io/v1beta1", "APIService", 22, "apiregistration.k8s.io/v1"),
    _row("certificates.k8s.io/v1beta1", "CertificateSigningRequest", 22, "certificates.k8s.io/v1"),
    _row("coordination.k8s.io/v1beta1", "Lease", 22, "coordination.k8s.io/v1"),
    _row("networking.k8s.io/v1beta1", "Ingress IngressClass", 22, "networking.k8s.io/v1"),
    _row(
        "rbac.authorization.k8s.io/v1beta1",
        "ClusterRole ClusterRoleBinding Role RoleBinding",
        22,
        "rbac.authorization.k8s.io/v1",
    ),
    _row("scheduling.k8s.io/v1beta1", "PriorityClass", 22, "scheduling.k8s.io/v1"),
    _row("storage.k8s.io/v1beta1", "CSIDriver CSINode StorageClass VolumeAttachment", 22, "storage.k8s.io/v1"),
    _row("storage.k8s.io/v1beta1", "CSIStorageCapacity", 27, "storage.k8s.io/v1"),
    _row("batch/v1beta1", "CronJob", 25, "batch/v1"),
    _row("discovery.k8s.io/v1beta1", "EndpointSlice", 25, "discovery.k8s.io/v1"),
    _row("events.k8s.io/v1beta1", "Event", 25, "events.k8s.io/v1"),
    _row("autoscaling/v2beta1", "HorizontalPodAutoscaler", 25, "autoscaling/v2"),
    _row("autoscaling/v2beta2", "HorizontalPodAutoscaler", 26, "autoscaling/v2"),
    _row("policy/v1beta1", "PodDisruptionBudget", 25, "policy/v1"),
    _row("policy/v1beta1", "PodSecurityPolicy", 25, "Pod Security admission"),
    _row("node.k8s.io/v1beta1", "RuntimeClass", 25, "node.k8s.io/v1"),
    _row("flowcontrol.apiserver.k8s.io/v1beta1", "FlowSchema PriorityLevelConfiguration", 26, _FLOW),
    _row("flowcontrol.apiserver.k8s.io/v1beta2", "FlowSchema PriorityLevelConfiguration", 29, _FLOW),
    _row("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema PriorityLevelConfiguration", 32, _FLOW),
)
_BY_KIND = {(row.api_version, kind): row for row in RETIREMENTS for kind in row.kinds}


def retirement(api_version: str, kind: str) -> Retirement | None:
    """Return when this API version of the kind ends or ended, or None when it lives."""
    return _BY_KIND.get((api_version, kind))


def kube_minor(version: str) -> tuple[int, int] | None:
    """Return (major, minor) of a Kubernetes version such as `v1.36.3`, `1.36` or `v1.29.4-gke.100`."""
    found = re.match(r"v?(\d{1,4})\.(\d{1,4})", version)
    return (int(found[1]), int(found[2])) if found else None
