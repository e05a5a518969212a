"""The audit log in SQLite."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Final

from fairlead.domain.authorising.auditing import AuditEntry
from fairlead.domain.keeping.answers import Page
from fairlead.doors.databases.database import Database
from fairlead.doors.databases.moments import microseconds, moment
from fairlead.doors.databases.opening import Connection

_PAGE: Final = """
SELECT number, at, caller, action, resource, result, source, detail FROM audit
WHERE number < coalesce(?1, number + 1) ORDER BY number DESC LIMIT ?2
"""


@dataclass(frozen=True, slots=True)
class SqliteAudit:
    """The `AuditLog` of an administration."""

    database: Database

    async def append(self, entry: AuditEntry) -> AuditEntry:
        """Keep an entry."""
        said = (entry.caller, entry.action, entry.resource, entry.result, entry.source)
        row = (microseconds(entry.at), *said, json.dumps(dict(entry.detail)))

        def store(connection: Connection) -> AuditEntry:
            added = connection.execute("INSERT INTO audit VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", row)
            return replace(entry, number=added.lastrowid or 0)

        return await self.database.write(store)

    async def page(self, *, after: int | None = None, limit: int = 100) -> Page[AuditEntry]:
        """Return the newest entries."""

        def read(connection: Connection) -> Page[AuditEntry]:
            rows = connection.execute(_PAGE, (after, limit + 1)).fetchall()
            items = tuple(_entry(row) for row in rows[:limit])
            return Page(items, items[-1].number if len(rows) > limit else None)

        return await self.database.read(read)


def _entry(row: tuple[Any, ...]) -> AuditEntry:
    number, at, caller, action, resource, result, source, detail = row
    return AuditEntry(moment(at), caller, action, resource, result, source, json.loads(detail), number)
