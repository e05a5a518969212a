"""The machine dies at any moment: whatever was answered is there, and nothing is there by half.

Every write and sync is recorded while a store is used; then every prefix is made into a disk, as are disks on which
only part of what was not synced has arrived, and each is opened.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3  # noqa: TID251 - opens what a crash left as fast as can be
from collections.abc import Awaitable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from fairlead.adapters.store.store import SqliteStore
from fairlead.domain.keeping.answers import Once
from fairlead.domain.keeping.deployments import DeploymentStatus, StoredDeployment
from fairlead.domain.keeping.health_data import HealthData
from fairlead.domain.keeping.journals import LOG, Entry
from fairlead.domain.keeping.limits import Limits
from fairlead.domain.units import UnitKey
from tests.faults.disks import Disk, Recording, disks, recorded

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FILE = "store.sqlite"
_HALVES = """
SELECT identifier FROM deployments LEFT JOIN deployment_documents USING (number) WHERE document IS NULL
UNION ALL SELECT document FROM deployment_documents LEFT JOIN deployments USING (number) WHERE identifier IS NULL
UNION ALL SELECT entries FROM chunks LEFT JOIN deployments USING (number) WHERE identifier IS NULL
UNION ALL SELECT identifier FROM deployments WHERE identifier NOT IN (SELECT identifier FROM requests)
UNION ALL SELECT identifier FROM requests WHERE identifier LIKE 'd%' AND identifier NOT LIKE 'deleted%'
  AND identifier NOT IN (SELECT identifier FROM deployments)
"""


def deployment(name: str) -> StoredDeployment:
    document = {"filler": name * 400}
    return StoredDeployment(name, UnitKey("prod", "shop", name), "d", DeploymentStatus.DEPLOYING, document, NOON, NOON)


class Session:
    """A store in use, which tells the recording whatever it answered."""

    def __init__(self, file: Path, recording: Recording) -> None:
        self.store = SqliteStore(file, Limits())
        self._recording = recording

    async def begin(self) -> None:
        """Write the log back often, so that crashes meet that, too."""
        often = "PRAGMA wal_autocheckpoint = 12"
        await self.store._database.write(lambda connection: connection.execute(often).fetchone())

    async def deploy(self, name: str) -> None:
        """Everything that a deployment leaves behind."""
        added = await self.answers(f"add {name}", self.store.deployments.add(deployment(name), Once("ci", name, "x")))
        assert isinstance(added, StoredDeployment)
        for number in (1, 2):
            lines = [Entry(NOON, LOG, {"text": f"{name} {number}"}), Entry(NOON, "state", {"to": number})]
            await self.answers(f"log {name} {number}", self.store.journals.append(name, lines))
        await self.answers(f"health {name}", self.store.health.put(name, [HealthData("pod", "ok", NOON)]))
        done = replace(added, status=DeploymentStatus.DEPLOYED)
        await self.answers(f"done {name}", self.store.deployments.replace(done))

    async def delete(self, name: str) -> None:
        """Something that was there, and goes with all that belongs to it."""
        await self.store.deployments.add(deployment(name), Once("ci", name, "x"))
        await self.store.journals.append(name, [Entry(NOON, LOG, {"text": name})])
        await self.answers(f"delete {name}", self.store.deployments.delete(name))

    async def answers(self, what: str, asked: Awaitable[object]) -> object:
        """Wait for an answer and note it."""
        answer = await asked
        self._recording.answered(what)
        return answer


async def used(directory: Path) -> Recording:
    """Use a store twice, alone and by many at a time."""
    with recorded(directory) as recording:
        for round_ in range(2):
            session = Session(directory / FILE, recording)
            await session.begin()
            await session.deploy(f"d{round_}")
            many = [session.deploy(f"d{round_}-{number}") for number in range(5)]
            await asyncio.gather(*many, session.delete(f"deleted{round_}"))
            await session.store.close()
    return recording


def missing(connection: sqlite3.Connection, answered: frozenset[str]) -> list[str]:
    """Return what was answered and is not there."""
    statuses = dict(connection.execute("SELECT identifier, status FROM deployments").fetchall())
    journal = "SELECT identifier, entries FROM chunks JOIN deployments USING (number) ORDER BY number, last"
    sequences: dict[str, list[int]] = {}
    for name, entries in connection.execute(journal):
        sequences.setdefault(name, []).extend(row[0] for row in json.loads(entries))
    healthy = {name for (name,) in connection.execute("SELECT identifier FROM health JOIN deployments USING (number)")}
    assert all(found == list(range(1, len(found) + 1)) for found in sequences.values())

    def is_there(what: str) -> bool:
        match what.split():
            case ["add", name]:
                return name in statuses
            case ["log", name, number]:
                return len(sequences.get(name, [])) >= 2 * int(number)
            case ["health", name]:
                return name in healthy
            case ["done", name]:
                return statuses.get(name) == "deployed"
            case _:
                return what.split()[1] not in statuses

    return [what for what in sorted(answered) if not is_there(what)]


def wrong(disk: Disk, directory: Path) -> list[str]:
    """Return what is wrong with a disk that a crash left."""
    disk.put(directory)
    with closing(sqlite3.connect(directory / FILE)) as connection:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if not tables:
            return sorted(disk.answered)
        whole = [found for (found,) in connection.execute("PRAGMA quick_check") if found != "ok"]
        halves = [str(found) for (found,) in connection.execute(_HALVES)]
        return whole + halves + missing(connection, disk.answered)


@pytest.fixture
async def recording(tmp_path: Path) -> Recording:
    (tmp_path / "used").mkdir()
    return await used(tmp_path / "used")


async def test_no_crash_loses_or_halves_anything(tmp_path: Path, recording: Recording) -> None:
    left = tmp_path / "left"
    left.mkdir()
    seen = 0
    for disk in disks(recording.steps, Random(1), parts=8):
        assert wrong(disk, left) == [], (disk.step, disk.kind)
        seen += 1

    assert seen > 500
    assert len({step.file for step in recording.steps if hasattr(step, "file")}) >= 2


async def test_what_a_crash_left_is_a_store(tmp_path: Path, recording: Recording) -> None:
    left = tmp_path / "left"
    left.mkdir()
    for disk in Random(2).sample([*disks(recording.steps, Random(1))], 25):
        disk.put(left)
        store = SqliteStore(left / FILE, Limits())
        for what in disk.answered:
            verb, name, *_ = what.split()
            assert (await store.deployments.read(name) is None) == (verb == "delete")
        assert isinstance(await store.deployments.add(deployment("next")), StoredDeployment)
        await store.close()
