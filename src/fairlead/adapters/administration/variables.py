"""Environment variables in SQLite; of secret ones only where they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.keeping.answers import Missing, Stale
from fairlead.domain.keeping.limits import Limits
from fairlead.domain.keeping.variables import Place, SecretReference, Variable
from fairlead.doors.databases.database import Database
from fairlead.doors.databases.opening import Connection

_COLUMNS: Final = "name, cluster, namespace, value, secret, key, revision"
_ONE: Final = "name = ? AND cluster = ? AND namespace = ?"


@dataclass(frozen=True, slots=True)
class SqliteVariables:
    """The `Variables` of an administration."""

    database: Database
    limits: Limits

    async def put(self, variable: Variable, *, revision: int | None = None) -> Variable | Stale:
        """Keep a variable."""

        def store(connection: Connection) -> Variable | Stale:
            present = _read(connection, variable.name, variable.place)
            before = present.revision if present is not None else 0
            if revision not in (None, before):
                return Stale(before)
            if present is None:
                self._make_sure_of_room(connection)
            kept = replace(variable, revision=before + 1)
            connection.execute("INSERT OR REPLACE INTO variables VALUES (?, ?, ?, ?, ?, ?, ?)", _row(kept))
            return kept

        return await self.database.write(store)

    async def delete(self, name: str, place: Place) -> Variable | Missing:
        """Remove a variable."""

        def remove(connection: Connection) -> Variable | Missing:
            present = _read(connection, name, place)
            connection.execute(f"DELETE FROM variables WHERE {_ONE}", (name, place.cluster, place.namespace))
            return present or Missing()

        return await self.database.write(remove)

    async def list(self) -> tuple[Variable, ...]:
        """Return all variables."""
        ordered = f"SELECT {_COLUMNS} FROM variables ORDER BY name, cluster, namespace"
        return await self.database.read(lambda connection: tuple(_variable(row) for row in connection.execute(ordered)))

    def _make_sure_of_room(self, connection: Connection) -> None:
        (count,) = connection.execute("SELECT count(*) FROM variables").fetchone()
        if count >= self.limits.variables:
            message = f"{count} variables are kept, which is as many as may be"
            raise OperationFailed(Problem("storeFull", message, remedy="remove variables that nobody needs"))


def _read(connection: Connection, name: str, place: Place) -> Variable | None:
    found = f"SELECT {_COLUMNS} FROM variables WHERE {_ONE}"
    row = connection.execute(found, (name, place.cluster, place.namespace)).fetchone()
    return None if row is None else _variable(row)


def _row(variable: Variable) -> tuple[Any, ...]:
    where = (variable.name, variable.place.cluster, variable.place.namespace)
    match variable.value:
        case SecretReference(secret=secret, key=key):
            return (*where, None, secret, key, variable.revision)
        case value:
            return (*where, value, None, None, variable.revision)


def _variable(row: tuple[Any, ...]) -> Variable:
    name, cluster, namespace, value, secret, key, revision = row
    said = value if secret is None else SecretReference(secret, key)
    return Variable(name, said, Place(cluster, namespace), revision)
