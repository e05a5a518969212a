"""Reads where everything stands in a YAML text, for whoever changes one thing in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml  # noqa: TID251 - part of the door the ban points to

from fairlead.domain.editing.spans import AliasSpan, MappingSpan, ScalarSpan, SequenceSpan, Span, Style

_STYLES = {"'": Style.SINGLE, '"': Style.DOUBLE, "|": Style.BLOCK, ">": Style.BLOCK}
_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*\s+)*")
_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_spans(text: str) -> Span | None:
    """Return where everything stands in the first document of a text that was read before, so is known to be sound."""
    return next(read_all_spans(text), None)


def read_all_spans(text: str) -> Iterator[Span]:
    """Yield where everything stands in each document of a text that was read before."""
    events = iter(yaml.parse(text, Loader=_PARSER))
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            yield _node(next(events), events, text)


def _node(event: Any, events: Iterator[Any], text: str) -> Span:
    kind, mark = type(event), event.start_mark
    start, line, column = mark.index, mark.line + 1, mark.column + 1
    if kind is yaml.AliasEvent:
        return AliasSpan(start, event.end_mark.index, line, column)
    if kind is yaml.ScalarEvent:
        return _scalar(event, text)
    inner: Any = next(events)
    if kind is yaml.SequenceStartEvent:
        items: list[Span] = []
        while type(inner) is not yaml.SequenceEndEvent:
            items.append(_node(inner, events, text))
            inner = next(events)
        return SequenceSpan(tuple(items), event.flow_style, start, _end(inner), line, column)
    entries: list[tuple[ScalarSpan, Span]] = []
    while type(inner) is not yaml.MappingEndEvent:
        key, value = _node(inner, events, text), _node(next(events), events, text)
        if isinstance(key, ScalarSpan):
            entries.append((key, value))
        inner = next(events)
    return MappingSpan(tuple(entries), event.flow_style, start, _end(inner), line, column)


def _end(event: Any) -> int:
    return int(event.end_mark.index)


def _scalar(event: Any, text: str) -> ScalarSpan:
    mark, end = event.start_mark, event.end_mark.index
    start = mark.index
    if event.anchor is not None or event.tag is not None:
        found = _PROPERTIES.match(text, start, end)
        start = found.end() if found else start
        if start > end or text[start:end].startswith(("&", "!")):  # `&a` with nothing behind it
            start = end
    if event.style in ("|", ">"):  # a block takes up its last line break, too, and whatever blank lines follow
        end = start + len(text[start:end].rstrip(" \t\r\n"))
    return ScalarSpan(event.value, _STYLES.get(event.style, Style.PLAIN), start, end, mark.line + 1, mark.column + 1)
