"""What people decide for the server, in one SQLite file that the server and the command use at the same time."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from fairlead.adapters.administration.audit import SqliteAudit
from fairlead.adapters.administration.schema import FORM
from fairlead.adapters.administration.tokens import SqliteTokens
from fairlead.domain.authorising.auditing import STRANGER
from fairlead.domain.keeping.limits import Limits
from fairlead.doors.databases.database import Database
from fairlead.doors.databases.errors import Kept
from fairlead.doors.databases.moments import microseconds
from fairlead.doors.databases.opening import Connection


class SqliteAdministration:
    """An `Administration` in a file.

    Raises:
        OperationFailed: when it is opened: it is damaged, of a later version or of something else, or cannot be used
            (`administrationDamaged`, `administrationTooNew`, `administrationInvalid`, `administrationFailed`).
    """

    def __init__(self, file: Path, limits: Limits) -> None:
        self._limits = limits
        noun = "the file of tokens and the audit log"
        self._database = database = Database(Kept("administration", noun, file), FORM)
        self.tokens = SqliteTokens(database, limits)
        self.audit = SqliteAudit(database)

    async def tidy(self, now: datetime) -> None:
        """Remove what is beyond the limits."""
        limits = self._limits

        def remove(connection: Connection) -> None:
            dead = "DELETE FROM tokens WHERE coalesce(revoked, expires) < ?"
            connection.execute(dead, (microseconds(now - limits.token_age),))
            connection.execute("DELETE FROM audit WHERE at < ?", (microseconds(now - limits.audit_age),))
            strangers = "SELECT number FROM audit WHERE caller = ? ORDER BY number DESC LIMIT -1 OFFSET ?"
            values = (STRANGER, limits.audit_strangers)
            connection.execute(f"DELETE FROM audit WHERE number IN ({strangers})", values)
            beyond = "SELECT number FROM audit ORDER BY number DESC LIMIT -1 OFFSET ?"
            connection.execute(f"DELETE FROM audit WHERE number IN ({beyond})", (limits.audit_entries,))

        await self._database.write(remove)

    async def close(self) -> None:
        """Store what is under way and close."""
        await self._database.close()
