"""Health data in SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairlead.adapters.store.rows import expected
from fairlead.domain.keeping.health_data import MOST_PODS, HealthData
from fairlead.doors.databases.database import Database
from fairlead.doors.databases.moments import microseconds, moment
from fairlead.doors.databases.opening import Connection

_FORGET: Final = """
DELETE FROM health WHERE number = ?1 AND pod IN
  (SELECT pod FROM health WHERE number = ?1 ORDER BY at DESC, pod DESC LIMIT -1 OFFSET ?2)
"""


@dataclass(frozen=True, slots=True)
class SqliteHealth:
    """The `HealthResults` of a store."""

    database: Database

    async def put(self, deployment: str, results: Sequence[HealthData]) -> None:
        """Keep the last answers of pods."""

        def store(connection: Connection) -> None:
            number = expected(connection, "deployments", identifier=deployment, revision=None)
            if isinstance(number, int):
                rows = [(number, result.pod, result.value, microseconds(result.at)) for result in results]
                connection.executemany("INSERT OR REPLACE INTO health VALUES (?, ?, ?, ?)", rows)
                connection.execute(_FORGET, (number, MOST_PODS))

        await self.database.write(store)

    async def read(self, deployment: str) -> tuple[HealthData, ...]:
        """Return the last answer of every pod."""
        found = "SELECT pod, value, at FROM health WHERE number = ? ORDER BY pod"

        def read(connection: Connection) -> tuple[HealthData, ...]:
            number = expected(connection, "deployments", identifier=deployment, revision=None)
            rows = connection.execute(found, (number,)) if isinstance(number, int) else ()
            return tuple(HealthData(pod, value, moment(at)) for pod, value, at in rows)

        return await self.database.read(read)
