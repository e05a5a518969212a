from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from fairlead.domain.errors import Problem, Transient
from fairlead.pipeline.engine import at_once, both
from tests.fakes.cluster import FakeCluster
from tests.fakes.releases import config_map, engine, wanted


async def test_results_come_in_order_though_work_runs_at_once() -> None:
    first, second = asyncio.Event(), asyncio.Event()

    async def one() -> int:
        second.set()
        await first.wait()
        return 1

    async def two() -> int:
        await second.wait()
        first.set()
        return 2

    assert await at_once([one(), two()]) == [1, 2]
    assert await at_once([]) == []


@pytest.mark.parametrize("together", [lambda one, other: at_once([one, other]), both], ids=["at_once", "both"])
async def test_the_first_failure_ends_the_rest(together: Callable[..., Awaitable[object]]) -> None:
    ended: list[str] = []

    async def fails() -> None:
        raise Transient(Problem("unreachable", "no"))

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("waits")

    with pytest.raises(Transient):
        await together(waits(), fails())
    assert ended == ["waits"]


def test_a_release_goes_to_the_cluster_of_its_environment() -> None:
    cluster = FakeCluster()
    ports, _ = engine(cluster, "test", "prod")
    assert ports.cluster(wanted(config_map()).key) is cluster
