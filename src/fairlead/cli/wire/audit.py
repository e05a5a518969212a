"""What `audit` prints."""

from __future__ import annotations

from fairlead.cli.wire.documents import Document, Item


class AuditItem(Item, frozen=True, kw_only=True):
    """One thing that was done, or refused. `result` is `allowed` or the code of the refusal."""

    number: int
    at: str
    caller: str
    action: str
    resource: str
    result: str
    source: str
    detail: dict[str, str]


class AuditLog(Document, frozen=True, kw_only=True, tag="AuditLog"):
    """Entries of the audit log, the newest first. `after` continues the list, null at its end."""

    entries: list[AuditItem]
    after: int | None
