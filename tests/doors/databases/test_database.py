"""What a database promises to whoever keeps something in it."""

from __future__ import annotations

import asyncio
import os
import sqlite3  # noqa: TID251 - looks at files as somebody else would
import stat
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from fairlead.domain.errors import OperationFailed, Refused
from fairlead.doors.databases.database import Database
from fairlead.doors.databases.errors import Kept
from fairlead.doors.databases.opening import Connection, Form, Migration

MADE: Migration = ("CREATE TABLE things (name TEXT PRIMARY KEY) STRICT",)
GROWN: Migration = ("ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 1", "UPDATE things SET size = 2")
INDEXED: Migration = ("CREATE INDEX things_by_size ON things (size)",)
FORM = Form((MADE,), mark=0x1234)


@asynccontextmanager
async def opened(file: Path, form: Form = FORM) -> AsyncIterator[Database]:
    database = Database(Kept("shelf", "the shelf", file), form)
    try:
        yield database
    finally:
        await database.close()


async def add(database: Database, name: str) -> None:
    def work(connection: Connection) -> None:
        connection.execute("INSERT INTO things (name) VALUES (?)", (name,))

    await database.write(work)


async def names(database: Database) -> list[str]:
    def work(connection: Connection) -> list[str]:
        return [name for (name,) in connection.execute("SELECT name FROM things ORDER BY name")]

    return await database.read(work)


@pytest.fixture(params=[False, True], ids=["own", "shared"])
def form(request: pytest.FixtureRequest) -> Form:
    return Form((MADE,), mark=0x1234, is_shared=request.param)


async def test_what_was_written_is_read_and_is_there_later(tmp_path: Path, form: Form) -> None:
    async with opened(tmp_path / "new" / "file", form) as database:
        await add(database, "a")
        assert await names(database) == ["a"]

    async with opened(tmp_path / "new" / "file", form) as database:
        assert await names(database) == ["a"]


async def test_only_its_owner_may_read_it(tmp_path: Path, form: Form) -> None:
    before = os.umask(0)
    try:
        async with opened(tmp_path / "new" / "file", form) as database:
            await add(database, "a")
            modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in (tmp_path / "new").iterdir()}
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert set(modes.values()) == {0o600}, modes


def told(connection: Connection, *pragmas: str) -> dict[str, object]:
    return {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas}


async def test_what_is_answered_is_on_disk_and_who_reads_leaves_the_log_alone(tmp_path: Path, form: Form) -> None:
    async with opened(tmp_path / "file", form) as database:
        writing = await database.write(
            lambda connection: told(connection, "journal_mode", "synchronous", "fullfsync", "journal_size_limit")
        )
        reading = await database.read(lambda connection: told(connection, "query_only", "wal_autocheckpoint"))
        both = [
            await ask(lambda connection: told(connection, "foreign_keys", "trusted_schema"))
            for ask in (database.write, database.read)
        ]
    mode = "truncate" if form.is_shared else "wal"
    full = 2
    assert writing == {
        "journal_mode": mode,
        "synchronous": full,
        "fullfsync": 1,
        "journal_size_limit": 16 << 20,
    }
    assert reading == {"query_only": 1, "wal_autocheckpoint": 0}
    assert both == [{"foreign_keys": 1, "trusted_schema": 0}] * 2


async def test_a_job_that_fails_is_undone_alone(tmp_path: Path, form: Form) -> None:
    async with opened(tmp_path / "file", form) as database:

        def half(connection: Connection) -> None:
            connection.execute("INSERT INTO things (name) VALUES ('half')")
            raise Refused(())

        jobs = [add(database, "a"), database.write(half), add(database, "a"), add(database, "b")]
        answers = await asyncio.gather(*jobs, return_exceptions=True)

        assert [type(answer) for answer in answers] == [type(None), Refused, OperationFailed, type(None)]
        assert await names(database) == ["a", "b"]


async def test_any_mistake_of_a_job_is_its_own(tmp_path: Path) -> None:
    async with opened(tmp_path / "file") as database:

        def mistaken(connection: Connection) -> None:
            raise KeyError(connection.total_changes)

        with pytest.raises(KeyError):
            await database.write(mistaken)
        with pytest.raises(KeyError):
            await database.read(mistaken)

        await add(database, "a")
        assert await names(database) == ["a"]


async def test_what_is_asked_together_is_synced_together(tmp_path: Path) -> None:
    async with opened(tmp_path / "file") as database:
        commits = list[int]()

        def work(connection: Connection) -> None:
            connection.execute("INSERT INTO things (name) VALUES (?)", (f"{len(commits)}",))
            commits.append(connection.total_changes)

        held = threading.Event()
        first = asyncio.create_task(database.write(lambda connection: held.wait(60)))
        rest = [asyncio.create_task(database.write(work)) for _ in range(100)]
        await asyncio.sleep(0)
        size = (tmp_path / "file-wal").stat().st_size
        held.set()
        await asyncio.gather(first, *rest)
        grown = (tmp_path / "file-wal").stat().st_size - size

    assert len(commits) == 100
    assert grown < 20 * 4200  # a commit writes at least two pages: a hundred of them would be two hundred


async def test_reading_does_not_wait_for_writing(tmp_path: Path) -> None:
    async with opened(tmp_path / "file") as database:
        await add(database, "a")
        held = threading.Event()

        def work(connection: Connection) -> None:
            connection.execute("INSERT INTO things (name) VALUES ('b')")
            held.wait(60)

        writing = asyncio.create_task(database.write(work))
        await asyncio.sleep(0)
        found = await names(database)
        held.set()
        await writing

        assert found == ["a"]
        assert await names(database) == ["a", "b"]


async def test_a_read_sees_one_state(tmp_path: Path) -> None:
    async with opened(tmp_path / "file") as database:
        looked, written = threading.Event(), threading.Event()

        def work(connection: Connection) -> list[int]:
            counts = [connection.execute("SELECT count(*) FROM things").fetchone()[0]]
            looked.set()
            written.wait(60)
            return [*counts, connection.execute("SELECT count(*) FROM things").fetchone()[0]]

        reading = asyncio.create_task(database.read(work))
        await asyncio.to_thread(looked.wait, 60)
        await add(database, "a")
        written.set()

        assert await reading == [0, 0]


async def test_what_reads_cannot_write(tmp_path: Path, form: Form) -> None:
    async with opened(tmp_path / "file", form) as database:
        with pytest.raises(OperationFailed):
            await database.read(lambda connection: connection.execute("INSERT INTO things (name) VALUES ('a')"))

        assert await names(database) == []


async def test_who_has_gone_does_not_disturb_the_others(tmp_path: Path) -> None:
    async with opened(tmp_path / "file") as database:
        gone = asyncio.create_task(add(database, "a"))
        stays = asyncio.create_task(add(database, "b"))
        await asyncio.sleep(0)
        gone.cancel()

        await stays
        assert "b" in await names(database)


async def test_a_closed_one_says_so(tmp_path: Path) -> None:
    async with opened(tmp_path / "file") as database:
        pass

    with pytest.raises(OperationFailed) as reading:
        await names(database)
    with pytest.raises(OperationFailed) as writing:
        await add(database, "a")

    assert {reading.value.code, writing.value.code} == {"shelfFailed"}


async def test_what_was_asked_for_before_it_is_closed_is_written(tmp_path: Path) -> None:
    async with opened(tmp_path / "file") as database:
        tasks = [asyncio.create_task(add(database, f"{number}")) for number in range(50)]
        await asyncio.sleep(0)

    await asyncio.gather(*tasks)
    async with opened(tmp_path / "file") as database:
        assert len(await names(database)) == 50


async def test_one_process_has_its_own_file(tmp_path: Path) -> None:
    async with opened(tmp_path / "file"):
        with pytest.raises(OperationFailed) as caught:
            Database(Kept("shelf", "the shelf", tmp_path / "file"), FORM)

    assert caught.value.code == "shelfBusy"
    async with opened(tmp_path / "file"):
        pass


async def test_several_share_a_shared_file(tmp_path: Path) -> None:
    shared = Form((MADE,), mark=0x1234, is_shared=True)
    async with opened(tmp_path / "file", shared) as one, opened(tmp_path / "file", shared) as other:
        many = [add(database, f"{name}{n}") for n in range(20) for name, database in (("a", one), ("b", other))]
        await asyncio.gather(*many)

        assert len(await names(one)) == 40
        assert await names(one) == await names(other)


@pytest.mark.parametrize("version", [0, 1, 2])
async def test_every_older_version_is_brought_to_the_newest(tmp_path: Path, form: Form, version: int) -> None:
    steps = (MADE, GROWN, INDEXED)
    if version:
        async with opened(tmp_path / "file", Form(steps[:version], form.mark, form.is_shared)) as database:
            await add(database, "old")

    async with opened(tmp_path / "file", Form(steps, form.mark, form.is_shared)) as database:
        await add(database, "new")
        found = await database.read(lambda connection: connection.execute("SELECT * FROM things").fetchall())

    expected = {0: [], 1: [("old", 2)], 2: [("old", 1)]}[version]
    assert found == [*expected, ("new", 1)]


async def test_a_step_that_fails_leaves_the_version_that_was(tmp_path: Path) -> None:
    async with opened(tmp_path / "file") as database:
        await add(database, "a")

    with pytest.raises(OperationFailed) as caught:
        Database(Kept("shelf", "the shelf", tmp_path / "file"), Form((MADE, GROWN, ("nonsense",)), 0x1234))

    assert caught.value.code == "shelfFailed"
    async with opened(tmp_path / "file") as database:
        assert await database.read(lambda connection: connection.execute("SELECT * FROM things").fetchall()) == [("a",)]


async def test_a_later_version_is_left_alone(tmp_path: Path) -> None:
    async with opened(tmp_path / "file", Form((MADE, GROWN), 0x1234)) as database:
        await add(database, "a")
    before = (tmp_path / "file").read_bytes()

    with pytest.raises(OperationFailed) as caught:
        Database(Kept("shelf", "the shelf", tmp_path / "file"), FORM)

    assert caught.value.code == "shelfTooNew"
    assert (tmp_path / "file").read_bytes() == before


async def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "file")) as connection:
        connection.execute("CREATE TABLE photos (name TEXT)")
    before = (tmp_path / "file").read_bytes()

    with pytest.raises(OperationFailed) as caught:
        Database(Kept("shelf", "the shelf", tmp_path / "file"), FORM)

    assert caught.value.code == "shelfInvalid"
    assert (tmp_path / "file").read_bytes()[100:] == before[100:]


@pytest.mark.parametrize("harm", ["flipped", "cut", "other"])
async def test_a_damaged_file_is_noticed(tmp_path: Path, harm: str) -> None:
    file = tmp_path / "file"
    async with opened(file) as database:
        for number in range(500):
            await add(database, f"{number}" * 20)
    data = bytearray(file.read_bytes())
    match harm:
        case "flipped":
            data[4096 * 3 : 4096 * 3 + 16] = bytes(16)
        case "cut":
            del data[4096 * 5 :]
        case _:
            data[:] = b"something else" * 1000
    file.write_bytes(data)

    with pytest.raises(OperationFailed) as caught:
        Database(Kept("shelf", "the shelf", file), FORM)

    assert caught.value.code == "shelfDamaged"
    assert file.read_bytes() == data


async def test_a_full_disk_is_an_error_and_does_not_last(tmp_path: Path, form: Form) -> None:
    async with opened(tmp_path / "file", form) as database:
        await add(database, "a")
        await database.write(lambda connection: connection.execute("PRAGMA max_page_count = 1").fetchone())
        answers = await asyncio.gather(*(add(database, f"{n}" * 50) for n in range(1000)), return_exceptions=True)
        codes = {answer.code for answer in answers if isinstance(answer, OperationFailed)}
        kept = len(await names(database))
        await database.write(lambda connection: connection.execute("PRAGMA max_page_count = 1000").fetchone())
        await add(database, "b")

        assert codes == {"shelfFailed"}
        assert kept == 1 + answers.count(None)
        assert len(await names(database)) == kept + 1


async def test_a_directory_that_cannot_be_made_is_an_error(tmp_path: Path, form: Form) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(OperationFailed) as caught:
        Database(Kept("shelf", "the shelf", tmp_path / "file" / "below"), form)

    assert caught.value.code == "shelfFailed"
