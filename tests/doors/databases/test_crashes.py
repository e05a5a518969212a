"""A machine that dies loses nothing that was answered; and if it did, the recording would show it."""

from __future__ import annotations

import asyncio
import sqlite3  # noqa: TID251 - opens what a crash left, and files that are less careful
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from fairlead.domain.errors import OperationFailed
from fairlead.doors.databases.database import Database
from fairlead.doors.databases.errors import Kept
from fairlead.doors.databases.opening import Connection, Form
from tests.faults.disks import Answered, Deletion, Disk, Op, Recording, Step, Sync, disks, recorded

TABLE = "CREATE TABLE things (name TEXT PRIMARY KEY, half TEXT NOT NULL) STRICT"


async def used(file: Path, form: Form, recording: Recording) -> None:
    """Write in two sessions, of several at a time where that may be."""

    async def add(database: Database, name: str) -> None:
        def work(connection: Connection) -> None:
            connection.execute("INSERT INTO things VALUES (?, 'first')", (name,))
            connection.execute("UPDATE things SET half = ? WHERE name = ?", ("second" * 300, name))

        await database.write(work)
        recording.answered(name)

    for session in range(2):
        count = 2 if form.is_shared else 1
        databases = [Database(Kept("shelf", "the shelf", file), form) for _ in range(count)]
        for number in range(5):
            await add(databases[number % count], f"{session} {number}")
        await asyncio.gather(*(add(databases[number % count], f"{session} many {number}") for number in range(10)))
        for database in databases:
            await database.close()


def lost(disk: Disk, directory: Path) -> list[str]:
    """Return what had been answered and is gone, or is there by half."""
    disk.put(directory)
    with closing(sqlite3.connect(directory / "file")) as connection:
        if not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            return sorted(disk.answered)
        rows = dict(connection.execute("SELECT name, half FROM things").fetchall())
        damage = [found for (found,) in connection.execute("PRAGMA quick_check") if found != "ok"]
    halves = [name for name, half in rows.items() if half != "second" * 300]
    return [*damage, *halves, *sorted(disk.answered - rows.keys())]


@pytest.mark.parametrize("is_shared", [False, True], ids=["own", "shared"])
async def test_no_crash_loses_what_was_answered(tmp_path: Path, is_shared: bool) -> None:
    directory, left = tmp_path / "used", tmp_path / "left"
    directory.mkdir()
    left.mkdir()
    with recorded(directory) as recording:
        await used(directory / "file", Form(((TABLE,),), 0x1234, is_shared), recording)

    found = [disk for disk in disks(recording.steps, Random(1)) if disk.step % 2 or disk.kind != "all"]
    assert {disk.kind for disk in found} == {"all", "safe", "part"}
    for disk in found:
        assert lost(disk, left) == [], (disk.step, disk.kind)


async def tried(file: Path, form: Form, *, count: int) -> dict[str, str]:
    """Add so many rows, three at a time, and return what was answered for each."""
    database = Database(Kept("shelf", "the shelf", file), form)
    answers = dict[str, str]()

    async def add(name: str) -> None:
        try:
            await database.write(lambda connection: connection.execute("INSERT INTO things VALUES (?, 'x')", (name,)))
            answers[name] = "kept"
        except OperationFailed as error:
            answers[name] = error.code

    for number in range(0, count, 3):
        await asyncio.gather(*(add(f"{number} {part}") for part in range(3)))
    await database.close()
    return answers


async def names(file: Path, form: Form) -> set[str]:
    database = Database(Kept("shelf", "the shelf", file), form)
    found = await database.read(lambda connection: connection.execute("SELECT name FROM things").fetchall())
    await database.close()
    return {name for (name,) in found}


@pytest.mark.parametrize("is_shared", [False, True], ids=["own", "shared"])
async def test_a_full_disk_loses_what_was_refused_and_nothing_else(tmp_path: Path, is_shared: bool) -> None:
    """The disk is full for a few writes, wherever that may be; then there is space again."""
    form, refused = Form(((TABLE,),), 0x1234, is_shared), 0
    for first in range(0, 60, 3):
        directory = tmp_path / f"{first}"
        directory.mkdir()
        await tried(directory / "file", form, count=0)
        with recorded(directory, full=range(first, first + 4)):
            answers = await tried(directory / "file", form, count=20)
        kept = await names(directory / "file", form)
        refused += sum(answer == "shelfFailed" for answer in answers.values())
        assert set(answers.values()) <= {"kept", "shelfFailed"}
        assert kept == {name for name, answer in answers.items() if answer == "kept"}

    assert refused > 10


def test_a_file_that_is_not_synced_is_found_out(tmp_path: Path) -> None:
    """The same, without the pragma that the promise rests on: the recording has to show the loss."""
    directory, left = tmp_path / "used", tmp_path / "left"
    directory.mkdir()
    left.mkdir()
    with recorded(directory) as recording, closing(sqlite3.connect(directory / "file")) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(TABLE)
        for name in "abc":
            with connection:
                connection.execute("INSERT INTO things VALUES (?, ?)", (name, "second" * 300))
            recording.answered(name)

    assert any(lost(disk, left) for disk in disks(recording.steps, Random(1)))


def test_what_a_crash_leaves_lies_between_all_and_what_is_safe() -> None:
    steps: list[Step] = [
        Op("a", 0, b"old"),
        Sync("a", with_directory=False),
        Op("a", 0, b"new"),
        Op("b", 2, b"x"),
        Answered("told"),
        Deletion("a", is_synced=False),
        Sync("b", with_directory=True),
        Op("b", 1, None),
    ]
    found = [(disk.step, disk.kind, dict(disk.files)) for disk in disks(steps, Random(1)) if disk.kind != "part"]

    assert found == [
        (0, "all", {"a": b"old"}),
        (1, "safe", {}),
        (1, "all", {"a": b"old"}),
        (2, "all", {"a": b"new"}),
        (3, "all", {"a": b"new", "b": b"\0\0x"}),
        (4, "all", {"a": b"new", "b": b"\0\0x"}),
        (4, "safe", {"a": b"old"}),
        (5, "all", {"b": b"\0\0x"}),
        (6, "safe", {"a": b"old"}),
        (6, "all", {"b": b"\0\0x"}),
        (7, "all", {"b": b"\0"}),
    ]
    assert [disk.answered for disk in disks(steps, Random(1))][-1] == {"told"}
