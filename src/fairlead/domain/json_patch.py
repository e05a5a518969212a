"""JSON Pointer (RFC 6901) and JSON Patch (RFC 6902), on values that are never changed in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_MISSING = object()


class PatchFailed(ValueError):
    """An operation does not fit the document. `index` counts operations from 0."""

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(reason)
        self.index = index
        self.reason = reason


def parse_pointer(pointer: str) -> tuple[str, ...]:
    """Split a JSON Pointer into its unescaped steps.

    Raises:
        ValueError: it neither is empty nor starts with `/`.
    """
    if not pointer:
        return ()
    if not pointer.startswith("/"):
        raise ValueError(f"a JSON Pointer starts with '/', found {pointer!r}")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/"))


def format_pointer(steps: Sequence[str]) -> str:
    """Join steps into a JSON Pointer."""
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def apply_json_patch(document: Any, operations: Sequence[Any]) -> Any:
    """Return the document with all operations applied in order.

    Raises:
        PatchFailed: an operation is malformed, points nowhere, or its `test` fails. Nothing is half applied.
    """
    for index, operation in enumerate(operations):
        try:
            document = _apply_one(document, operation)
        except (ValueError, LookupError) as error:
            raise PatchFailed(index, str(error.args[0]) if error.args else "malformed") from None
    return document


def _apply_one(document: Any, operation: Any) -> Any:
    if not isinstance(operation, Mapping):
        raise ValueError("an operation is a mapping with 'op' and 'path'")  # noqa: TRY004 - callers catch one type
    path = parse_pointer(_text(operation, "path"))
    match operation.get("op"):
        case "add":
            return _add(document, path, _member(operation, "value"))
        case "remove":
            return _remove(document, path)[0]
        case "replace":
            _get(document, path)
            return _replace(document, path, _member(operation, "value"))
        case "test":
            return _test(document, path, _member(operation, "value"))
        case "move":
            rest, value = _remove(document, parse_pointer(_text(operation, "from")))
            return _add(rest, path, value)
        case "copy":
            return _add(document, path, _get(document, parse_pointer(_text(operation, "from"))))
        case other:
            raise ValueError(f"unknown op {other!r}; known are add, remove, replace, move, copy, test")


def _member(operation: Mapping[str, Any], name: str) -> Any:
    if name not in operation:
        raise ValueError(f"op {operation.get('op')!r} needs {name!r}")
    return operation[name]


def _text(operation: Mapping[str, Any], name: str) -> str:
    value = _member(operation, name)
    if not isinstance(value, str):
        raise ValueError(f"{name!r} is a JSON Pointer, found {value!r}")  # noqa: TRY004 - callers catch one type
    return value


def _test(document: Any, path: tuple[str, ...], expected: Any) -> Any:
    found = _get(document, path)
    # JSON tells numbers from booleans, Python's == does not.
    if found != expected or isinstance(found, bool) is not isinstance(expected, bool):
        raise ValueError(f"test failed at {format_pointer(path)}: found {found!r}, expected {expected!r}")
    return document


def _get(document: Any, path: tuple[str, ...]) -> Any:
    for depth, step in enumerate(path):
        document = _child(document, step, path[: depth + 1])
    return document


def _child(node: Any, step: str, where: tuple[str, ...]) -> Any:
    if isinstance(node, Mapping):
        found = node.get(step, _MISSING)
        if found is not _MISSING:
            return found
    elif isinstance(node, list):
        return node[_index(step, len(node) - 1, where)]
    raise LookupError(f"nothing at {format_pointer(where)}")


def _index(step: str, highest: int, where: tuple[str, ...]) -> int:
    plain = step.isascii() and step.isdigit() and (step == "0" or not step.startswith("0"))
    if not plain or int(step) > highest:
        raise LookupError(f"no list element at {format_pointer(where)}")
    return int(step)


def _add(document: Any, path: tuple[str, ...], value: Any) -> Any:
    if not path:
        return value
    parent = _get(document, path[:-1])
    step = path[-1]
    if isinstance(parent, list):
        at = len(parent) if step == "-" else _index(step, len(parent), path)
        return _replace(document, path[:-1], [*parent[:at], value, *parent[at:]])
    if isinstance(parent, Mapping):
        return _replace(document, path[:-1], {**parent, step: value})
    raise LookupError(f"nothing can be added at {format_pointer(path)}")


def _remove(document: Any, path: tuple[str, ...]) -> tuple[Any, Any]:
    value = _get(document, path)
    if not path:
        return None, value
    parent = _get(document, path[:-1])
    if isinstance(parent, list):
        at = int(path[-1])
        return _replace(document, path[:-1], [*parent[:at], *parent[at + 1 :]]), value
    rest = {key: item for key, item in parent.items() if key != path[-1]}
    return _replace(document, path[:-1], rest), value


def _replace(document: Any, path: tuple[str, ...], value: Any) -> Any:
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(document, list):
        at = int(step)
        return [*document[:at], _replace(document[at], rest, value), *document[at + 1 :]]
    return {**document, step: _replace(document.get(step), rest, value)}
