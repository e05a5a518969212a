"""Descriptors in SQLite."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from fairlead.adapters.store.rows import repeated, within
from fairlead.adapters.store.tables import Row, Table
from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.keeping.answers import KeyReused, Missing, Once, Page, Repeated, Stale
from fairlead.domain.keeping.descriptors import StoredDescriptor
from fairlead.domain.keeping.limits import Limits
from fairlead.domain.scopes import Scope
from fairlead.domain.units import UnitKey
from fairlead.doors.databases.database import Database
from fairlead.doors.databases.moments import moment
from fairlead.doors.databases.opening import Connection

_OF_A_UNIT: Final = "cluster = ? AND namespace = ? AND app = ?"


def _descriptor(row: Row) -> StoredDescriptor:
    identifier, cluster, namespace, app, document, created, modified, revision, number = row
    unit = UnitKey(cluster, namespace, app)
    return StoredDescriptor(identifier, unit, json.loads(document), moment(created), moment(modified), revision, number)


_TABLE: Final = Table(
    "descriptors",
    "descriptor_documents",
    "identifier, cluster, namespace, app, document, created, modified, revision, number",
    _descriptor,
)


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
            before = repeated(connection, "descriptors", identifier=descriptor.identifier, once=once)
            if before is not None:
                return before
            (count,) = connection.execute("SELECT count(*) FROM descriptors").fetchone()
            if count >= self.limits.descriptors:
                raise _full(count)
            return _TABLE.add(connection, descriptor, once=once)

        return await self.database.write(store)

    async def read(self, identifier: str) -> StoredDescriptor | None:
        """Return a descriptor."""
        return await self.database.read(lambda connection: _TABLE.find(connection, identifier))

    async def page(self, scope: Scope, *, after: int | None = None, limit: int = 100) -> Page[StoredDescriptor]:
        """Return the newest descriptors of a scope."""
        wanted = within(scope)
        return await self.database.read(lambda connection: _TABLE.page(connection, wanted, after=after, limit=limit))

    async def replace(self, descriptor: StoredDescriptor) -> StoredDescriptor | Missing | Stale:
        """Keep a changed document."""
        return await self.database.write(lambda connection: _TABLE.replace(connection, descriptor))

    async def delete(self, identifier: str, *, revision: int | None = None) -> StoredDescriptor | Missing | Stale:
        """Remove a descriptor."""
        return await self.database.write(lambda connection: _TABLE.delete(connection, identifier, revision))

    async def delete_all(self, unit: UnitKey, *, keep_latest: bool) -> int:
        """Remove the descriptors of a unit."""
        stays = "ORDER BY modified DESC, number DESC LIMIT -1 OFFSET ?"
        chosen = f"SELECT number FROM descriptors WHERE {_OF_A_UNIT} {stays}"
        values = (unit.cluster, unit.namespace, unit.name, int(keep_latest))
        statement = f"DELETE FROM descriptors WHERE number IN ({chosen})"
        return await self.database.write(lambda connection: connection.execute(statement, values).rowcount)


def _full(count: int) -> OperationFailed:
    message = f"{count} descriptors are kept, which is as many as may be"
    return OperationFailed(Problem("storeFull", message, remedy="delete descriptors that nobody needs"))
