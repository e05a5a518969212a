"""Reads fields of live objects without trusting their shape.

A server, an operator or a fake may leave out any field or put something else there. Every function here is total:
what is missing or of another type reads as empty, so that judging an object never fails on the object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ObjectBody = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Condition:
    """One entry of `status.conditions`; `status` is `True`, `False` or `Unknown` as text."""

    type: str
    status: str
    reason: str
    message: str
    observed_generation: int | None


def branch(value: object, *path: str) -> ObjectBody:
    """Return the mapping at a path, empty when there is none."""
    found = _follow(value, path)
    return found if isinstance(found, Mapping) else {}


def text(value: object, *path: str, default: str = "") -> str:
    """Return the text at a path."""
    found = _follow(value, path)
    return found if isinstance(found, str) else default


def whole(value: object, *path: str, default: int = 0) -> int:
    """Return the integer at a path."""
    found = _follow(value, path)
    return found if isinstance(found, int) and not isinstance(found, bool) else default


def is_true(value: object, *path: str) -> bool:
    """Return whether the path holds the boolean true."""
    return _follow(value, path) is True


def entries(value: object, *path: str) -> tuple[ObjectBody, ...]:
    """Return the mappings in the list at a path."""
    found = _follow(value, path)
    return tuple(item for item in found if isinstance(item, Mapping)) if isinstance(found, list | tuple) else ()


def texts(value: object, *path: str) -> tuple[str, ...]:
    """Return the texts in the list at a path."""
    found = _follow(value, path)
    return tuple(item for item in found if isinstance(item, str)) if isinstance(found, list | tuple) else ()


def conditions(obj: object) -> tuple[Condition, ...]:
    """Return the conditions that an object's status states."""
    return tuple(_condition(entry) for entry in entries(obj, "status", "conditions"))


def condition(obj: object, type_: str) -> Condition | None:
    """Return one condition, or None when the status does not state it."""
    return next((each for each in conditions(obj) if each.type == type_), None)


def uid(obj: object) -> str:
    """Return the object's UID."""
    return text(obj, "metadata", "uid")


def name(obj: object) -> str:
    """Return the object's name."""
    return text(obj, "metadata", "name")


def owner_uids(obj: object) -> tuple[str, ...]:
    """Return the UIDs of the objects that own this one."""
    return tuple(text(owner, "uid") for owner in entries(obj, "metadata", "ownerReferences"))


def one_line(value: str, limit: int = 400) -> str:
    """Return text that is safe and short enough to stand inside a sentence.

    Control characters could move the reader's cursor or forge lines; they become spaces.
    """
    flat = " ".join("".join(char if char.isprintable() else " " for char in value).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def _condition(entry: ObjectBody) -> Condition:
    generation = entry.get("observedGeneration")
    return Condition(
        text(entry, "type"),
        text(entry, "status"),
        text(entry, "reason"),
        one_line(text(entry, "message")),
        generation if isinstance(generation, int) and not isinstance(generation, bool) else None,
    )


def _follow(value: object, path: tuple[str, ...]) -> object:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
