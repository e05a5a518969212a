"""Whose an object is: the marks we leave, and those of others (docs/topics/ownership.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairlead.domain import managed_fields
from fairlead.domain.identity import ReleaseKey

RELEASE_ANNOTATION: Final = "fairlead.dev/release"
MANAGED_BY: Final = "app.kubernetes.io/managed-by"
HELM_NAME: Final = "meta.helm.sh/release-name"
HELM_NAMESPACE: Final = "meta.helm.sh/release-namespace"

FAIRLEAD_MANAGER: Final = "fairlead"
HELM_MANAGER: Final = "helm"
STATE_MANAGER: Final = "fairlead-state"
"""The field manager of what we remember for ourselves."""

# Deployers that mark each object: who, the label or annotation that names the owner, and its namespace if kept apart.
_FOREIGN: Final[tuple[tuple[str, str, str], ...]] = (
    ("Argo CD application", "argocd.argoproj.io/tracking-id", ""),
    ("Argo CD application", "argocd.argoproj.io/instance", ""),
    ("Flux Kustomization", "kustomize.toolkit.fluxcd.io/name", "kustomize.toolkit.fluxcd.io/namespace"),
    ("Flux HelmRelease", "helm.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/namespace"),
    ("kapp app", "kapp.k14s.io/app", ""),
)
_FOREIGN_MANAGERS: Final = {
    "argocd-controller": "Argo CD",
    "argocd-application-controller": "Argo CD",
    "kustomize-controller": "a Flux Kustomization",
}

OWNING_MANAGERS: Final = frozenset({HELM_MANAGER, FAIRLEAD_MANAGER, *_FOREIGN_MANAGERS, "helm-controller"})
"""Field managers that deploy whole objects, as opposed to those that set a field or two."""

FOREIGN_MARKS: Final = frozenset(
    {RELEASE_ANNOTATION, HELM_NAME, HELM_NAMESPACE, *(key for _, *keys in _FOREIGN for key in keys if key)}
)
"""Labels and annotations by which deployers find what is theirs."""


@dataclass(frozen=True, slots=True)
class Ours:
    """The object carries the marks of this very release."""


@dataclass(frozen=True, slots=True)
class Nobodys:
    """The object carries no deployer's marks."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """The object belongs to someone else; `owner` is how a message names them."""

    owner: str


Ownership = Ours | Nobodys | Foreign


def field_manager(*, is_chart: bool) -> str:
    """Return the field manager to apply with: Helm's own for charts, so that Helm can go on with the release."""
    return HELM_MANAGER if is_chart else FAIRLEAD_MANAGER


def marked(obj: Mapping[str, Any], key: ReleaseKey, *, is_chart: bool) -> dict[str, Any]:
    """Return an object with the marks of its release: exactly Helm's for charts, one annotation for all others."""
    metadata = dict(obj.get("metadata") or {})
    annotations = dict(metadata.get("annotations") or {})
    if is_chart:
        metadata["labels"] = {**(metadata.get("labels") or {}), MANAGED_BY: "Helm"}
        annotations |= {HELM_NAME: key.release, HELM_NAMESPACE: key.namespace}
    else:
        annotations[RELEASE_ANNOTATION] = f"{key.namespace}/{key.release}"
    metadata["annotations"] = annotations
    return {**obj, "metadata": metadata}


def unmarked(obj: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without the annotation that says whose it is."""
    metadata = dict(obj.get("metadata") or {})
    annotations = {key: text for key, text in (metadata.get("annotations") or {}).items() if key != RELEASE_ANNOTATION}
    without = {key: value for key, value in metadata.items() if key != "annotations"}
    return {**obj, "metadata": {**without, "annotations": annotations} if annotations else without}


def ownership(live: Mapping[str, Any], key: ReleaseKey, *, is_chart: bool) -> Ownership:
    """Return whose a live object is, seen from a release."""
    metadata = live.get("metadata") or {}
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    foreign = _foreign_deployer(live, {**labels, **annotations})
    if foreign is not None:
        return Foreign(foreign)
    release = annotations.get(RELEASE_ANNOTATION)
    if release is not None:
        return Ours() if release == f"{key.namespace}/{key.release}" else Foreign(f"Fairlead release {release}")
    if HELM_NAME in annotations:
        helm = (annotations.get(HELM_NAMESPACE, ""), annotations[HELM_NAME])
        is_ours = is_chart and helm == (key.namespace, key.release)
        return Ours() if is_ours else Foreign(f"Helm release {helm[0]}/{helm[1]}")
    return Nobodys()


def _foreign_deployer(live: Mapping[str, Any], marks: Mapping[str, Any]) -> str | None:
    for who, name, namespace in _FOREIGN:
        if name in marks:
            where = f"{marks[namespace]}/" if namespace in marks else ""
            return f"{who} {where}{marks[name]}"
    names = managed_fields.managers(live)
    return next((who for manager, who in _FOREIGN_MANAGERS.items() if manager in names), None)
