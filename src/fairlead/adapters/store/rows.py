"""What is kept, as rows; and the parts of statements that several tables share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from fairlead.domain.keeping.answers import KeyReused, Missing, Once, Repeated, Stale
from fairlead.domain.scopes import Scope
from fairlead.doors.databases.moments import microseconds
from fairlead.doors.databases.opening import Connection

Wanted = tuple[str, list[str | int]]
"""A condition and its values."""


def text_of(document: Mapping[str, Any]) -> str:
    """Return a document as text, in ASCII: half a surrogate pair is no UTF-8, and people send it."""
    return json.dumps(document, separators=(",", ":"))


def among(column: str, names: Iterable[str]) -> Wanted:
    """Return the condition that a column holds one of the names, which may be none."""
    values = sorted(names)
    return f"{column} IN ({', '.join('?' * len(values))})", list(values)


def within(scope: Scope) -> Wanted:
    """Return the condition that a unit is in a scope."""
    parts = {"cluster": scope.clusters, "namespace": scope.namespaces, "app": scope.apps}
    return both(*(among(column, names) for column, names in parts.items() if names is not None))


def older(after: int | None) -> Wanted:
    """Return the condition that a row was made before one, if one is named."""
    return ("TRUE", []) if after is None else ("number < ?", [after])


def both(*wanted: Wanted) -> Wanted:
    """Return the condition that all of them hold."""
    return " AND ".join(each for each, _ in wanted) or "TRUE", [value for _, values in wanted for value in values]


def expected(connection: Connection, table: str, *, identifier: str, revision: int | None) -> int | Missing | Stale:
    """Return the number of a row that is of the revision which was read."""
    found = connection.execute(f"SELECT number, revision FROM {table} WHERE identifier = ?", (identifier,)).fetchone()
    if found is None:
        return Missing()
    return int(found[0]) if revision in (None, found[1]) else Stale(found[1])


def repeated(connection: Connection, table: str, *, identifier: str, once: Once | None) -> Repeated | KeyReused | None:
    """Return how a new row is not new, None when it is."""
    if isinstance(expected(connection, table, identifier=identifier, revision=None), int):
        return Repeated(identifier)
    return None if once is None else known(connection, once)


def known(connection: Connection, once: Once) -> Repeated | KeyReused | None:
    """Return what became of a request before, None when it is the first."""
    asked = "SELECT digest, identifier FROM requests WHERE caller = ? AND key = ?"
    found = connection.execute(asked, (once.caller, once.key)).fetchone()
    if found is None:
        return None
    return Repeated(found[1]) if found[0] == once.digest else KeyReused()


def remember(connection: Connection, once: Once | None, identifier: str, at: datetime) -> None:
    """Keep that a request was done, and what it was about."""
    if once is not None:
        row = (once.caller, once.key, once.digest, identifier, microseconds(at))
        connection.execute("INSERT INTO requests VALUES (?, ?, ?, ?, ?, NULL)", row)
