"""Descriptors in SQLite."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Final

from fairlead.adapters.store.rows import (
    both,
    expected,
    microseconds,
    moment,
    older,
    remember,
    repeated,
    text_of,
    within,
)
from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.keeping.answers import KeyReused, Missing, Once, Page, Repeated, Stale
from fairlead.domain.keeping.descriptors import StoredDescriptor
from fairlead.domain.keeping.limits import Limits
from fairlead.domain.scopes import Scope
from fairlead.domain.units import UnitKey
from fairlead.doors.databases.database import Database
from fairlead.doors.databases.opening import Connection

_SELECT: Final = """
SELECT identifier, cluster, namespace, app, document, created, modified, revision, number
FROM descriptors JOIN descriptor_documents USING (number)
"""
_OF_A_UNIT: Final = "cluster = ? AND namespace = ? AND app = ?"


@dataclass(frozen=True, slots=True)
class SqliteDescriptors:
    """The `Descriptors` of a store."""

    database: Database
    limits: Limits

    async def add(
        self, descriptor: StoredDescriptor, once: Once | None = None
    ) -> StoredDescriptor | Repeated | KeyReused:
        """Keep a new descriptor."""

        def store(connection: Connection) -> StoredDescriptor | Repeated | KeyReused:
            before = repeated(connection, "descriptors", descriptor.identifier, once)
            if before is not None:
                return before
            (count,) = connection.execute("SELECT count(*) FROM descriptors").fetchone()
            if count >= self.limits.descriptors:
                raise _full(count)
            remember(connection, once, descriptor.identifier, descriptor.created)
            return _insert(connection, descriptor)

        return await self.database.write(store)

    async def read(self, identifier: str) -> StoredDescriptor | None:
        """Return a descriptor."""
        return await self.database.read(lambda connection: _read(connection, identifier))

    async def page(self, scope: Scope, *, after: int | None = None, limit: int = 100) -> Page[StoredDescriptor]:
        """Return the newest descriptors of a scope."""
        condition, values = both(within(scope), older(after))

        def read(connection: Connection) -> Page[StoredDescriptor]:
            listed = f"{_SELECT} WHERE {condition} ORDER BY number DESC LIMIT ?"
            rows = connection.execute(listed, (*values, limit + 1)).fetchall()
            items = tuple(_descriptor(row) for row in rows[:limit])
            return Page(items, items[-1].number if len(rows) > limit else None)

        return await self.database.read(read)

    async def replace(self, descriptor: StoredDescriptor) -> StoredDescriptor | Missing | Stale:
        """Keep a changed document."""

        def store(connection: Connection) -> StoredDescriptor | Missing | Stale:
            number = expected(connection, "descriptors", descriptor.identifier, descriptor.revision)
            if not isinstance(number, int):
                return number
            changed = "UPDATE descriptors SET modified = ?, revision = revision + 1 WHERE number = ?"
            connection.execute(changed, (microseconds(descriptor.modified), number))
            document = (text_of(descriptor.document), number)
            connection.execute("UPDATE descriptor_documents SET document = ? WHERE number = ?", document)
            return _present(connection, descriptor.identifier)

        return await self.database.write(store)

    async def delete(self, identifier: str, *, revision: int | None = None) -> StoredDescriptor | Missing | Stale:
        """Remove a descriptor."""

        def remove(connection: Connection) -> StoredDescriptor | Missing | Stale:
            number = expected(connection, "descriptors", identifier, revision)
            if not isinstance(number, int):
                return number
            gone = _present(connection, identifier)
            connection.execute("DELETE FROM descriptors WHERE number = ?", (number,))
            return gone

        return await self.database.write(remove)

    async def delete_all(self, unit: UnitKey, *, keep_latest: bool) -> int:
        """Remove the descriptors of a unit."""
        stays = "ORDER BY modified DESC, number DESC LIMIT -1 OFFSET ?"
        chosen = f"SELECT number FROM descriptors WHERE {_OF_A_UNIT} {stays}"
        values = (unit.cluster, unit.namespace, unit.name, int(keep_latest))
        statement = f"DELETE FROM descriptors WHERE number IN ({chosen})"
        return await self.database.write(lambda connection: connection.execute(statement, values).rowcount)


def _insert(connection: Connection, new: StoredDescriptor) -> StoredDescriptor:
    unit = (new.unit.cluster, new.unit.namespace, new.unit.name)
    row = (new.identifier, *unit, microseconds(new.created), microseconds(new.modified))
    inserted = connection.execute("INSERT INTO descriptors VALUES (NULL, ?, ?, ?, ?, ?, ?, 1)", row)
    number = inserted.lastrowid or 0
    connection.execute("INSERT INTO descriptor_documents VALUES (?, ?)", (number, text_of(new.document)))
    return replace(new, number=number, revision=1)


def _read(connection: Connection, identifier: str) -> StoredDescriptor | None:
    row = connection.execute(f"{_SELECT} WHERE identifier = ?", (identifier,)).fetchone()
    return None if row is None else _descriptor(row)


def _present(connection: Connection, identifier: str) -> StoredDescriptor:
    found = _read(connection, identifier)
    assert found is not None  # it was looked up in the same transaction
    return found


def _descriptor(row: tuple[Any, ...]) -> StoredDescriptor:
    identifier, cluster, namespace, app, document, created, modified, revision, number = row
    unit = UnitKey(cluster, namespace, app)
    return StoredDescriptor(identifier, unit, json.loads(document), moment(created), moment(modified), revision, number)


def _full(count: int) -> OperationFailed:
    message = f"{count} descriptors are kept, which is as many as may be"
    return OperationFailed(Problem("storeFull", message, remedy="delete descriptors that nobody needs"))
