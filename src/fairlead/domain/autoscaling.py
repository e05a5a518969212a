"""Which objects an autoscaler scales, so that their replicas are left to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

# An identity that ignores the API version: autoscalers often name an older one.
Scaled = tuple[str, str, str, str]

AUTOSCALERS: Final = (("autoscaling", "HorizontalPodAutoscaler"), ("keda.sh", "ScaledObject"))
REPLICAS: Final = ("spec", "replicas")


def scaled_by(autoscalers: Iterable[Mapping[str, Any]]) -> frozenset[Scaled]:
    """Return what the given autoscaler objects target, as (group, kind, namespace, name); others are ignored."""
    return frozenset(target for obj in autoscalers if (target := _target(obj)) is not None)


def identity(obj: Mapping[str, Any]) -> Scaled:
    """Return the same identity of any object."""
    metadata = obj.get("metadata") or {}
    group = str(obj.get("apiVersion", "")).rpartition("/")[0]
    return group, str(obj.get("kind")), str(metadata.get("namespace") or ""), str(metadata.get("name"))


def has_replicas(obj: Mapping[str, Any]) -> bool:
    """Return whether an object declares a number of replicas at all."""
    spec = obj.get("spec")
    return isinstance(spec, Mapping) and spec.get("replicas") is not None


def _target(obj: Mapping[str, Any]) -> Scaled | None:
    group, kind, namespace, _ = identity(obj)
    spec = obj.get("spec")
    target = spec.get("scaleTargetRef") if isinstance(spec, Mapping) else None
    if (group, kind) not in AUTOSCALERS or not isinstance(target, Mapping):
        return None
    version = str(target.get("apiVersion") or "apps/v1")  # KEDA may leave it out and means apps/v1
    return version.rpartition("/")[0], str(target.get("kind") or "Deployment"), namespace, str(target.get("name"))
