"""Strategic merge patch, as Kubernetes applies it to its own kinds.

Maps merge, null deletes, lists of objects merge by a key that belongs to the field, other lists are replaced.
The directives `$patch` (replace, delete, merge), `$retainKeys`, `$deleteFromPrimitiveList/NAME` and
`$setElementOrder/NAME` mean what they mean in Kubernetes; custom resources have no merge keys, so their lists are
replaced. Source of the keys: the `patchMergeKey` marks of the Kubernetes API types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# Field name -> merge keys to try in order: the first that the elements carry is the field's own
# (`ports` of a container and of a Service share a name, not a key).
_MERGE_KEYS: Mapping[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "volumes": ("name",),
    "env": ("name",),
    "imagePullSecrets": ("name",),
    "secrets": ("name",),
    "resourceClaims": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey",),
    "ports": ("containerPort", "port"),
    "conditions": ("type",),
    "ownerReferences": ("uid",),
    "webhooks": ("name",),
    "podIPs": ("ip",),
    "hostIPs": ("ip",),
}
_PRIMITIVE_SETS = frozenset({"finalizers"})
_BUILT_IN_GROUP_SUFFIX = ".k8s.io"


def merge_strategic(target: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return a Kubernetes object with a strategic merge patch applied."""
    group = str(target.get("apiVersion", "")).rpartition("/")[0]
    built_in = "." not in group or group.endswith(_BUILT_IN_GROUP_SUFFIX)
    merged: dict[str, Any] = _merge_maps(target, patch, keys=_MERGE_KEYS if built_in else {})
    return merged


def _merge_maps(target: Mapping[str, Any], patch: Mapping[str, Any], *, keys: Mapping[str, tuple[str, ...]]) -> Any:
    directive = patch.get("$patch")
    content = {key: value for key, value in patch.items() if not key.startswith("$")}
    if directive == "replace":
        return content
    if directive == "delete":
        return {}
    merged = dict(target)
    if isinstance(retained := patch.get("$retainKeys"), list):
        merged = {key: value for key, value in merged.items() if key in retained}
    for key, value in patch.items():
        if key.startswith("$deleteFromPrimitiveList/"):
            name = key.partition("/")[2]
            merged[name] = [item for item in merged.get(name) or [] if item not in value]
    for key, value in content.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merge_value(key, merged.get(key), value, keys=keys)
    for key, value in patch.items():
        if key.startswith("$setElementOrder/"):
            name = key.partition("/")[2]
            merged[name] = _reorder(merged.get(name) or [], value, keys.get(name, ()))
    return merged


def _merge_value(key: str, old: Any, new: Any, *, keys: Mapping[str, tuple[str, ...]]) -> Any:
    if isinstance(new, Mapping):
        return _merge_maps(old if isinstance(old, Mapping) else {}, new, keys=keys)
    if not isinstance(new, list):
        return new
    existing = old if isinstance(old, list) else []
    if keys and key in _PRIMITIVE_SETS:
        return [*existing, *(item for item in new if item not in existing)]
    merge_key = _merge_key(keys.get(key, ()), [*existing, *new])
    return _merge_lists(existing, new, merge_key, keys=keys) if merge_key else _plain(new)


def _merge_key(candidates: tuple[str, ...], items: Sequence[Any]) -> str | None:
    content = [item for item in items if not (isinstance(item, Mapping) and item.get("$patch") == "replace")]
    for candidate in candidates:
        if content and all(isinstance(item, Mapping) and candidate in item for item in content):
            return candidate
    return None


def _merge_lists(
    old: Sequence[Mapping[str, Any]],
    new: Sequence[Mapping[str, Any]],
    merge_key: str,
    *,
    keys: Mapping[str, tuple[str, ...]],
) -> list[Any]:
    if any(item.get("$patch") == "replace" for item in new):
        return [item for item in new if "$patch" not in item]
    result: list[Any] = list(old)
    for item in new:
        at = next((i for i, present in enumerate(result) if present.get(merge_key) == item[merge_key]), None)
        if item.get("$patch") == "delete":
            result = [present for present in result if present.get(merge_key) != item[merge_key]]
        elif at is None:
            result.append(_merge_maps({}, item, keys=keys))
        else:
            result[at] = _merge_maps(result[at], item, keys=keys)
    return result


def _reorder(items: Sequence[Any], order: Sequence[Any], candidates: tuple[str, ...]) -> list[Any]:
    key = _merge_key(candidates, items)

    def rank(item: Any) -> int:
        wanted = [entry.get(key) if key and isinstance(entry, Mapping) else entry for entry in order]
        value = item.get(key) if key else item
        return wanted.index(value) if value in wanted else len(wanted)

    return sorted(items, key=rank)


def _plain(items: Sequence[Any]) -> list[Any]:
    return [item for item in items if not (isinstance(item, Mapping) and "$patch" in item)]
