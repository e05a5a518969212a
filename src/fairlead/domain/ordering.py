"""In which order objects of one release are written: Helm's order of kinds, in waves that run in parallel inside.

A wave starts when the one before it is complete. Order of kinds after Helm's `pkg/release/util/kind_sorter.go`; kinds
that do not depend on each other share a wave, kinds nobody knows come last. Deleting goes the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from fairlead.domain.changes import Change
from fairlead.domain.identity import ObjectRef

PREPARATION: Final = -1
"""The wave before all hooks: a namespace that must exist, and a chart's `crds/`."""

_WAVES: Final[tuple[tuple[str, ...], ...]] = (
    ("PriorityClass", "Namespace"),
    ("NetworkPolicy", "ResourceQuota", "LimitRange", "PodDisruptionBudget", "ServiceAccount"),
    (
        "Secret",
        "ConfigMap",
        "StorageClass",
        "PersistentVolume",
        "PersistentVolumeClaim",
        "CustomResourceDefinition",
        "ClusterRole",
        "Role",
    ),
    ("ClusterRoleBinding", "RoleBinding"),
    ("Service",),
    (
        "DaemonSet",
        "Pod",
        "ReplicationController",
        "ReplicaSet",
        "Deployment",
        "HorizontalPodAutoscaler",
        "StatefulSet",
        "Job",
        "CronJob",
    ),
    ("IngressClass", "Ingress", "APIService", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
)
_KIND_ORDER: Final = [kind for wave in _WAVES for kind in wave]
_WAVE_OF: Final = {kind: number for number, wave in enumerate(_WAVES) for kind in wave}
LAST_WAVE: Final = len(_WAVES)


def wave(ref: ObjectRef) -> int:
    """Return the wave in which an object is written, counted from 0."""
    return _WAVE_OF.get(ref.kind, LAST_WAVE) if _is_built_in(ref) else LAST_WAVE


def order_key(ref: ObjectRef) -> tuple[int, int, str, str, str]:
    """Return the sort key of an object: wave, Helm's order of kinds, then the name, so that every plan reads alike."""
    number = wave(ref)
    kind = _KIND_ORDER.index(ref.kind) if number < LAST_WAVE else len(_KIND_ORDER)
    return number, kind, f"{ref.kind}.{ref.group}", ref.namespace, ref.name


def ordered(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return changes in the order of writing."""
    return tuple(sorted(changes, key=lambda change: order_key(change.ref)))


def deletion_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return changes in the order of deleting: the reverse."""
    return tuple(reversed(ordered(changes)))


def defined_kinds(crd: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    """Return the (group, kind) that a CustomResourceDefinition adds, empty for any other object."""
    if crd.get("kind") != "CustomResourceDefinition":
        return frozenset()
    spec = crd.get("spec") or {}
    kind = (spec.get("names") or {}).get("kind")
    return frozenset({(str(spec["group"]), str(kind))}) if spec.get("group") and kind else frozenset()


def _is_built_in(ref: ObjectRef) -> bool:
    """A kind of the same name in a foreign group (Knative's `Service`) is a custom resource."""
    return "." not in ref.group or ref.group.endswith(".k8s.io")
