"""Checks an object against the OpenAPI v3 document of its group and version, as the API server publishes it.

Only what a person can get wrong is checked: unknown fields, wrong types, missing required fields, values outside an
enumeration. The server's own admission still has the last word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (Mapping,),
    "array": (list,),
}
_MAX_DEPTH = 64


@dataclass(frozen=True, slots=True)
class SchemaViolation:
    """One thing that the schema does not allow. `path` is dotted, such as `spec.template.spec.containers[0].image`."""

    path: str
    message: str
    remedy: str


def check_object(document: Mapping[str, Any], obj: Mapping[str, Any]) -> tuple[SchemaViolation, ...]:
    """Return everything in `obj` that the schema for its kind forbids; nothing when the document has no such schema."""
    schemas = document.get("components", {}).get("schemas", {})
    group, _, version = str(obj.get("apiVersion", "")).rpartition("/")
    wanted = {"group": group, "version": version, "kind": obj.get("kind")}
    for schema in schemas.values():
        if wanted in schema.get("x-kubernetes-group-version-kind", []):
            return tuple(_check(obj, schema, schemas=schemas, path="", depth=0))
    return ()


def _check(
    value: Any, schema: Mapping[str, Any], *, schemas: Mapping[str, Any], path: str, depth: int
) -> Iterator[SchemaViolation]:
    schema = _resolve(schema, schemas)
    if depth > _MAX_DEPTH or value is None:  # null is how a field is left out
        return
    if schema.get("x-kubernetes-int-or-string") or schema.get("format") == "int-or-string" or "oneOf" in schema:
        return
    expected = str(schema.get("type", ""))
    if expected in _TYPES and not _is(value, expected):
        found = _name(value)
        yield SchemaViolation(path, f"found {found}, expected {expected}", f"write {_article(expected)} here")
        return
    if (allowed := schema.get("enum")) and value not in allowed:
        listed = ", ".join(str(item) for item in allowed if item != "")
        yield SchemaViolation(path, f"found {value!r}", f"use one of {listed}")
    if isinstance(value, Mapping):
        yield from _check_object(value, schema, schemas=schemas, path=path, depth=depth)
    elif isinstance(value, list) and isinstance(items := schema.get("items"), Mapping):
        for index, item in enumerate(value):
            yield from _check(item, items, schemas=schemas, path=f"{path}[{index}]", depth=depth + 1)


def _check_object(
    value: Mapping[str, Any], schema: Mapping[str, Any], *, schemas: Mapping[str, Any], path: str, depth: int
) -> Iterator[SchemaViolation]:
    properties: Mapping[str, Any] = schema.get("properties") or {}
    for name in schema.get("required", []):
        if value.get(name) is None:
            yield SchemaViolation(_join(path, name), "is required and missing", f"add {name}")
    extra = schema.get("additionalProperties")
    open_ended = not properties or extra or schema.get("x-kubernetes-preserve-unknown-fields")
    for name, child in value.items():
        if name in properties:
            yield from _check(child, properties[name], schemas=schemas, path=_join(path, name), depth=depth + 1)
        elif isinstance(extra, Mapping):
            yield from _check(child, extra, schemas=schemas, path=_join(path, name), depth=depth + 1)
        elif not open_ended:
            near = get_close_matches(name, properties, n=1)
            remedy = f"did you mean {near[0]}?" if near else "remove it, or move it to where it belongs"
            yield SchemaViolation(_join(path, name), "is not a field of this kind", remedy)


def _resolve(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    for _ in range(_MAX_DEPTH):
        every: Sequence[Mapping[str, Any]] = schema.get("allOf", [])
        reference = schema.get("$ref") or (every[0].get("$ref") if len(every) == 1 else None)
        if not isinstance(reference, str):
            break
        schema = schemas.get(reference.rpartition("/")[2], {})
    return schema


def _is(value: Any, expected: str) -> bool:
    if isinstance(value, bool):
        return expected == "boolean"
    return isinstance(value, _TYPES[expected])


def _name(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return next((name for name, types in _TYPES.items() if isinstance(value, types)), type(value).__name__)


def _article(noun: str) -> str:
    return ("an " if noun[0] in "aeio" else "a ") + noun


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
