"""Deployments in SQLite."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from fairlead.adapters.store.rows import Wanted, among, both, repeated, within
from fairlead.adapters.store.tables import Row, Table
from fairlead.adapters.store.tidying import make_room
from fairlead.domain.keeping.answers import KeyReused, Missing, Once, Page, Repeated, Stale
from fairlead.domain.keeping.deployments import DeploymentFilter, DeploymentStatus, StoredDeployment
from fairlead.domain.keeping.limits import Limits
from fairlead.domain.units import UnitKey
from fairlead.doors.databases.database import Database
from fairlead.doors.databases.moments import moment
from fairlead.doors.databases.opening import Connection

# The newest few of each unit, before pages are cut from them.
_NEWEST: Final = """
SELECT number FROM (SELECT number,
row_number() OVER (PARTITION BY cluster, namespace, app ORDER BY number DESC) AS place
FROM deployments WHERE {condition}) WHERE place <= ?
"""


def _deployment(row: Row) -> StoredDeployment:
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


_TABLE: Final = Table(
    "deployments",
    "deployment_documents",
    "identifier, cluster, namespace, app, descriptor, status, document, created, modified, version, revision, number",
    _deployment,
)


@dataclass(frozen=True, slots=True)
class SqliteDeployments:
    """The `Deployments` of a store."""

    database: Database
    limits: Limits

    async def add(
        self, deployment: StoredDeployment, once: Once | None = None
    ) -> StoredDeployment | Repeated | KeyReused:
        """Keep a new deployment; a full store gives up its oldest one."""
        more = (deployment.descriptor, deployment.status.value, deployment.version)

        def store(connection: Connection) -> StoredDeployment | Repeated | KeyReused:
            before = repeated(connection, "deployments", identifier=deployment.identifier, once=once)
            if before is not None:
                return before
            make_room(connection, self.limits)
            return _TABLE.add(connection, deployment, more=more, once=once)

        return await self.database.write(store)

    async def read(self, identifier: str) -> StoredDeployment | None:
        """Return a deployment."""
        return await self.database.read(lambda connection: _TABLE.find(connection, identifier))

    async def page(
        self, wanted: DeploymentFilter, *, after: int | None = None, limit: int = 100
    ) -> Page[StoredDeployment]:
        """Return the newest deployments that a filter admits."""
        admitted = _admitted(wanted)
        return await self.database.read(lambda connection: _TABLE.page(connection, admitted, after=after, limit=limit))

    async def replace(self, deployment: StoredDeployment) -> StoredDeployment | Missing | Stale:
        """Keep what became of a deployment."""
        more = {"status": deployment.status.value, "version": deployment.version}
        return await self.database.write(lambda connection: _TABLE.replace(connection, deployment, more=more))

    async def delete(self, identifier: str, *, revision: int | None = None) -> StoredDeployment | Missing | Stale:
        """Remove a deployment and what belongs to it."""
        return await self.database.write(lambda connection: _TABLE.delete(connection, identifier, revision))


def _admitted(wanted: DeploymentFilter) -> Wanted:
    statuses = [among("status", [status.value for status in wanted.statuses])] if wanted.statuses else []
    condition, values = both(within(wanted.scope), *statuses)
    if wanted.per_unit is None:
        return condition, values
    return f"number IN ({_NEWEST.format(condition=condition)})", [*values, wanted.per_unit]
