"""Lines and columns for people: aligned, without trailing blanks, wrapped only where a terminal is narrower."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

GAP = 2  # columns between columns
LEAST = 20  # columns that a wrapped column keeps, however narrow the terminal

# What would steer the terminal or turn the order of letters round instead of being read: C0 and C1 controls but for
# the line feed, and the bidirectional marks. Names, messages and logs come from charts and clusters that others write.
_STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

Cell = str | Text
Lines = Iterable[Text]


def text(cell: Cell) -> Text:
    """Return a cell as rich text; markup in names or messages is never interpreted."""
    return cell if isinstance(cell, Text) else Text(cell)


def visible(words: str) -> str:
    """Return a text in which nothing can steer a terminal; the length stays the same."""
    return _STEERING.sub("\ufffd", words)


def columns(rows: Sequence[Sequence[Cell]], *, width: int | None, indent: int = 0) -> list[Text]:
    """Align rows in columns. The last column wraps at `width`, hanging under itself."""
    cells = [[text(cell) for cell in row] for row in rows]
    count = max((len(row) for row in cells), default=0)
    widths = [max((row[i].cell_len for row in cells if len(row) > i + 1), default=0) for i in range(count)]
    lines: list[Text] = []
    for row in cells:
        lead = Text(" " * indent)
        for cell, size in zip(row[:-1], widths, strict=False):
            lead.append_text(cell)
            lead.append(" " * (size - cell.cell_len + GAP))
        lines += hanging(lead, row[-1], width=width)
    return lines


def hanging(lead: Text, body: Text, *, width: int | None) -> list[Text]:
    """Put `body` after `lead`; what does not fit goes on below the body's first character."""
    room = None if width is None else max(LEAST, width - lead.cell_len)
    parts = _wrapped(body, room)
    pad = " " * lead.cell_len
    lines = [Text.assemble(lead if index == 0 else pad, part) for index, part in enumerate(parts)]
    for line in lines:
        line.rstrip()
    return lines


def _wrapped(body: Text, room: int | None) -> list[Text]:
    paragraphs = list(body.split("\n", allow_blank=True)) or [Text()]
    if room is None:
        return paragraphs
    console = Console(width=room)
    return [line for part in paragraphs for line in (list(part.wrap(console, room)) or [Text()])]


def plural(count: int, noun: str) -> str:
    """Return `1 object`, `2 objects`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
