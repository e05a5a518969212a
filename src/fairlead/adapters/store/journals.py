"""Journals in SQLite: what was added at once is one chunk, which is never written again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from fairlead.adapters.store.rows import expected
from fairlead.domain.keeping.answers import Missing
from fairlead.domain.keeping.journals import Entry, Journal
from fairlead.domain.keeping.limits import Limits
from fairlead.doors.databases.database import Database
from fairlead.doors.databases.moments import microseconds, moment
from fairlead.doors.databases.opening import Connection


@dataclass(frozen=True, slots=True)
class SqliteJournals:
    """The `Journals` of a store."""

    database: Database
    limits: Limits

    async def append(self, deployment: str, entries: Sequence[Entry]) -> tuple[Entry, ...] | Missing:
        """Keep what happened."""

        def store(connection: Connection) -> tuple[Entry, ...] | Missing:
            number = expected(connection, "deployments", identifier=deployment, revision=None)
            if not isinstance(number, int):
                return Missing()
            journal, kept = _journal(connection, number).admit(entries, self.limits.journal)
            if kept:
                state = (number, journal.last, journal.size, journal.is_cut)
                connection.execute("INSERT OR REPLACE INTO journals VALUES (?, ?, ?, ?)", state)
                chunk = json.dumps([_row(entry) for entry in kept], separators=(",", ":"))
                connection.execute("INSERT INTO chunks VALUES (?, ?, ?)", (number, journal.last, chunk))
            return kept

        return await self.database.write(store)

    async def read(self, deployment: str, *, after: int = 0, limit: int = 1000) -> tuple[Entry, ...]:
        """Return the entries that follow a number."""

        def read(connection: Connection) -> tuple[Entry, ...]:
            number = expected(connection, "deployments", identifier=deployment, revision=None)
            if not isinstance(number, int):
                return ()
            following = "SELECT entries FROM chunks WHERE number = ? AND last > ? ORDER BY last"
            chunks = connection.execute(following, (number, after))
            found = (_entry(row) for (chunk,) in chunks for row in json.loads(chunk) if row[0] > after)
            return tuple(islice(found, limit))

        return await self.database.read(read)


def _journal(connection: Connection, number: int) -> Journal:
    row = connection.execute("SELECT last, size, is_cut FROM journals WHERE number = ?", (number,)).fetchone()
    return Journal() if row is None else Journal(row[0], row[1], bool(row[2]))


def _row(entry: Entry) -> tuple[int, int, str, Any]:
    return entry.sequence, microseconds(entry.at), entry.kind, entry.document


def _entry(row: tuple[int, int, str, Any]) -> Entry:
    sequence, at, kind, document = row
    return Entry(moment(at), kind, document, sequence)
