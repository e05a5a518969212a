"""Copies of JSON values, several times as fast as those of `copy`, which looks for cycles and classes."""

from __future__ import annotations

from typing import Any, TypeVar, cast

_NESTED = (dict, list)
T = TypeVar("T")


def copied(value: T) -> T:
    """Return a copy that shares nothing which could be changed."""
    return cast("T", _copied(value))


def _copied(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {name: _copied(one) if type(one) in _NESTED else one for name, one in value.items()}
    return [_copied(one) for one in value] if kind is list else value
