"""One changed field for people: old and new, as a line or, for long texts, as a small difference."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from rich.text import Text

from fairlead.cli.text.layout import GAP, hanging
from fairlead.cli.wire.deploying import FieldItem

LONGEST = 240  # characters of one value; the whole is in the JSON output


def fields_lines(fields: Sequence[FieldItem], *, indent: int, width: int | None) -> Iterator[Text]:
    """Return the lines of all changed fields of one object: path, old -> new, and who loses the field.

    Values stand in one column; what is too wide for the terminal goes on the next line.
    """
    margin = " " * indent
    room = None if width is None else width - indent
    short = [field.path for field in fields if _fits(field, len(field.path), room)]
    column = max((len(path) for path in short), default=0)
    for field in fields:
        if _is_difference(field):
            yield Text.assemble(margin, field.path, _owner(field))
            yield from _difference(field.old, field.new, indent + 2)
        elif _fits(field, len(field.path), room):
            pad = column if _fits(field, column, room) else 0
            yield Text.assemble(margin, f"{field.path:<{pad}}  ", _change(field), _owner(field))
        else:
            yield from hanging(Text(margin), Text.assemble(field.path, _owner(field)), width=width)
            yield from hanging(Text(margin + "  "), _change(field), width=width)


def _fits(field: FieldItem, column: int, room: int | None) -> bool:
    if _is_difference(field):
        return False
    return room is None or column + GAP + _change(field).cell_len + _owner(field).cell_len <= room


def _owner(field: FieldItem) -> Text:
    return Text(f"  takes it from {field.owner}", "dim") if field.owner else Text()


def shown(value: Any) -> str:
    """Return a value on one line, cut where it is too long to read."""
    text = value if isinstance(value, str) and _is_plain(value) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text)} characters)"


def _change(field: FieldItem) -> Text:
    if field.masked is True:
        return Text(f"{shown(field.old)}, {'same' if field.equal is True else 'changes'}", "dim")
    if field.old is None:
        return Text(f"+ {shown(field.new)}", "green")
    if field.new is None:
        return Text(f"- {shown(field.old)}", "red")
    return Text.assemble((shown(field.old), "red"), " -> ", (shown(field.new), "green"))


def _difference(old: str, new: str, indent: int) -> Iterator[Text]:
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), n=1, lineterm=""))[3:]
    for line in lines:
        style = {"+": "green", "-": "red"}.get(line[:1], "dim")
        yield Text.assemble(" " * indent, ("..." if line.startswith("@@") else line, style))


def _is_difference(field: FieldItem) -> bool:
    return _is_long_text(field.old) and _is_long_text(field.new)


def _is_long_text(value: Any) -> bool:
    return isinstance(value, str) and "\n" in value.strip("\n")


def _is_plain(value: str) -> bool:
    return value.isprintable() and value == value.strip() and value != ""
