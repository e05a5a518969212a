"""From a JSON value to the nodes that the reader of declared files takes, within bounds: it may come from anyone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

from fairlead.domain.documents import MappingNode, Node, ScalarNode, SequenceNode
from fairlead.domain.errors import InputError, Problem

DEEPEST: Final = 64
LARGEST: Final = 1024 * 1024
"""Characters of all texts, keys included: what the API server and records can hold."""

MOST_VALUES: Final = 100_000


def json_node(value: object) -> Node:
    """Return a JSON value as nodes without lines. Keys of the outermost mapping that hold null count as not written.

    Raises:
        InputError: it is no JSON, has a number or a text that JSON cannot hold, or is too deep or too large.
    """
    if isinstance(value, dict):
        value = {key: inner for key, inner in value.items() if inner is not None}
    size = 0
    for number, inner in enumerate(_walk(value, 0)):
        size += len(inner) if isinstance(inner, str) else 1
        if size > LARGEST or number > MOST_VALUES:
            raise _refused("documentTooLarge", "the document is too large", "a descriptor has at most 1 MiB")
    return _node(value)


def _walk(value: Any, depth: int) -> Iterator[Any]:
    if depth > DEEPEST:
        raise _refused("documentTooDeep", "the document is nested too deeply", f"nest at most {DEEPEST} levels")
    yield value
    match value:
        case dict():
            for key, inner in value.items():
                yield key
                _check(key)
                yield from _walk(inner, depth + 1)
        case list():
            for inner in value:
                yield from _walk(inner, depth + 1)
        case _:
            _check(value)


def _check(value: Any) -> None:
    fits = value is None or isinstance(value, (bool, int))
    if isinstance(value, float):
        fits = math.isfinite(value)
    if isinstance(value, str):
        # Half of a surrogate pair is no character: nothing could store it.
        fits = not any("\ud800" <= character <= "\udfff" for character in value)
    if not fits:
        raise _refused("invalidScalar", "found what JSON cannot hold", "write texts, finite numbers, true, false, null")


def _node(value: Any) -> Node:
    match value:
        case dict():
            return MappingNode(tuple((_scalar(key), _node(inner)) for key, inner in value.items()), 0, 0)
        case list():
            return SequenceNode(tuple(_node(inner) for inner in value), 0, 0)
        case str():
            return _scalar(value)
        case None:
            return _scalar("null", plain=True)
        case bool():
            return _scalar("true" if value else "false", plain=True)
        case _:
            return _scalar(repr(value), plain=True)


def _scalar(text: str, *, plain: bool = False) -> ScalarNode:
    return ScalarNode(text, plain, 0, 0)


def _refused(code: str, message: str, remedy: str) -> InputError:
    return InputError(Problem(code, message, remedy=remedy))
