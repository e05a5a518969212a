"""The audit log in words."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from fairlead.cli.text.layout import columns, visible
from fairlead.cli.wire.audit import AuditItem, AuditLog
from fairlead.domain.authorising.auditing import ALLOWED

_HEAD = ("NUMBER", "TIME", "CALLER", "ACTION", "RESULT", "FROM", "RESOURCE")


def audit_lines(document: AuditLog, width: int | None) -> Iterator[Text]:
    """Return one line for each entry."""
    if not document.entries:
        yield Text("Nothing is written there.")
        return
    yield from columns([_HEAD, *map(_row, document.entries)], width=width)


def _row(item: AuditItem) -> tuple[str | Text, ...]:
    result = Text(item.result, "green" if item.result == ALLOWED else "red")
    said = (item.source, item.resource or "-")
    return str(item.number), item.at, visible(item.caller), item.action, result, *map(visible, said)
