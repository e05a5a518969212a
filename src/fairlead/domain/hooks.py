"""Which of a release's hooks run when, in which order, and what becomes of their objects (Helm's meaning)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from fairlead.domain.errors import InputError, Problem
from fairlead.domain.identity import ObjectRef, ReleaseKey, sha256_json
from fairlead.domain.manifests import Manifest
from fairlead.domain.rendering import Hook

BEFORE_CREATION: Final = "before-hook-creation"
SUCCEEDED: Final = "hook-succeeded"
FAILED: Final = "hook-failed"
TEST: Final = "test"

Fingerprints = Mapping[str, str]
"""What the hooks of a release are: a short digest of each, by API version, kind and name."""

_SHORT: Final = 16  # hexadecimal digits: enough to tell a hook from its predecessor
_DEFINITION: Final = ("apiextensions.k8s.io", "CustomResourceDefinition")


class Occasion(StrEnum):
    """What a deployment is to a release; each has hooks before and after it."""

    INSTALL = "install"
    UPGRADE = "upgrade"
    ROLLBACK = "rollback"
    DELETE = "delete"


class Phase(StrEnum):
    """How the run of a hook ended, in Helm's words. `UNKNOWN`: nobody saw the end."""

    UNKNOWN = "Unknown"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class HookRun:
    """When a hook ran last, and how that ended; Helm keeps the same in its record."""

    hook: Hook
    phase: Phase
    started_at: datetime
    completed_at: datetime


def name_of(hook: Hook) -> str:
    """Return API version, kind and name of a hook, by which what is remembered of it is found."""
    ref, metadata = hook.manifest.ref, hook.manifest.data.get("metadata") or {}
    return f"{ref.api_version} {ref.kind} {ref.name or metadata.get('generateName', '')}"


def ref_of(name: str, namespace: str) -> ObjectRef:
    """Return the identity of a hook of which only the name is remembered."""
    api_version, _, rest = name.partition(" ")
    kind, _, own = rest.partition(" ")
    return ObjectRef(api_version, kind, namespace, own)


def fingerprints(hooks: Iterable[Hook], namespace: str) -> Fingerprints:
    """Return by name what hooks are; whether they say that they stand in the release's `namespace` makes no matter."""
    found: dict[str, list[object]] = {}
    for hook in hooks:
        metadata = dict(hook.manifest.data.get("metadata") or {})
        if metadata.get("namespace") in (None, "", namespace):
            metadata.pop("namespace", None)
        found.setdefault(name_of(hook), []).append({**hook.manifest.data, "metadata": metadata})
    return {name: sha256_json(same).removeprefix("sha256:")[:_SHORT] for name, same in found.items()}


def hooks_for(hooks: Iterable[Hook], event: str) -> tuple[Hook, ...]:
    """Return the hooks of an event such as `pre-install`, by weight, then by name."""
    chosen = (hook for hook in hooks if event in hook.events)
    return tuple(sorted(chosen, key=lambda hook: (hook.weight, hook.manifest.ref.name)))


def hooks_around(hooks: Iterable[Hook], occasion: Occasion) -> tuple[tuple[Hook, ...], tuple[Hook, ...]]:
    """Return the hooks that run before and after a deployment."""
    every = tuple(hooks)
    return hooks_for(every, f"pre-{occasion}"), hooks_for(every, f"post-{occasion}")


def deletes(hook: Hook, policy: str) -> bool:
    """Return whether the object of a hook is deleted at a point.

    Without any policy an old one makes room for a new one. Definitions never go: every object of their kind would.
    """
    if hook.manifest.ref.group_kind == _DEFINITION:
        return False
    return policy in (hook.delete_policies or (BEFORE_CREATION,))


def is_generated(hook: Hook) -> bool:
    """Return whether the server gives the object of a hook its name (`generateName`)."""
    return not hook.manifest.ref.name and bool((hook.manifest.data.get("metadata") or {}).get("generateName"))


def require_names(hooks: Iterable[Hook], key: ReleaseKey, *, is_chart: bool) -> None:
    """Refuse hooks without a name; those of manifests may leave it to the server, as Helm does not allow it in charts.

    Raises:
        InputError: `generateName` or `objectIncomplete`, each with its place.
    """
    problems = [
        _nameless(hook.manifest, key, generated=is_generated(hook))
        for hook in hooks
        if not hook.manifest.ref.name and (is_chart or not is_generated(hook))
    ]
    if problems:
        raise InputError(problems)


def to_stored(hook: Hook) -> dict[str, Any]:
    """Return a hook as a record of ours keeps it."""
    return {
        "events": list(hook.events),
        "weight": hook.weight,
        "deletePolicies": list(hook.delete_policies),
        "manifest": hook.manifest.data,
    }


def from_stored(stored: Mapping[str, Any], source: str) -> Hook:
    """Return the hook that a record of ours keeps; `source` names the record."""
    events, policies = (tuple(map(str, stored[name])) for name in ("events", "deletePolicies"))
    return Hook(events, int(stored["weight"]), policies, Manifest(stored["manifest"], source))


def _nameless(manifest: Manifest, key: ReleaseKey, *, generated: bool) -> Problem:
    found = "generateName" if generated else "no name"
    return Problem(
        "generateName" if generated else "objectIncomplete",
        f"release {key.release} has a hook with {found}: found a {manifest.ref.kind} without metadata.name",
        file=manifest.source,
        line=manifest.line,
        path="metadata.generateName" if generated else "metadata",
        remedy="give it a name; only hooks of manifest releases may use generateName",
    )
