"""Opens SQLite files: in which mode, at which version, for whom.

A file of one process has a write-ahead log, so that reading never waits for writing. Releases of SQLite before 3.51.3
can corrupt such a file when two connections write or checkpoint at once (sqlite.org/wal.html#walresetbug), and machines
carry them for years. So one connection writes and checkpoints, the others may do neither. A file that several processes
share has a rollback journal instead, which knows no such bug; it is small and seldom written.
Either way a commit has reached the disk when it returns.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fairlead.doors.databases.errors import Kept

Connection = sqlite3.Connection
Migration = tuple[str, ...]
# How long is waited for whoever else writes: another process of ours, or nobody that we know of.
_BUSY_SECONDS: Final = {True: 5.0, False: 1.0}
# What is left of the write-ahead log, or the journal, on disk after it was used; bytes.
_JOURNAL_BYTES: Final = 16 << 20


@dataclass(frozen=True, slots=True)
class Form:
    """What a database is like: who may use it, and the statements that lead from each version to the next.

    `mark` is written into the file, so that a database of something else is not taken for this one; 0 marks nothing.
    """

    migrations: Sequence[Migration]
    mark: int = 0
    is_shared: bool = False


def lock(kept: Kept) -> int:
    """Return the descriptor that holds the file for this process until it is closed.

    Raises:
        OperationFailed: the directory cannot be used, or another process has the file (`...Failed`, `...Busy`).
    """
    with kept.failures():
        kept.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(f"{kept.file}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        remedy = "end it, or name another file"
        raise kept.problem("Busy", f"another process uses {kept.noun}", remedy) from None
    return descriptor


def make_ready(kept: Kept, form: Form) -> None:
    """Make the file if there is none, bring it to the newest version, and look whether it is whole.

    Raises:
        OperationFailed: it is damaged, of something else, or of a later Fairlead (`...Damaged`, `...Invalid`,
            `...TooNew`); nothing was changed then.
    """
    with kept.failures():
        kept.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(kept.file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        with closing(_connect(kept.file, form)) as connection:
            _require_whole(connection, kept)
            _set_up(connection, form)
            _migrate(connection, kept, form)


def open_writer(file: Path, form: Form) -> Connection:
    """Return the connection that writes."""
    connection = _connect(file, form)
    _set_up(connection, form)
    return connection


def open_reader(file: Path, form: Form) -> Connection:
    """Return a connection that reads, and leaves the write-ahead log alone."""
    connection = _connect(file, form)
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    return connection


def _connect(file: Path, form: Form) -> Connection:
    connection = sqlite3.connect(file, _BUSY_SECONDS[form.is_shared], isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def _set_up(connection: Connection, form: Form) -> None:
    connection.execute("PRAGMA synchronous = FULL")
    # A journal that is deleted may come back after a crash, since FULL syncs no directory; a truncated one may not.
    connection.execute(f"PRAGMA journal_mode = {'TRUNCATE' if form.is_shared else 'WAL'}")
    connection.execute("PRAGMA fullfsync = ON")  # where a plain one only reaches the drive's cache
    connection.execute(f"PRAGMA journal_size_limit = {_JOURNAL_BYTES}")


def _require_whole(connection: Connection, kept: Kept) -> None:
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise kept.damaged(found)


def _migrate(connection: Connection, kept: Kept, form: Form) -> None:
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (mark,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables and mark != form.mark:
        raise kept.problem("Invalid", f"the file holds something else than {kept.noun}", "name another file")
    if version > len(form.migrations):
        message = f"{kept.noun} is of version {version}, and this Fairlead knows versions up to {len(form.migrations)}"
        raise kept.problem("TooNew", message, "use the Fairlead that wrote it, or a later one")
    if version < len(form.migrations):
        for statement in (each for migration in form.migrations[version:] for each in migration):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {form.mark}")
        connection.execute(f"PRAGMA user_version = {len(form.migrations)}")
    connection.execute("COMMIT")
