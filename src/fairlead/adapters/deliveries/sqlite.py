"""The queue of deliveries in a SQLite file: write-ahead log, every commit synced to disk."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Final

from fairlead.adapters.deliveries.rows import from_row, to_row
from fairlead.domain.webhooks.deliveries import Delivery, ImagePushed
from fairlead.doors.databases.database import Database
from fairlead.doors.databases.errors import Kept
from fairlead.doors.databases.opening import Connection, Form
from fairlead.ports.deliveries import MOST_EARLIER, Work

# Deliveries whose repetition is noticed, at least: eight minutes at 2,000 a second, months at usual rates.
REMEMBERED = 1_000_000

_FORM: Final = Form(
    (
        (
            """CREATE TABLE IF NOT EXISTS seen (number INTEGER PRIMARY KEY, receiver TEXT NOT NULL,
               identifier TEXT NOT NULL, UNIQUE (receiver, identifier)) STRICT""",
            """CREATE TABLE IF NOT EXISTS announced (kind TEXT NOT NULL, subject TEXT NOT NULL, item TEXT NOT NULL,
               time REAL NOT NULL, rest TEXT NOT NULL, mark INTEGER NOT NULL, PRIMARY KEY (kind, subject, item))
               STRICT""",
            "CREATE TABLE IF NOT EXISTS marks (one INTEGER PRIMARY KEY CHECK (one = 1), mark INTEGER NOT NULL) STRICT",
            "INSERT OR IGNORE INTO marks VALUES (1, 0)",
        ),
        (
            "ALTER TABLE seen ADD COLUMN about TEXT",
            "CREATE INDEX seen_about ON seen (receiver, about) WHERE about IS NOT NULL",
            "DROP TABLE marks",  # the number of a delivery has always been its mark
        ),
        (
            """CREATE TABLE dated (subject TEXT NOT NULL, item TEXT NOT NULL, time REAL NOT NULL, moment TEXT NOT NULL,
               mark INTEGER NOT NULL, PRIMARY KEY (subject, item)) STRICT, WITHOUT ROWID""",
        ),
    )
)
# A later announcement of the same tag replaces an earlier one, unless its own time says that it is the older one.
_ANNOUNCE = """
INSERT INTO announced VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET time = excluded.time, rest = excluded.rest, mark = excluded.mark
WHERE excluded.time = 0 OR excluded.time >= announced.time
"""
_DATE = """
INSERT INTO dated VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET time = excluded.time, moment = excluded.moment, mark = excluded.mark
WHERE excluded.time >= dated.time
"""
_EARLIER = "SELECT item, moment FROM dated WHERE subject = ? ORDER BY time DESC LIMIT ?"
_WAITING = """
SELECT kind, subject, item, rest, mark FROM announced WHERE (kind, subject) IN
  (SELECT kind, subject FROM announced GROUP BY kind, subject ORDER BY min(mark) LIMIT ?)
ORDER BY kind, subject, mark
"""


class SqliteQueue:
    """A `DeliveryQueue` in a file that one process at a time may use."""

    def __init__(self, file: Path, *, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._database = Database(Kept("queue", "the queue of deliveries", file), _FORM)

    async def accept(self, delivery: Delivery) -> bool:
        """Store a delivery; False when it was taken before."""
        rows, about = [to_row(each) for each in delivery.announcements], delivery.about

        def store(connection: Connection) -> bool:
            taken = connection.execute(
                "INSERT OR IGNORE INTO seen (receiver, identifier, about) VALUES (?, ?, ?)",
                (delivery.receiver, delivery.identifier, about),
            )
            if taken.rowcount == 0:
                return False
            if about is not None:
                connection.execute(
                    "DELETE FROM seen WHERE receiver = ? AND about = ? AND identifier <> ?",
                    (delivery.receiver, about, delivery.identifier),
                )
            mark = taken.lastrowid or 0
            self._trim(connection, mark)
            for row in rows:
                connection.execute(_ANNOUNCE, (row.kind, row.subject, row.item, row.time, row.rest, mark))
                if row.moment is not None:
                    connection.execute(_DATE, (row.subject, row.item, row.time, row.moment, mark))
            return True

        return await self._database.write(store)

    async def waiting(self, limit: int) -> tuple[Work, ...]:
        """Return up to `limit` subjects that have waited longest."""

        def read(connection: Connection) -> tuple[Work, ...]:
            found = connection.execute(_WAITING, (limit,)).fetchall()
            grouped = [list(rows) for _, rows in groupby(found, key=lambda row: row[:2])]
            return tuple(_work(rows, connection) for rows in sorted(grouped, key=lambda rows: rows[0][4]))

        return await self._database.read(read)

    async def done(self, work: Work) -> None:
        """Remove what was acted on; what was announced meanwhile stays."""
        kind_of = {(row.kind, row.subject) for row in map(to_row, work.announcements)}

        def remove(connection: Connection) -> None:
            for kind, subject in kind_of:
                connection.execute(
                    "DELETE FROM announced WHERE kind = ? AND subject = ? AND mark <= ?", (kind, subject, work.mark)
                )

        await self._database.write(remove)

    async def close(self) -> None:
        """Store what is under way and close."""
        await self._database.close()

    def _trim(self, connection: Connection, newest: int) -> None:
        if newest % self._remembered == 0:
            connection.execute("DELETE FROM seen WHERE number <= ?", (newest - self._remembered,))
            connection.execute("DELETE FROM dated WHERE mark <= ?", (newest - self._remembered,))


def _work(rows: list[tuple[str, str, str, str, int]], connection: Connection) -> Work:
    """Return the work of one subject from its rows, oldest first."""
    subject, found = rows[0][1], tuple(from_row(*row[:4]) for row in rows)
    earlier: tuple[ImagePushed, ...] = ()
    if isinstance(found[0], ImagePushed):
        dated = connection.execute(_EARLIER, (subject, MOST_EARLIER))
        earlier = tuple(ImagePushed(found[0].image, tag, time=datetime.fromisoformat(at)) for tag, at in dated)
    return Work(subject, found, rows[-1][4], earlier)
