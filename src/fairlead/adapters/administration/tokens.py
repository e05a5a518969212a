"""API tokens in SQLite: never their text, only its digest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fairlead.domain.accounts import account_of
from fairlead.domain.authorising.callers import Role
from fairlead.domain.authorising.tokens import Token
from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.keeping.answers import Missing
from fairlead.domain.keeping.limits import Limits
from fairlead.domain.scopes import Scope
from fairlead.doors.databases.database import Database
from fairlead.doors.databases.moments import microseconds, moment
from fairlead.doors.databases.opening import Connection

_SELECT: Final = """
SELECT identifier, name, role, scope, digest, created, created_by, expires, account, revoked, revoked_by, used
FROM tokens
"""


@dataclass(frozen=True, slots=True)
class SqliteTokens:
    """The `Tokens` of an administration."""

    database: Database
    limits: Limits

    async def add(self, token: Token) -> None:
        """Keep a new token."""

        def store(connection: Connection) -> None:
            (count,) = connection.execute("SELECT count(*) FROM tokens").fetchone()
            if count >= self.limits.tokens:
                message = f"{count} tokens are kept, which is as many as may be"
                raise OperationFailed(Problem("storeFull", message, remedy="let tokens live for a shorter time"))
            connection.execute("INSERT INTO tokens VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _row(token))

        await self.database.write(store)

    async def read(self, identifier: str) -> Token | None:
        """Return a token."""
        return await self.database.read(lambda connection: _read(connection, identifier))

    async def list(self) -> tuple[Token, ...]:
        """Return all tokens."""
        ordered = f"{_SELECT} ORDER BY number"
        return await self.database.read(lambda connection: tuple(_token(row) for row in connection.execute(ordered)))

    async def revoke(self, identifier: str, at: datetime, by: str) -> Token | Missing:
        """Make a token open nothing any more."""
        ended = "UPDATE tokens SET revoked = ?, revoked_by = ? WHERE identifier = ? AND revoked IS NULL"

        def store(connection: Connection) -> Token | Missing:
            connection.execute(ended, (microseconds(at), by, identifier))
            return _read(connection, identifier) or Missing()

        return await self.database.write(store)

    async def used(self, identifier: str, at: datetime) -> None:
        """Note that a token was used."""
        noted = "UPDATE tokens SET used = max(coalesce(used, 0), ?) WHERE identifier = ?"
        await self.database.write(lambda connection: connection.execute(noted, (microseconds(at), identifier)))


def _read(connection: Connection, identifier: str) -> Token | None:
    row = connection.execute(f"{_SELECT} WHERE identifier = ?", (identifier,)).fetchone()
    return None if row is None else _token(row)


def _row(token: Token) -> tuple[Any, ...]:
    return (
        token.identifier,
        token.name,
        token.role.value,
        json.dumps(token.scope.to_json()),
        token.digest,
        microseconds(token.created),
        token.created_by,
        microseconds(token.expires),
        json.dumps(token.account.to_json()) if token.account is not None else None,
        microseconds(token.revoked) if token.revoked is not None else None,
        token.revoked_by,
        microseconds(token.used) if token.used is not None else None,
    )


def _token(row: tuple[Any, ...]) -> Token:
    identifier, name, role, scope, digest, created, created_by, expires, account, revoked, revoked_by, used = row
    parts = {key: None if names is None else frozenset(names) for key, names in json.loads(scope).items()}
    return Token(
        identifier=identifier,
        name=name,
        role=Role(role),
        scope=Scope(**parts),
        digest=digest,
        created=moment(created),
        created_by=created_by,
        expires=moment(expires),
        account=account_of(json.loads(account)) if account is not None else None,
        revoked=moment(revoked) if revoked is not None else None,
        revoked_by=revoked_by,
        used=moment(used) if used is not None else None,
    )
