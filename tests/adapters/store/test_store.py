"""What a store on disk promises beyond the contract: kills, one owner, older versions, a file that stays small."""

from __future__ import annotations

import asyncio
import sqlite3  # noqa: TID251 - makes files as older versions made them
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fairlead.adapters.store.schema import FORM
from fairlead.adapters.store.store import SqliteStore
from fairlead.domain.errors import OperationFailed
from fairlead.domain.keeping.answers import Repeated
from fairlead.domain.keeping.deployments import DeploymentFilter, DeploymentStatus, StoredDeployment
from fairlead.domain.keeping.health_data import HealthData
from fairlead.domain.keeping.journals import LOG, Entry
from fairlead.domain.keeping.limits import Limits
from fairlead.domain.scopes import EVERYTHING
from fairlead.domain.units import UnitKey

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FIXTURES = Path(__file__).parents[2] / "fixtures" / "store"

_ADDS_FOR_EVER = """
import asyncio, itertools, sys
from datetime import UTC, datetime
from pathlib import Path
from fairlead.adapters.store.store import SqliteStore
from fairlead.domain.keeping.deployments import DeploymentStatus, StoredDeployment
from fairlead.domain.keeping.journals import LOG, Entry
from fairlead.domain.keeping.limits import Limits
from fairlead.domain.units import UnitKey

async def main():
    store = SqliteStore(Path(sys.argv[1]), Limits())
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    async def add(n):
        unit = UnitKey("prod", "shop", f"app{n}")
        await store.deployments.add(StoredDeployment(f"{n}", unit, "d", DeploymentStatus.DEPLOYING, {"n": n}, now, now))
        await store.journals.append(f"{n}", [Entry(now, LOG, {"text": f"{n}"})])
        print(n, flush=True)
    for number in itertools.count(0, 20):
        await asyncio.gather(*(add(number + n) for n in range(20)))

asyncio.run(main())
"""


def deployment(name: str, *, status: DeploymentStatus = DeploymentStatus.FAILED) -> StoredDeployment:
    return StoredDeployment(name, UnitKey("prod", "shop", "web"), "d", status, {"by": "ci"}, NOON, NOON)


async def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite"
    command = (sys.executable, "-c", _ADDS_FOR_EVER, str(file))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)  # noqa: TID251 - it is killed
    assert process.stdout is not None
    answered = [await process.stdout.readline() for _ in range(200)]
    process.kill()
    answered += (await process.stdout.read()).splitlines(keepends=True)
    await process.wait()

    store = SqliteStore(file, Limits())
    for line in [line for line in answered if line.endswith(b"\n")]:
        found = await store.deployments.read(line.decode().strip())
        assert found is not None
        assert found.document == {"n": int(line)}
        (entry,) = await store.journals.read(found.identifier)
        assert entry.document == {"text": line.decode().strip()}
    await store.close()


async def test_a_second_process_may_not_use_it(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite", Limits())

    with pytest.raises(OperationFailed) as caught:
        SqliteStore(tmp_path / "store.sqlite", Limits())

    assert caught.value.code == "storeBusy"
    await store.close()
    await SqliteStore(tmp_path / "store.sqlite", Limits()).close()


@pytest.mark.parametrize("version", range(1, len(FORM.migrations) + 1))
async def test_a_file_of_every_version_is_read(tmp_path: Path, version: int) -> None:
    """The fixtures were written by that version, and are never made again."""
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as connection:
        connection.executescript((FIXTURES / f"v{version}.sql").read_text())

    store = SqliteStore(tmp_path / "store.sqlite", Limits())

    assert await store.is_filled()
    (descriptor,) = (await store.descriptors.page(EVERYTHING)).items
    newest, oldest = (await store.deployments.page(DeploymentFilter())).items
    assert (descriptor.identifier, descriptor.unit, descriptor.revision) == ("d1", UnitKey("prod", "shop", "web"), 2)
    assert descriptor.document == {"appName": "web", "newVersion": "#"}
    assert (oldest.identifier, oldest.status, oldest.version) == ("a", DeploymentStatus.REPLACED, "1")
    assert (newest.identifier, newest.status, newest.version) == ("b", DeploymentStatus.DEPLOYING, "")
    assert await store.journals.read("a", after=1) == (Entry(NOON, "stateEntered", {"state": "Warming"}, 2),)
    assert await store.health.read("a") == (HealthData("web-1", '{"healthy":true}', NOON),)
    assert [each.sequence for each in await appended(store, "a")] == [3]
    await store.close()


async def appended(store: SqliteStore, name: str) -> tuple[Entry, ...]:
    added = await store.journals.append(name, [Entry(NOON, LOG, {"text": "more"})])
    assert isinstance(added, tuple)
    return added


async def test_what_is_removed_makes_room_in_the_file(tmp_path: Path) -> None:
    limits = Limits(deployments_of_a_unit=10, journal=20_000)
    store = SqliteStore(tmp_path / "store.sqlite", limits)
    sizes = list[int]()
    for round_ in range(6):
        for number in range(30):
            name = f"{round_}-{number}"
            await store.deployments.add(deployment(name))
            await store.journals.append(name, [Entry(NOON, LOG, {"text": "x" * 8000})])
        await store.tidy(NOON)
        await store.close()
        sizes.append((tmp_path / "store.sqlite").stat().st_size)
        store = SqliteStore(tmp_path / "store.sqlite", limits)
    await store.close()

    assert sizes[-1] <= sizes[1] * 1.1


async def test_a_hundred_at_once_all_get_what_they_asked_for(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite", Limits())

    async def deploy(number: int) -> None:
        added = await store.deployments.add(deployment(f"{number % 50}", status=DeploymentStatus.DEPLOYING))
        if added == Repeated(f"{number % 50}"):
            return
        assert isinstance(added, StoredDeployment)
        done = replace(added, status=DeploymentStatus.DEPLOYED, modified=NOON + timedelta(seconds=1))
        assert isinstance(await store.deployments.replace(done), StoredDeployment)

    await asyncio.gather(*(deploy(number) for number in range(100)))

    page = await store.deployments.page(DeploymentFilter(statuses=frozenset({DeploymentStatus.DEPLOYED})))
    assert len(page.items) == 50
    await store.close()
