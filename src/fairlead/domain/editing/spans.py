"""Where in a YAML text everything stands: the nodes of a document with the characters that they take up.

Offsets count characters from the start of the text. Aliases are not followed and merge keys not folded in: what stands
behind them stands elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from fairlead.domain.valuepaths import ValuePath


class Style(StrEnum):
    """How a scalar is written."""

    PLAIN = "plain"
    SINGLE = "single"
    DOUBLE = "double"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class ScalarSpan:
    """A text; `start` is after its anchor and tag."""

    text: str
    style: Style
    start: int
    end: int
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class AliasSpan:
    """A reference to what has an anchor elsewhere."""

    start: int
    end: int
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class SequenceSpan:
    """A list. `is_flow`: in brackets."""

    items: tuple[Span, ...]
    is_flow: bool
    start: int
    end: int
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class MappingSpan:
    """A mapping. `is_flow`: in braces."""

    entries: tuple[tuple[ScalarSpan, Span], ...]
    is_flow: bool
    start: int
    end: int
    line: int
    column: int

    def get(self, key: str) -> Span | None:
        """Return what stands under a key."""
        return next((value for found, value in self.entries if found.text == key), None)


Span = ScalarSpan | AliasSpan | SequenceSpan | MappingSpan


def at_path(span: Span | None, path: ValuePath) -> Span | None:
    """Return what stands at a path, None where nothing does."""
    for step in path:
        if isinstance(step, str) and isinstance(span, MappingSpan):
            span = span.get(step)
        elif isinstance(step, int) and isinstance(span, SequenceSpan) and 0 <= step < len(span.items):
            span = span.items[step]
        else:
            return None
    return span


def mapping_at(span: Span | None, line: int, column: int) -> MappingSpan | None:
    """Return the mapping that begins at a place; lines and columns count from 1."""
    return next(
        (each for each in _all(span) if isinstance(each, MappingSpan) and (each.line, each.column) == (line, column)),
        None,
    )


def _all(span: Span | None) -> Iterator[Span]:
    match span:
        case MappingSpan(entries=entries):
            yield span
            for _, value in entries:
                yield from _all(value)
        case SequenceSpan(items=items):
            yield span
            for item in items:
                yield from _all(item)
        case _:
            return


def end_of(span: Span) -> int:
    """Return where the last character of a node stands; block collections end with their last scalar."""
    match span:
        case MappingSpan(entries=entries, is_flow=False) if entries:
            key, value = entries[-1]
            return max(end_of(value), key.end)
        case SequenceSpan(items=items, is_flow=False) if items:
            return end_of(items[-1])
        case _:
            return span.end
