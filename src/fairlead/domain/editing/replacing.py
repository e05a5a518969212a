"""Changes exactly one scalar of a YAML text; every other character stays.

Quotes are kept. A plain text stays plain where it would still be read as the same text by everybody; else it is
quoted, so that `1.10` never becomes a number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.domain.editing.spans import AliasSpan, ScalarSpan, Style
from fairlead.domain.scalars import resolve_plain

# What may stand without quotes anywhere, also within braces: letters first, then nothing that YAML gives a meaning.
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./@+-]*(?::[A-Za-z0-9_./@+-]+)*")
# The first line of a block that ends without a line break, perhaps with a comment; and a line that may follow it.
_STRIPPED = re.compile(r"[|>]-[ \t]*(?:[ \t]#[^\n]*)?\r?\n *(?=[^ \r\n])")
_WITHIN_BLOCK = re.compile(r"\S(?:.*\S)?")
_FLOAT = re.compile(r"[0-9]+(?:\.[0-9]*)?[eE][-+]?[0-9]+")  # 1e400 is infinity to YAML 1.2, and text to Helm
_DATE = re.compile(r"\d{4}-\d")
_SIXTIES = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")  # YAML 1.1 reads 12:30 as a number


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Puts `new` in the place of the characters from `start` to `end`."""

    start: int
    end: int
    new: str


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Return a text with edits made; the same edit counts once.

    Raises:
        ValueError: two of them want different things of the same characters.
    """
    last = len(text) + 1
    for edit in sorted(dict.fromkeys(edits), reverse=True):
        if edit.end > last:
            raise ValueError("two edits overlap")
        text, last = f"{text[: edit.start]}{edit.new}{text[edit.end :]}", edit.start
    return text


def replacing(text: str, span: ScalarSpan | AliasSpan, new: str) -> Edit:
    """Return the edit that makes a scalar of a text `new`; an alias gives way to the text itself."""
    style = span.style if isinstance(span, ScalarSpan) else Style.PLAIN
    if style is Style.BLOCK:
        content = _STRIPPED.sub("", text[span.start : span.end], count=1)
        if content.isprintable() and _WITHIN_BLOCK.fullmatch(new) and new.isprintable():
            return Edit(span.end - len(content), span.end, new)
        style = Style.PLAIN
    return Edit(span.start, span.end, gap_before(text, span.start, span.end) + written(new, style))


def gap_before(text: str, start: int, end: int) -> str:
    """Return the space that `key:` with nothing behind it needs before what is put there."""
    return " " if start == end and text[:start] and not text[start - 1].isspace() else ""


def written(text: str, style: Style = Style.PLAIN) -> str:
    """Return a text as a YAML scalar in the wanted style, or the nearest one in which it stays what it is."""
    if style is Style.PLAIN and is_plain(text):
        return text
    if style is not Style.DOUBLE and text.isprintable() and text.isascii():
        return "'" + text.replace("'", "''") + "'" if style is Style.SINGLE or '"' in text else f'"{_escaped(text)}"'
    return f'"{_escaped(text)}"'


def is_plain(text: str) -> bool:
    """Tell whether a text without quotes is read as this text by every YAML reader."""
    if not _PLAIN.fullmatch(text) or _DATE.match(text) or any(one.fullmatch(text) for one in (_SIXTIES, _FLOAT)):
        return False
    return isinstance(resolve_plain(text), str)


def _escaped(text: str) -> str:
    # JSON's escapes are YAML's, but for those beyond the first plane, which JSON writes as two halves.
    return "".join(json.dumps(letter)[1:-1] if ord(letter) < 0x80 else _beyond(letter) for letter in text)


def _beyond(letter: str) -> str:
    if letter.isprintable():
        return letter
    return f"\\u{ord(letter):04x}" if ord(letter) <= 0xFFFF else f"\\U{ord(letter):08x}"
