"""The JSON form of the dataclasses of this package: field names in camelCase, times in RFC 3339, unions by `kind`.

One reader and one writer for all of them, from the declared types of their fields, so that a field that was added is
stored without more ado. A field that is missing takes its default: an older Fairlead did not write it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from fairlead.domain.moments import parse_moment

_Reader = Callable[[Any], Any]
_KIND: Final = "kind"
_PLAIN: Final = (str, bool, int)


class Unreadable(ValueError):
    """What is stored is not of the type that was asked for; the text says where and why."""


def to_json(value: Any) -> Any:
    """Return the JSON form of a value of this package."""
    if value is None or type(value) in _PLAIN:
        return value
    if is_dataclass(value) and not isinstance(value, type):
        tag, names = _names(type(value))
        written = {stored: to_json(getattr(value, name)) for name, stored in names}
        return written if tag is None else {_KIND: tag, **written}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Mapping):
        return {name: to_json(value[name]) for name in sorted(value)}
    return [to_json(one) for one in value] if isinstance(value, tuple) else value


def from_json(wanted: Any, stored: Any) -> Any:
    """Read the JSON form of a dataclass, or of one of a union of dataclasses.

    Raises:
        Unreadable: it is none.
    """
    return _reader(wanted)(stored)


@lru_cache(maxsize=256)
def _names(written: Any) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """Return the kind that a class has in a union, and its fields with their stored names."""
    return getattr(written, "KIND", None), tuple((one.name, camel(one.name)) for one in fields(written))


@lru_cache(maxsize=256)
def _reader(wanted: Any) -> _Reader:
    """Return what reads a type; the types of this package are few, and each is looked into once."""
    origin, inner = get_origin(wanted), get_args(wanted)
    if origin in (Union, UnionType):
        return _union(inner)
    if origin is tuple:
        return _sequence(inner[0])
    if origin is not None:
        return _mapping(inner[1])
    if is_dataclass(wanted):
        return _object(wanted)
    return _scalar(wanted)


def _union(options: tuple[Any, ...]) -> _Reader:
    optional = NoneType in options
    others = [one for one in options if one is not NoneType]
    tagged = {getattr(one, "KIND", ""): one for one in others}

    def read(stored: Any) -> Any:
        if stored is None and optional:
            return None
        if len(others) == 1:
            return _reader(others[0])(stored)
        kind = stored.get(_KIND) if isinstance(stored, Mapping) else None
        if kind not in tagged:
            raise Unreadable(f"kind {kind!r} is none of {', '.join(sorted(tagged))}")
        return _reader(tagged[kind])(stored)

    return read


def _sequence(inner: Any) -> _Reader:
    def read(stored: Any) -> Any:
        if not isinstance(stored, list):
            raise Unreadable(f"a list is expected, not {stored!r}")
        return tuple(_reader(inner)(one) for one in stored)

    return read


def _mapping(inner: Any) -> _Reader:
    def read(stored: Any) -> Any:
        if not isinstance(stored, Mapping):
            raise Unreadable(f"an object is expected, not {stored!r}")
        return {str(name): _reader(inner)(one) for name, one in stored.items()}

    return read


def _object(wanted: Any) -> _Reader:
    known: list[tuple[str, Field[Any], Any]] = []

    def read(stored: Any) -> Any:
        if not isinstance(stored, Mapping):
            raise Unreadable(f"an object is expected, not {stored!r}")
        if not known:  # only now: the types of fields may name classes that come later in their module
            hints = get_type_hints(wanted)
            known.extend((camel(one.name), one, hints[one.name]) for one in fields(wanted))
        return wanted(**dict(_given(known, stored, wanted.__name__)))

    return read


def _given(known: list[tuple[str, Field[Any], Any]], stored: Mapping[str, Any], where: str) -> list[tuple[str, Any]]:
    values = []
    for name, one, hint in known:
        if name in stored:
            values.append((one.name, _reader(hint)(stored[name])))
        elif one.default is MISSING and one.default_factory is MISSING:
            raise Unreadable(f"{where} has no {name}")
    return values


def _scalar(wanted: Any) -> _Reader:
    def read(stored: Any) -> Any:
        if wanted is datetime:
            found: Any = parse_moment(stored) if isinstance(stored, str) else None
        elif wanted is float:
            found = float(stored) if isinstance(stored, int | float) and not isinstance(stored, bool) else None
        elif issubclass(wanted, StrEnum):
            found = next((one for one in wanted if one.value == stored), None)
        else:
            found = stored if wanted in _PLAIN and type(stored) is wanted else None
        if found is None:
            raise Unreadable(f"{wanted.__name__} is expected, not {stored!r}")
        return found

    return read


def camel(name: str) -> str:
    """Return the stored name of a field."""
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)
