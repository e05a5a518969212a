"""The server's store: lists page by page, many writers at a time, reads during writes, tidying.

.venv/bin/python bench/store.py [--deployments 10000] [--apps 100]
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fairlead.adapters.store.store import SqliteStore
from fairlead.domain.keeping.deployments import DeploymentFilter, DeploymentStatus, StoredDeployment
from fairlead.domain.keeping.journals import LOG, Entry
from fairlead.domain.keeping.limits import Limits
from fairlead.domain.scopes import scope_of
from fairlead.domain.units import UnitKey

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CONTAINER = {
    "name": "web",
    "image": "registry.example.org/shop/web:1.2.3",
    "env": [{"name": "A", "value": "x" * 60}] * 25,
}
DOCUMENT = {"descriptor": {"appName": "web", "podspec": {"containers": [CONTAINER]}}}


def deployment(number: int, apps: int) -> StoredDeployment:
    """Return one of many deployments, of about 4 KB."""
    unit = UnitKey("prod", f"team-{number % 10}", f"app-{number % apps}")
    status = DeploymentStatus.DEPLOYED if number % 7 == 0 else DeploymentStatus.REPLACED
    at = NOW + timedelta(seconds=number)
    return StoredDeployment(f"id-{number}", unit, "d", status, DOCUMENT, at, at, version=f"{number}")


def said(what: str, seconds: Sequence[float]) -> None:
    """Print the middle, the 99th percentile and the worst of some times."""
    ordered = sorted(seconds)
    p50, p99 = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    print(f"{what:<58} p50 {p50 * 1000:7.2f} ms  p99 {p99 * 1000:7.2f} ms  max {ordered[-1] * 1000:7.2f} ms")


async def timed(asked: object) -> float:
    """Return how long an answer took, in seconds."""
    begin = time.perf_counter()
    await asked  # type: ignore[misc] # any awaitable
    return time.perf_counter() - begin


async def fill(store: SqliteStore, count: int, apps: int) -> None:
    """Add deployments, a thousand at a time."""
    begin = time.perf_counter()
    for first in range(0, count, 1000):
        await asyncio.gather(
            *(store.deployments.add(deployment(n, apps)) for n in range(first, min(count, first + 1000)))
        )
    print(f"{count} deployments added, {count / (time.perf_counter() - begin):.0f} a second")


async def pages(store: SqliteStore, wanted: DeploymentFilter) -> list[float]:
    """Return how long every page of a whole list took."""
    times, after = list[float](), None
    while True:
        begin = time.perf_counter()
        page = await store.deployments.page(wanted, after=after)
        times.append(time.perf_counter() - begin)
        if page.after is None:
            return times
        after = page.after


async def writers(store: SqliteStore, count: int) -> None:
    """Let many append to journals again and again, each waiting for their own answer; read meanwhile."""
    reading, reads = True, list[float]()

    async def read() -> None:
        while reading:
            reads.append(await timed(store.deployments.page(DeploymentFilter())))

    async def write(number: int) -> list[float]:
        entries = [Entry(NOW, LOG, {"text": "x" * 100})]
        return [await timed(store.journals.append(f"id-{number}", entries)) for _ in range(20)]

    reader = asyncio.create_task(read())
    begin = time.perf_counter()
    times = [seconds for each in await asyncio.gather(*(write(n) for n in range(count))) for seconds in each]
    took = time.perf_counter() - begin
    reading = False
    await reader
    said(f"{count} writers at a time, {len(times) / took:.0f} synced answers a second", times)
    said("  and a page read meanwhile", reads)


async def alone(file: Path) -> None:
    """Say what one sync costs here, to compare with."""
    store = SqliteStore(file, Limits())
    await store.deployments.add(deployment(0, 1))
    entries = [Entry(NOW, LOG, {"text": "x" * 100})]
    said("one writer alone", [await timed(store.journals.append("id-0", entries)) for _ in range(100)])
    await store.close()


async def main(count: int, apps: int) -> None:
    """Run everything once."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        await alone(Path(name) / "alone.sqlite")
        store = SqliteStore(Path(name) / "store.sqlite", Limits(deployments=10 * count))
        await fill(store, count, apps)
        team = scope_of(namespaces=["team-3"])
        said("all, pages of 100", await pages(store, DeploymentFilter()))
        said("one namespace of ten", await pages(store, DeploymentFilter(team)))
        said("one app", await pages(store, DeploymentFilter(scope_of(apps=["app-7"]))))
        deployed = frozenset({DeploymentStatus.DEPLOYED})
        said("by status", await pages(store, DeploymentFilter(statuses=deployed)))
        said("the newest 5 of each app", await pages(store, DeploymentFilter(per_unit=5)))
        said("by identifier", [await timed(store.deployments.read(f"id-{n}")) for n in range(0, count, 10)])
        await writers(store, 100)
        said("tidying, with little to do", [await timed(store.tidy(NOW)) for _ in range(5)])
        await store.close()
        begin = time.perf_counter()
        store = SqliteStore(Path(name) / "store.sqlite", Limits())
        opened = time.perf_counter() - begin
        await store.close()
        size = (Path(name) / "store.sqlite").stat().st_size
    print(f"{size >> 20} MiB on disk, opened and checked in {opened * 1000:.0f} ms")
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB of memory at most")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deployments", type=int, default=10_000)
    parser.add_argument("--apps", type=int, default=100)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.deployments, arguments.apps))
