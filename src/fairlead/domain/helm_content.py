"""What a release rendered to, as Helm keeps it: texts, where we have objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from fairlead.domain.helm_release import HelmContent, HelmRelease
from fairlead.domain.manifests import Manifest
from fairlead.domain.rendering import Hook, RenderedRelease

Dump = Callable[[Iterable[Mapping[str, Any]]], str]

_SEPARATOR: Final = "---\n"
_LOG_POLICY: Final = "helm.sh/hook-output-log-policy"


def helm_content(rendered: RenderedRelease, chart: Mapping[str, Any], dump: Dump) -> HelmContent:
    """Return the content of a revision. `chart` is the chart in Helm's form, `dump` writes objects as a YAML stream.

    The objects of `crds/` are part of the chart, not of the manifest.
    """
    values = rendered.use.values if rendered.use is not None else {}
    hooks = tuple(_hook_json(hook, _text(hook.manifest, dump)) for hook in rendered.hooks)
    stream = "".join(f"---\n# Source: {one.source}\n{_text(one, dump)}" for one in rendered.manifests)
    return HelmContent(chart, values, stream, hooks, rendered.notes)


def content_again(release: HelmRelease) -> HelmContent:
    """Return the content of a revision that is deployed once more: all of it as it was, but no hook has run yet."""
    body = release.body
    hooks = tuple({**hook, "last_run": {"phase": ""}} for hook in body.get("hooks") or ())
    notes = str((body.get("info") or {}).get("notes") or "")
    chart, config = body.get("chart") or {}, body.get("config") or {}
    return HelmContent(chart, config, release.manifest, hooks, notes, returns_to=release.revision)


def _text(manifest: Manifest, dump: Dump) -> str:
    return dump([manifest.data]).removeprefix(_SEPARATOR)


def _hook_json(hook: Hook, manifest: str) -> dict[str, Any]:
    ref = hook.manifest.ref
    annotations = (hook.manifest.data.get("metadata") or {}).get("annotations") or {}
    shown: dict[str, Any] = {
        "name": ref.name,
        "kind": ref.kind,
        "path": hook.manifest.source,
        "manifest": manifest,
        "events": list(hook.events),
        "last_run": {"phase": ""},
        "weight": hook.weight,
        "delete_policies": list(hook.delete_policies),
    }
    if policies := str(annotations.get(_LOG_POLICY) or ""):
        shown["output_log_policies"] = [word.strip().lower() for word in policies.split(",")]
    return shown
