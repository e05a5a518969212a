"""Deployments in SQLite."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Final

from fairlead.adapters.store.rows import (
    Wanted,
    among,
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
from fairlead.adapters.store.tidying import make_room
from fairlead.domain.keeping.answers import KeyReused, Missing, Once, Page, Repeated, Stale
from fairlead.domain.keeping.deployments import DeploymentFilter, DeploymentStatus, StoredDeployment
from fairlead.domain.keeping.limits import Limits
from fairlead.domain.units import UnitKey
from fairlead.doors.databases.database import Database
from fairlead.doors.databases.opening import Connection

_SELECT: Final = """
SELECT identifier, cluster, namespace, app, descriptor, status, document, created, modified, version, revision, number
FROM deployments JOIN deployment_documents USING (number)
"""
# The newest few of each unit, before pages are cut from them.
_NEWEST: Final = """
SELECT number FROM (SELECT number,
row_number() OVER (PARTITION BY cluster, namespace, app ORDER BY number DESC) AS place
FROM deployments WHERE {condition}) WHERE place <= ?
"""
_UPDATE: Final = """
UPDATE deployments SET status = ?, version = ?, modified = ?, revision = revision + 1 WHERE number = ?
"""


@dataclass(frozen=True, slots=True)
class SqliteDeployments:
    """The `Deployments` of a store."""

    database: Database
    limits: Limits

    async def add(
        self, deployment: StoredDeployment, once: Once | None = None
    ) -> StoredDeployment | Repeated | KeyReused:
        """Keep a new deployment; a full store gives up its oldest one."""

        def store(connection: Connection) -> StoredDeployment | Repeated | KeyReused:
            before = repeated(connection, "deployments", deployment.identifier, once)
            if before is not None:
                return before
            make_room(connection, self.limits)
            remember(connection, once, deployment.identifier, deployment.created)
            return _insert(connection, deployment)

        return await self.database.write(store)

    async def read(self, identifier: str) -> StoredDeployment | None:
        """Return a deployment."""
        return await self.database.read(lambda connection: _read(connection, identifier))

    async def page(
        self, wanted: DeploymentFilter, *, after: int | None = None, limit: int = 100
    ) -> Page[StoredDeployment]:
        """Return the newest deployments that a filter admits."""
        condition, values = both(_admitted(wanted), older(after))

        def read(connection: Connection) -> Page[StoredDeployment]:
            listed = f"{_SELECT} WHERE {condition} ORDER BY number DESC LIMIT ?"
            rows = connection.execute(listed, (*values, limit + 1)).fetchall()
            items = tuple(_deployment(row) for row in rows[:limit])
            return Page(items, items[-1].number if len(rows) > limit else None)

        return await self.database.read(read)

    async def replace(self, deployment: StoredDeployment) -> StoredDeployment | Missing | Stale:
        """Keep what became of a deployment."""

        def store(connection: Connection) -> StoredDeployment | Missing | Stale:
            number = expected(connection, "deployments", deployment.identifier, deployment.revision)
            if not isinstance(number, int):
                return number
            changed = (deployment.status.value, deployment.version, microseconds(deployment.modified), number)
            connection.execute(_UPDATE, changed)
            document = (text_of(deployment.document), number)
            connection.execute("UPDATE deployment_documents SET document = ? WHERE number = ?", document)
            return _present(connection, deployment.identifier)

        return await self.database.write(store)

    async def delete(self, identifier: str, *, revision: int | None = None) -> StoredDeployment | Missing | Stale:
        """Remove a deployment and what belongs to it."""

        def remove(connection: Connection) -> StoredDeployment | Missing | Stale:
            number = expected(connection, "deployments", identifier, revision)
            if not isinstance(number, int):
                return number
            gone = _present(connection, identifier)
            connection.execute("DELETE FROM deployments WHERE number = ?", (number,))
            return gone

        return await self.database.write(remove)


def _admitted(wanted: DeploymentFilter) -> Wanted:
    statuses = [among("status", [status.value for status in wanted.statuses])] if wanted.statuses else []
    condition, values = both(within(wanted.scope), *statuses)
    if wanted.per_unit is None:
        return condition, values
    return f"number IN ({_NEWEST.format(condition=condition)})", [*values, wanted.per_unit]


def _insert(connection: Connection, new: StoredDeployment) -> StoredDeployment:
    unit = (new.unit.cluster, new.unit.namespace, new.unit.name)
    times = (microseconds(new.created), microseconds(new.modified))
    row = (new.identifier, *unit, new.descriptor, new.status.value, new.version, *times)
    inserted = connection.execute("INSERT INTO deployments VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)", row)
    number = inserted.lastrowid or 0
    connection.execute("INSERT INTO deployment_documents VALUES (?, ?)", (number, text_of(new.document)))
    return replace(new, number=number, revision=1)


def _read(connection: Connection, identifier: str) -> StoredDeployment | None:
    row = connection.execute(f"{_SELECT} WHERE identifier = ?", (identifier,)).fetchone()
    return None if row is None else _deployment(row)


def _present(connection: Connection, identifier: str) -> StoredDeployment:
    found = _read(connection, identifier)
    assert found is not None  # it was looked up in the same transaction
    return found


def _deployment(row: tuple[Any, ...]) -> StoredDeployment:
    identifier, cluster, namespace, app, descriptor, status, document, created, modified, version, revision, number = (
        row
    )
    return StoredDeployment(
        identifier=identifier,
        unit=UnitKey(cluster, namespace, app),
        descriptor=descriptor,
        status=DeploymentStatus(status),
        document=json.loads(document),
        created=moment(created),
        modified=moment(modified),
        version=version,
        revision=revision,
        number=number,
    )
