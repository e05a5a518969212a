"""Requests that are done once, in SQLite."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fairlead.adapters.store.rows import known, remember
from fairlead.domain.keeping.answers import GivenAnswer, KeyReused, Once, Repeated
from fairlead.doors.databases.database import Database
from fairlead.doors.databases.moments import microseconds
from fairlead.doors.databases.opening import Connection

_ANSWER: Final = "SELECT digest, answer FROM requests WHERE caller = ? AND key = ?"
_ANSWERED: Final = """
INSERT INTO requests VALUES (?, ?, ?, '', ?, ?) ON CONFLICT (caller, key) DO UPDATE SET answer = excluded.answer
WHERE answer IS NULL AND digest = excluded.digest
"""


@dataclass(frozen=True, slots=True)
class SqliteRequests:
    """The `Requests` of a store."""

    database: Database

    async def claim(self, once: Once, identifier: str, at: datetime) -> Repeated | KeyReused | None:
        """Take a request."""

        def store(connection: Connection) -> Repeated | KeyReused | None:
            before = known(connection, once)
            if before is None:
                remember(connection, once, identifier, at)
            return before

        return await self.database.write(store)

    async def answered(self, once: Once, answer: GivenAnswer, at: datetime) -> None:
        """Keep what a request was answered."""
        row = (once.caller, once.key, once.digest, microseconds(at), _packed(answer))
        await self.database.write(lambda connection: connection.execute(_ANSWERED, row))

    async def answer(self, once: Once) -> GivenAnswer | KeyReused | None:
        """Return what a request was answered."""

        def read(connection: Connection) -> GivenAnswer | KeyReused | None:
            found = connection.execute(_ANSWER, (once.caller, once.key)).fetchone()
            if found is None:
                return None
            if found[0] != once.digest:
                return KeyReused()
            return None if found[1] is None else _unpacked(found[1])

        return await self.database.read(read)


def _packed(answer: GivenAnswer) -> bytes:
    """Return an answer in few bytes: that of a deployment holds a whole descriptor."""
    head = json.dumps({"status": answer.status, "headers": dict(answer.headers)})
    return zlib.compress(head.encode() + b"\n" + answer.body)


def _unpacked(packed: bytes) -> GivenAnswer:
    head, _, body = zlib.decompress(packed).partition(b"\n")
    said = json.loads(head)
    return GivenAnswer(said["status"], said["headers"], body)
