"""Documents that people send and the store keeps: what is the same whatever they are about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from fairlead.adapters.store.rows import Wanted, both, expected, older, remember, text_of
from fairlead.domain.keeping.answers import Missing, Once, Page, Stale
from fairlead.domain.keeping.deployments import StoredDeployment
from fairlead.domain.keeping.descriptors import StoredDescriptor
from fairlead.doors.databases.moments import microseconds
from fairlead.doors.databases.opening import Connection

Row = tuple[Any, ...]
T = TypeVar("T", bound=StoredDeployment | StoredDescriptor)


@dataclass(frozen=True, slots=True)
class Table(Generic[T]):
    """A table and the one beside it that holds the documents, which are long and seldom needed.

    `item` makes one of a row, which has these `columns`.
    """

    name: str
    documents: str
    columns: str
    item: Callable[[Row], T]

    def find(self, connection: Connection, identifier: str) -> T | None:
        """Return one of them."""
        row = connection.execute(f"{self._select()} WHERE identifier = ?", (identifier,)).fetchone()
        return None if row is None else self.item(row)

    def page(self, connection: Connection, wanted: Wanted, *, after: int | None, limit: int) -> Page[T]:
        """Return the newest of those that are wanted, of those made before `after`."""
        condition, values = both(wanted, older(after))
        listed = f"{self._select()} WHERE {condition} ORDER BY number DESC LIMIT ?"
        rows = connection.execute(listed, (*values, limit + 1)).fetchall()
        items = tuple(self.item(row) for row in rows[:limit])
        return Page(items, items[-1].number if len(rows) > limit else None)

    def add(self, connection: Connection, new: T, *, more: Row = (), once: Once | None) -> T:
        """Keep a new one; `more` are the columns of this table between its unit and its times."""
        remember(connection, once, new.identifier, new.created)
        unit = (new.unit.cluster, new.unit.namespace, new.unit.name)
        row = (new.identifier, *unit, *more, microseconds(new.created), microseconds(new.modified))
        places = ", ".join("?" * len(row))
        number = connection.execute(f"INSERT INTO {self.name} VALUES (NULL, {places}, 1)", row).lastrowid or 0
        connection.execute(f"INSERT INTO {self.documents} VALUES (?, ?)", (number, text_of(new.document)))
        return replace(new, number=number, revision=1)

    def replace(
        self, connection: Connection, changed: T, *, more: Mapping[str, Any] | None = None
    ) -> T | Missing | Stale:
        """Keep a changed document; `more` are the columns of this table that changed with it."""
        number = expected(connection, self.name, identifier=changed.identifier, revision=changed.revision)
        if not isinstance(number, int):
            return number
        columns = {"modified": microseconds(changed.modified), **(more or {})}
        assigned = ", ".join(f"{column} = ?" for column in columns)
        update = f"UPDATE {self.name} SET {assigned}, revision = revision + 1 WHERE number = ?"
        connection.execute(update, (*columns.values(), number))
        document = (text_of(changed.document), number)
        connection.execute(f"UPDATE {self.documents} SET document = ? WHERE number = ?", document)
        return self._present(connection, changed.identifier)

    def delete(self, connection: Connection, identifier: str, revision: int | None) -> T | Missing | Stale:
        """Remove one, and return it as it was."""
        number = expected(connection, self.name, identifier=identifier, revision=revision)
        if not isinstance(number, int):
            return number
        gone = self._present(connection, identifier)
        connection.execute(f"DELETE FROM {self.name} WHERE number = ?", (number,))
        return gone

    def _present(self, connection: Connection, identifier: str) -> T:
        found = self.find(connection, identifier)
        assert found is not None  # it was looked up in the same transaction
        return found

    def _select(self) -> str:
        return f"SELECT {self.columns} FROM {self.name} JOIN {self.documents} USING (number)"
