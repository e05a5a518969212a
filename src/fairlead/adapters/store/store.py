"""The store in one SQLite file, of one process at a time."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from fairlead.adapters.store.deployments import SqliteDeployments
from fairlead.adapters.store.descriptors import SqliteDescriptors
from fairlead.adapters.store.health import SqliteHealth
from fairlead.adapters.store.journals import SqliteJournals
from fairlead.adapters.store.requests import SqliteRequests
from fairlead.adapters.store.schema import FORM
from fairlead.adapters.store.tidying import tidy
from fairlead.domain.keeping.limits import Limits
from fairlead.doors.databases.database import Database
from fairlead.doors.databases.errors import Kept
from fairlead.doors.databases.moments import microseconds


class SqliteStore:
    """A `Store` in a file.

    Raises:
        OperationFailed: when it is opened: another process has it, it is damaged, of a later version or of something
            else (`storeBusy`, `storeDamaged`, `storeTooNew`, `storeInvalid`), or cannot be used (`storeFailed`).
    """

    def __init__(self, file: Path, limits: Limits) -> None:
        self._limits = limits
        self._database = database = Database(Kept("store", "the store", file), FORM)
        self.descriptors = SqliteDescriptors(database, limits)
        self.deployments = SqliteDeployments(database, limits)
        self.journals = SqliteJournals(database, limits)
        self.health = SqliteHealth(database)
        self.requests = SqliteRequests(database)

    async def is_filled(self) -> bool:
        """Return whether it was filled from clusters."""
        asked = "SELECT count(*) FROM marks WHERE name = 'filled'"
        return await self._database.read(lambda connection: bool(connection.execute(asked).fetchone()[0]))

    async def filled(self, at: datetime) -> None:
        """Note that it is filled."""
        noted = "INSERT OR REPLACE INTO marks VALUES ('filled', ?)"
        await self._database.write(lambda connection: connection.execute(noted, (microseconds(at),)))

    async def tidy(self, now: datetime) -> None:
        """Remove what is beyond the limits."""
        await self._database.write(lambda connection: tidy(connection, self._limits, now))

    async def close(self) -> None:
        """Store what is under way and close."""
        await self._database.close()
