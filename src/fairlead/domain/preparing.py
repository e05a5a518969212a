"""What must be there before anything else of a release: its namespace if asked for, and a chart's `crds/`.

Neither is ever owned: no marks, never deleted; and never updated, unless the release says `replace`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fairlead.domain.changes import Action, Change, Unverified
from fairlead.domain.comparing import Candidate, Judge, compare
from fairlead.domain.identity import ObjectRef, object_ref, sha256_json
from fairlead.domain.manifests import Manifest
from fairlead.domain.marks import FAIRLEAD_MANAGER, HELM_MANAGER


def namespace_ref(name: str) -> ObjectRef:
    """Return the identity of a namespace."""
    return ObjectRef("v1", "Namespace", "", name)


def namespace_manifest(name: str) -> dict[str, Any]:
    """Return a namespace as `createNamespace` asks for it."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def namespace_change(name: str) -> Change:
    """Return the creation of a namespace that `createNamespace` asks for."""
    return _creation(namespace_manifest(name), "createNamespace", FAIRLEAD_MANAGER)


def definition_change(manifest: Manifest, *, exists: bool) -> Change:
    """Return what becomes of an object of a chart's `crds/`: created when missing, else kept as it is."""
    if exists:
        return Change(Action.KEEP, manifest.ref, reason="crds", is_preparation=True)
    return _creation(manifest.data, "crds", HELM_MANAGER)


def definition_update(manifest: Manifest, live: Mapping[str, Any], judge: Judge) -> Change | Candidate:
    """Return what brings an object of a chart's `crds/` up to date (`crds: replace`); raises what `compare` raises."""
    found = compare(manifest.data, live, replace(judge, is_owner=False))
    if isinstance(found, Candidate):
        return replace(found, change=_prepares(found.change))
    return _prepares(found)


def _prepares(change: Change) -> Change:
    return replace(change, reason=change.reason or "crds", is_preparation=True)


def _creation(obj: Mapping[str, Any], reason: str, manager: str) -> Change:
    return Change(
        Action.CREATE,
        object_ref(obj),
        reason=reason,
        declared=obj,
        desired=obj,
        digest=sha256_json(obj),
        manager=manager,
        verified=False,
        unverified_reason=Unverified.CREATE,
        is_preparation=True,
    )
