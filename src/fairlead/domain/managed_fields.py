"""Which fields of a live object belong to whom, from its `metadata.managedFields`.

The server keeps one entry per manager, and in each a tree (`fieldsV1`): `f:NAME` is a field, `k:{...}` the element of
an associative list with these keys, `v:VALUE` a member of a set, `.` the element or map itself. An empty tree means the
whole value. That is enough to cut out of the live object exactly what one manager applied, without any schema.
Format: sigs.k8s.io/structured-merge-diff, `fieldpath/serialize-pe.go`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Fields = Mapping[str, Any]


def applied_fields(live: Mapping[str, Any], manager: str) -> Fields | None:
    """Return the field tree that `manager` applied to the object itself, or None when it applied nothing."""
    for entry in _entries(live):
        is_ours = entry.get("manager") == manager and entry.get("operation") == "Apply"
        if is_ours and not entry.get("subresource") and entry.get("apiVersion") == live.get("apiVersion"):
            return _tree(entry)
    return None


def owned_part(live: Mapping[str, Any], fields: Fields) -> dict[str, Any]:
    """Return the part of a live object that a field tree names, with the live values."""
    part = _extract(live, fields)
    return part if isinstance(part, dict) else {}


def owns(fields: Fields | None, live: Any, steps: Sequence[str]) -> bool:
    """Return whether a field tree covers the value at a path (steps of a JSON Pointer into `live`)."""
    if fields is None:
        return False
    node: Fields = fields
    value: Any = live
    for step in steps:
        if not node:
            return True  # the whole value above the path is owned
        child = _child(node, value, step)
        if child is None:
            return False
        node, value = child
    return True


def is_written_by(live: Mapping[str, Any], steps: Sequence[str], manager: str) -> bool:
    """Return whether a manager wrote the value at a path last, or with others, in whatever way."""
    return any(owns(_tree(entry), live, steps) for entry in _entries(live) if entry.get("manager") == manager)


def other_owners(live: Mapping[str, Any], steps: Sequence[str], manager: str) -> tuple[str, ...]:
    """Return the other managers that own exactly the value at a path, sorted; `NAME (SUBRESOURCE)` where it was one."""
    found: set[str] = set()
    for entry in _entries(live):
        name = str(entry.get("manager") or "unknown")
        subresource = entry.get("subresource")
        if name == manager and entry.get("operation") == "Apply" and not subresource:
            continue
        if owns(_tree(entry), live, steps):
            found.add(f"{name} ({subresource})" if subresource else name)
    return tuple(sorted(found))


def subresource_leaves(live: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield the paths of the fields that some manager owns through a subresource, those of `status` left out."""
    for entry in _entries(live):
        if entry.get("subresource") and entry.get("subresource") != "status":
            yield from leaves(live, _tree(entry))


def others_leaves(live: Mapping[str, Any], manager: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the fields that other managers own by themselves, not through a subresource: who, and the path."""
    for entry in _entries(live):
        if not entry.get("subresource") and entry.get("manager") != manager:
            yield from ((str(entry.get("manager") or ""), steps) for steps in leaves(live, _tree(entry)) if steps)


def leaves(live: Any, fields: Fields, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the paths of the values that a field tree names and `live` holds, as steps of JSON Pointers."""
    below = _steps(live, fields)
    if not below:
        yield above
    for step, child, value in below:
        yield from leaves(value, child, (*above, step))


def managers(live: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of all managers of an object."""
    return frozenset(str(entry.get("manager") or "") for entry in _entries(live))


def _entries(live: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    metadata = live.get("metadata")
    entries = metadata.get("managedFields") if isinstance(metadata, Mapping) else None
    return (entry for entry in entries or () if isinstance(entry, Mapping))


def _tree(entry: Mapping[str, Any]) -> Fields:
    fields = entry.get("fieldsV1")
    return fields if isinstance(fields, Mapping) else {}


def _extract(value: Any, fields: Fields) -> Any:
    if not fields:
        return value
    if isinstance(value, Mapping):
        return _extract_map(value, fields)
    if isinstance(value, list):
        return _extract_list(value, fields)
    return value  # a scalar now stands where the manager once had a structure


def _extract_map(value: Mapping[str, Any], fields: Fields) -> dict[str, Any]:
    part: dict[str, Any] = {}
    for key, below in fields.items():
        if key.startswith("f:") and key[2:] in value:
            part[key[2:]] = _extract(value[key[2:]], below)
    return part


def _extract_list(items: Sequence[Any], fields: Fields) -> list[Any]:
    """Keep the live order: a different order of ours is a difference, and the server decides what it means."""
    elements = [(json.loads(key[2:]), below) for key, below in fields.items() if key.startswith("k:")]
    members = [json.loads(key[2:]) for key in fields if key.startswith("v:")]
    part: list[Any] = []
    for item in items:
        if isinstance(item, Mapping):
            for keys, below in elements:
                if _has(item, keys):
                    part.append(_extract(item, below))
                    break
        elif item in members:
            part.append(item)
    return part


def _has(item: Mapping[str, Any], keys: Mapping[str, Any]) -> bool:
    return all(name in item and item[name] == value for name, value in keys.items())


def _steps(value: Any, fields: Fields) -> list[tuple[str, Fields, Any]]:
    if isinstance(value, Mapping):
        return [
            (key[2:], below, value[key[2:]]) for key, below in fields.items() if key[:2] == "f:" and key[2:] in value
        ]
    if isinstance(value, list) and fields:
        children = ((str(index), _child(fields, value, str(index)), item) for index, item in enumerate(value))
        return [(step, child[0], item) for step, child, item in children if child is not None]
    return []


def _child(fields: Fields, value: Any, step: str) -> tuple[Fields, Any] | None:
    """Descend one step, in the tree and in the live value at once."""
    if isinstance(value, Mapping):
        below = fields.get("f:" + step)
        return None if below is None else (below, value.get(step))
    if not isinstance(value, list) or not step.isdigit() or int(step) >= len(value):
        return None
    item = value[int(step)]
    for key, below in fields.items():
        if key.startswith("k:") and isinstance(item, Mapping) and _has(item, json.loads(key[2:])):
            return below, item
        if key.startswith("v:") and item == json.loads(key[2:]):
            return below, item
    return None
