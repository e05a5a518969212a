"""The normal form of hand-written YAML: layout alone changes, every comment, quote and text stays as it is.

    two spaces for each level, lists indented below their key, one space after a dash and after a key's colon,
    no blanks at line ends, no two empty lines in a row, one line break at the end

Lines are moved, not written anew. What lies within a text of several lines, or within brackets, moves along with the
line that it began on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fairlead.domain.editing.spans import MappingSpan, ScalarSpan, SequenceSpan, Span, Style

_STEP = 2
_GAP = re.compile(r":([ \t]+)(?=\S)")
_DASH = re.compile(r"-(?:[ \t]+|$)")


@dataclass(slots=True)
class _Layout:
    """What is known of the lines, counted from 0: where each begins anew, and which belong to the one before."""

    text: str
    starts: list[int]
    column: dict[int, int] = field(default_factory=dict)
    within: dict[int, int] = field(default_factory=dict)
    literal: set[int] = field(default_factory=set)
    gaps: list[tuple[int, int]] = field(default_factory=list)

    def add(self, span: Span, indent: int) -> None:
        """Take in a node that shall begin at `indent`."""
        match span:
            case MappingSpan(is_flow=False, entries=entries):
                for key, value in entries:
                    self.column.setdefault(key.line - 1, indent)
                    self._value(key, value, indent)
            case SequenceSpan(is_flow=False, items=items):
                for item in items:
                    self.column.setdefault(self._dash_line(span, item), indent)
                    self.add(item, indent + _STEP)
            case _:
                self._within(span)

    def _value(self, key: ScalarSpan, value: Span, indent: int) -> None:
        self._within(key)
        found = _GAP.match(self.text, key.end)
        if found is not None and value.line == key.line and value.start > key.end:
            self.gaps.append(found.span(1))
        self.add(value, indent + _STEP)

    def _dash_line(self, sequence: SequenceSpan, item: Span) -> int:
        """Return the line of an item's dash: in the column of the list, on the item's own line or above it."""
        above = range(item.line - 1, sequence.line - 2, -1)
        at = sequence.column - 1
        return next(
            (n for n in above if self.text[self.starts[n] + at : self.starts[n] + at + 1] == "-"), item.line - 1
        )

    def _within(self, span: Span) -> None:
        """The further lines of a text or of brackets belong to the line on which they begin."""
        first, last = span.line - 1, self._line_of(max(span.start, span.end - 1))
        is_text = isinstance(span, ScalarSpan)
        if isinstance(span, ScalarSpan) and span.style is Style.BLOCK:
            # Empty lines at its end may be part of it.
            while last + 1 < len(self.starts) and self._is_empty(last + 1):
                last += 1
        for line in range(first + 1, last + 1):
            self.within.setdefault(line, first)
            if is_text:
                self.literal.add(line)

    def _is_empty(self, line: int) -> bool:
        end = self.text.find("\n", self.starts[line])
        return not self.text[self.starts[line] : end if end >= 0 else None].strip()

    def _line_of(self, offset: int) -> int:
        return self.text.count("\n", 0, offset)


def formatted(text: str, documents: Iterable[Span]) -> str:
    """Return a text in normal form. `documents` are where everything stands in it, as given by the reader.

    A text for which that would change its meaning is the caller's to notice, by reading both.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    plain = text.replace("\r\n", "\n")
    lines = plain.split("\n")
    layout = _Layout(plain, _starts(lines))
    for document in documents:
        layout.add(document, 0)
    made = _squeezed(list(_moved(_gapless(plain, layout).split("\n"), layout)), layout)
    return newline.join(made).rstrip("\r\n") + newline if any(made) else ""


def _starts(lines: list[str]) -> list[int]:
    starts, at = [], 0
    for line in lines:
        starts.append(at)
        at += len(line) + 1
    return starts


def _gapless(text: str, layout: _Layout) -> str:
    """Return the text with one space between each key and the value behind it."""
    for start, end in sorted(set(layout.gaps), reverse=True):
        text = f"{text[:start]} {text[end:]}"
    return text


def _moved(lines: list[str], layout: _Layout) -> Iterator[str]:
    """Yield the lines at their new columns."""
    delta: dict[int, int] = {}
    for number, line in enumerate(lines):
        body = line.lstrip(" ")
        old = len(line) - len(body)
        if number in layout.column:
            new = layout.column[number]
            delta[number] = new - old
            yield " " * new + _with_single_gaps(body.rstrip())
        elif number in layout.within:
            moved = delta.get(number, delta.get(layout.within[number], 0))
            delta[number] = moved
            shifted = " " * max(0, old + moved) + body
            yield (shifted if body else line) if number in layout.literal else shifted.rstrip()
        else:
            yield (" " * _comment_column(number, old, lines, layout) + body).rstrip()


def _with_single_gaps(body: str) -> str:
    """Return a line's text with one space after each of its leading dashes."""
    lead = ""
    while (found := _DASH.match(body)) is not None:
        lead, body = lead + ("- " if found.end() < len(body) else "-"), body[found.end() :]
    return lead + body


def _comment_column(number: int, old: int, lines: list[str], layout: _Layout) -> int:
    """Return where a comment goes: with the next line where it stands level with that, else with one above it."""
    if not lines[number].lstrip().startswith("#"):
        return old
    following = next((n for n in range(number + 1, len(lines)) if n in layout.column), None)
    if following is not None and _indent(lines[following]) == old:
        return layout.column[following]
    for above in (n for n in range(number - 1, -1, -1) if n in layout.column):
        if _indent(lines[above]) <= old:
            return layout.column[above]
    return layout.column[following] if following is not None else 0


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _squeezed(lines: list[str], layout: _Layout) -> list[str]:
    """Return the lines without those empty ones that follow another empty one, outside of texts."""
    kept: list[str] = []
    for number, line in enumerate(lines):
        follows_empty = not kept or not kept[-1].strip()
        if line.strip() or number in layout.literal or not follows_empty:
            kept.append(line)
    return kept
