"""Field ownership as the API server keeps it: `managedFields` in the form fieldsV1, and server-side apply on it.

A path is a tuple of fieldsV1 keys: `f:` a field, `k:` an item of a list by its keys, `v:` a value of a set, `.` the
item itself. Which lists have keys is known here for the built-in fields that deployments use; all others are atomic.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any

Path = tuple[str, ...]
Fields = frozenset[Path]

_KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    **dict.fromkeys(("containers", "initContainers", "ephemeralContainers", "env", "volumes"), (("name",),)),
    "imagePullSecrets": (("name",),),
    "volumeMounts": (("mountPath",),),
    "conditions": (("type",),),
    "ownerReferences": (("uid",),),
    "hostAliases": (("ip",),),
    "ports": (("containerPort", "protocol"), ("port", "protocol")),
}
_SETS = frozenset({"finalizers"})
_ATOMIC_MAPS = frozenset({"selector", "nodeSelector", "resourceFieldRef", "fieldRef"})
_DEFAULT_KEYS = {"protocol": "TCP"}
_IDENTITY = frozenset({"apiVersion", "kind", "status"})
_SERVER_METADATA = frozenset(
    {"name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"}
)


def leaves(obj: dict[str, Any]) -> dict[Path, Any]:
    """Return every owned path of an object with its value; identity, status and the server's metadata are left out."""
    body = {key: value for key, value in obj.items() if key not in _IDENTITY}
    meta = {key: value for key, value in (obj.get("metadata") or {}).items() if key not in _SERVER_METADATA}
    body["metadata"] = meta
    if not meta:
        del body["metadata"]
    return dict(_walk(body, (), ""))


def merge(live: Any, wanted: Any, name: str = "") -> Any:
    """Return `live` with everything that `wanted` says."""
    if isinstance(live, dict) and isinstance(wanted, dict) and name not in _ATOMIC_MAPS:
        return {**live, **{key: merge(live.get(key), value, key) for key, value in wanted.items()}}
    if isinstance(live, list) and isinstance(wanted, list) and (pairs := _items(name, live + wanted)):
        found: dict[str, Any] = {}
        for element, item in pairs:
            found[element] = merge(found[element], item) if element in found else deepcopy(item)
        return list(found.values())
    return deepcopy(wanted)


def without(obj: dict[str, Any], gone: Iterable[Path], kept: Fields) -> dict[str, Any]:
    """Return the object without the paths `gone`, except list items in which somebody owns something (`kept`)."""
    for path in sorted(gone, key=lambda path: (path[-1] != ".", path)):
        if path[-1] == "." and any(other[: len(path) - 1] == path[:-1] for other in kept):
            continue
        obj = _removed(obj, path[:-1] if path[-1] == "." else path, "")
    return obj


def to_v1(fields: Fields) -> dict[str, Any]:
    """Return the nested form that `managedFields` carries."""
    tree: dict[str, Any] = {}
    for path in sorted(fields):
        node = tree
        for element in path:
            node = node.setdefault(element, {})
    return tree


def from_v1(tree: dict[str, Any], path: Path = ()) -> Fields:
    """Return the paths of the nested form."""
    if not tree:
        return frozenset({path}) if path else frozenset()
    return frozenset().union(*(from_v1(child, (*path, element)) for element, child in tree.items()))


def _walk(value: Any, path: Path, name: str) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict) and value and name not in _ATOMIC_MAPS:
        for key, child in value.items():
            yield from _walk(child, (*path, f"f:{key}"), key)
    elif isinstance(value, list) and (pairs := _items(name, value)):
        for element, item in pairs:
            if isinstance(item, dict):
                yield (*path, element, "."), None
                yield from _walk(item, (*path, element), "")
            else:
                yield (*path, element), item
    else:
        yield path, value


def _items(name: str, items: list[Any]) -> list[tuple[str, Any]] | None:
    """Return the items with their fieldsV1 keys, or None for an atomic list."""
    if name in _SETS:
        return [(f"v:{json.dumps(item)}", item) for item in items]
    for keys in _KEYS.get(name, ()):
        if all(isinstance(item, dict) and keys[0] in item for item in items):
            return [(_element(keys, item), item) for item in items]
    return None


def _element(keys: tuple[str, ...], item: dict[str, Any]) -> str:
    named = {key: item.get(key, _DEFAULT_KEYS.get(key)) for key in keys}
    return "k:" + json.dumps(named, sort_keys=True, separators=(",", ":"))


def _removed(value: Any, path: Path, name: str) -> Any:
    head, rest = path[0], path[1:]
    if head.startswith("f:"):
        key = head[2:]
        if not isinstance(value, dict) or key not in value:
            return value
        child = _removed(value[key], rest, key) if rest else None
        others = {other: item for other, item in value.items() if other != key}
        # An emptied map or list goes too, as the server's own types drop it.
        return {**value, key: child} if child not in (None, {}, []) or key in {"metadata", "spec"} else others
    pairs = _items(name, value) or []
    kept = [(element, _removed(item, rest, "") if element == head and rest else item) for element, item in pairs]
    return [item for element, item in kept if element != head or rest]
