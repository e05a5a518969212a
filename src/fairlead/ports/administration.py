"""What people decide for the server, apart from what it remembers: tokens; and the log of what was done.

Nothing in a cluster could bring this back, and the command changes it while the server runs. So any number of
processes may use it at a time, and each sees what the others did at its next call.
Guarantees and errors: as those of the store, and `OperationFailed` `administrationBusy` when another process would not
let go.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from fairlead.domain.authorising.auditing import AuditEntry
from fairlead.domain.authorising.tokens import Token
from fairlead.domain.keeping.answers import Missing, Page


class Tokens(Protocol):
    """API tokens by identifier."""

    async def add(self, token: Token) -> None:
        """Keep a new token; `OperationFailed` (`storeFull`) when there are as many as may be."""
        ...

    async def read(self, identifier: str) -> Token | None:
        """Return a token, None when there is none."""
        ...

    async def list(self) -> tuple[Token, ...]:
        """Return all tokens, the oldest first."""
        ...

    async def revoke(self, identifier: str, at: datetime, by: str) -> Token | Missing:
        """Make a token open nothing any more, and return it; it stays in the list for a while."""
        ...

    async def used(self, identifier: str, at: datetime) -> None:
        """Note that a token was used; a later note stands."""
        ...


class AuditLog(Protocol):
    """What was done, only ever added to."""

    async def append(self, entry: AuditEntry) -> AuditEntry:
        """Keep an entry and return it with its number."""
        ...

    async def page(self, *, after: int | None = None, limit: int = 100) -> Page[AuditEntry]:
        """Return the newest entries, those before `after`."""
        ...


class Administration(Protocol):
    """Tokens and the audit log, shared by processes of one machine."""

    @property
    def tokens(self) -> Tokens:
        """Those that open the server, the revoked and expired ones too."""
        ...

    @property
    def audit(self) -> AuditLog:
        """The audit log."""
        ...

    async def tidy(self, now: datetime) -> None:
        """Remove what is beyond the limits."""
        ...

    async def close(self) -> None:
        """Store what is under way and close."""
        ...
