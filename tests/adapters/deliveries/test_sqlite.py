"""What a queue on disk promises beyond the contract: kills, restarts, bounds, one owner."""

from __future__ import annotations

import asyncio
import sqlite3  # noqa: TID251 - looks at the file as somebody else would
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairlead.adapters.deliveries.sqlite import SqliteQueue
from fairlead.domain.errors import OperationFailed
from fairlead.domain.images import parse_image
from fairlead.domain.webhooks.deliveries import Delivery, ImagePushed

_ACCEPTS_FOR_EVER = """
import asyncio, itertools, sys
from pathlib import Path
from fairlead.adapters.deliveries.sqlite import SqliteQueue
from fairlead.domain.images import parse_image
from fairlead.domain.webhooks.deliveries import Delivery, ImagePushed

async def main():
    queue = SqliteQueue(Path(sys.argv[1]))
    async def accept(number):
        await queue.accept(Delivery("hub", str(number), (ImagePushed(parse_image(f"app{number}").name, "1"),)))
        print(number, flush=True)
    for number in itertools.count(0, 20):
        await asyncio.gather(*(accept(number + n) for n in range(20)))

asyncio.run(main())
"""


def delivery(name: str, time: datetime | None = None) -> Delivery:
    return Delivery("hub", name, (ImagePushed(parse_image(name).name, "1", time=time),))


async def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    file = tmp_path / "queue.sqlite"
    command = (sys.executable, "-c", _ACCEPTS_FOR_EVER, str(file))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)  # noqa: TID251 - it is killed
    assert process.stdout is not None
    answered = [await process.stdout.readline() for _ in range(200)]
    process.kill()
    answered += (await process.stdout.read()).splitlines(keepends=True)
    await process.wait()

    queue = SqliteQueue(file)
    kept = {work.subject for work in await queue.waiting(1_000_000)}
    await queue.close()

    assert {f"docker.io/library/app{int(line)}" for line in answered if line.endswith(b"\n")} <= kept


async def test_a_second_process_may_not_use_it(tmp_path: Path) -> None:
    queue = SqliteQueue(tmp_path / "queue.sqlite")

    with pytest.raises(OperationFailed) as caught:
        SqliteQueue(tmp_path / "queue.sqlite")

    assert caught.value.code == "queueBusy"
    await queue.close()
    await SqliteQueue(tmp_path / "queue.sqlite").close()


async def test_repetitions_are_remembered_up_to_a_number(tmp_path: Path) -> None:
    queue = SqliteQueue(tmp_path / "queue.sqlite", remembered=50)
    for number in range(1, 301):
        await queue.accept(delivery(f"app{number}", datetime.fromtimestamp(number, UTC)))
    await queue.close()

    with closing(sqlite3.connect(tmp_path / "queue.sqlite")) as connection:
        counts = [connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("seen", "dated")]

    assert all(50 <= count <= 100 for count in counts)


async def test_what_is_asked_together_is_written_together(tmp_path: Path) -> None:
    queue = SqliteQueue(tmp_path / "queue.sqlite")

    taken = await asyncio.gather(*(queue.accept(delivery(f"app{number % 100}")) for number in range(400)))

    assert sum(taken) == 100
    assert len(await queue.waiting(1000)) == 100
    await queue.close()


async def test_a_file_that_somebody_else_writes_is_an_error_and_nothing_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "queue.sqlite"
    queue = SqliteQueue(file)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationFailed) as caught:
            await queue.accept(delivery("app"))
        other.execute("ROLLBACK")

    assert caught.value.code == "queueBusy"
    assert await queue.waiting(10) == ()
    assert await queue.accept(delivery("app"))
    await queue.close()


async def test_a_directory_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(OperationFailed) as caught:
        SqliteQueue(tmp_path / "file" / "queue.sqlite")

    assert caught.value.code == "queueFailed"
