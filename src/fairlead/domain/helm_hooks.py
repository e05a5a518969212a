"""The hooks in a record of Helm's: what they are, and what became of them when they ran."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from fairlead.domain.helm_release import HelmRelease, timestamp
from fairlead.domain.hooks import Fingerprints, HookRun
from fairlead.domain.manifests import Manifest
from fairlead.domain.rendering import Hook


def hook_of(stored: Mapping[str, Any], manifest: Manifest) -> Hook:
    """Return the hook that a record lists, given its manifest; what the record says of it counts, as with Helm."""
    events, policies = (tuple(map(str, stored.get(name) or ())) for name in ("events", "delete_policies"))
    return Hook(events, int(stored.get("weight") or 0), policies, manifest)


def fingerprints_in(annotation: str) -> Fingerprints | None:
    """Return what the annotation of a record says of its hooks; None when it says nothing."""
    try:
        found = json.loads(annotation)
    except ValueError:
        return None
    return {str(name): str(digest) for name, digest in found.items()} if isinstance(found, dict) else None


def with_runs(release: HelmRelease, runs: Iterable[HookRun]) -> HelmRelease:
    """Return a revision whose hooks say when and how they ran last; the others say what they said."""
    last = {_name(run.hook): _execution(run) for run in runs}
    if not last:
        return release
    hooks = [
        {**hook, "last_run": last.get((hook.get("kind"), hook.get("name"), hook.get("path")), hook.get("last_run"))}
        for hook in release.body.get("hooks") or ()
    ]
    return replace(release, body={**release.body, "hooks": hooks})


def _name(hook: Hook) -> tuple[str, str, str]:
    return hook.manifest.ref.kind, hook.manifest.ref.name, hook.manifest.source


def _execution(run: HookRun) -> Mapping[str, Any]:
    return {
        "started_at": timestamp(run.started_at),
        "completed_at": timestamp(run.completed_at),
        "phase": run.phase.value,
    }
