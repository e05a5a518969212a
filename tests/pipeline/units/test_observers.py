"""Units that are driven at once share what they watch."""

from __future__ import annotations

import asyncio

from fairlead.pipeline.units.observers import Observers
from fairlead.ports.cluster import ApiKind
from tests.fakes.cluster import FakeCluster
from tests.fakes.stepped_clock import SteppedClock, settle

KIND = ApiKind("v1", "Service", "services", namespaced=True)


async def test_who_comes_while_another_is_there_shares_and_the_last_one_ends_it() -> None:
    observers, cluster = Observers(SteppedClock()), FakeCluster()
    cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    async with observers.of("one", cluster) as first:
        first.feed(KIND, "shop")
        await settle()
        watching = len(asyncio.all_tasks())
        async with observers.of("one", cluster) as second, observers.of("two", cluster) as other:
            assert second is first
            assert other is not first
            second.feed(KIND, "shop")
            assert len(asyncio.all_tasks()) == watching
        assert first.follows(KIND, "shop")
        assert len(asyncio.all_tasks()) == watching
    assert len(asyncio.all_tasks()) == 1
    async with observers.of("one", cluster) as later:
        assert later is not first
