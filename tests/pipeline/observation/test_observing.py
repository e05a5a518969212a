from __future__ import annotations

import asyncio

import pytest

from fairlead.pipeline.observation.observing import observing
from fairlead.ports.cluster import ApiKind, Listing
from tests.fakes.cluster import FakeCluster
from tests.fakes.stepped_clock import SteppedClock, settle
from tests.fakes.workloads import deployment, ref_of, replica_set

KIND = ApiKind("apps/v1", "Deployment", "deployments", namespaced=True)
SETS = ApiKind("apps/v1", "ReplicaSet", "replicasets", namespaced=True)
API = ref_of(deployment())


def cluster() -> FakeCluster:
    made = FakeCluster()
    made.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    made.put(deployment())
    return made


async def test_a_feed_follows_its_kind() -> None:
    made = cluster()
    async with observing(made, SteppedClock()) as observer:
        feed = observer.feed(KIND, "shop")
        assert not feed.settled
        with observer.listening() as listener:
            observer.attend(listener, [API])
            await listener.changed.wait()
            assert set(feed.objects) == {API}
            listener.changed.clear()
            made.remove(API)
            await listener.changed.wait()
    assert feed.objects == {}
    assert len(asyncio.all_tasks()) == 1


async def test_only_those_concerned_are_woken() -> None:
    made = cluster()
    owner = made.get(API)
    async with observing(made, SteppedClock()) as observer:
        observer.feed(KIND, "shop")
        observer.feed(SETS, "shop")
        await settle()
        live = await owner
        assert live is not None
        with observer.listening() as of_api, observer.listening() as of_sets, observer.listening() as of_other:
            observer.attend(of_api, [API])
            observer.attend(of_sets, [live["metadata"]["uid"]])
            observer.attend(of_other, [ref_of(deployment("other"))])
            made.set_status(API, {"replicas": 1})
            await settle()
            assert [each.changed.is_set() for each in (of_api, of_sets, of_other)] == [True, False, False]
            made.put(replica_set(live))
            await settle()
            assert [each.changed.is_set() for each in (of_api, of_sets, of_other)] == [True, True, False]


async def test_two_who_look_share_one_feed() -> None:
    made = cluster()
    async with observing(made, SteppedClock()) as observer:
        assert observer.feed(KIND, "shop") is observer.feed(KIND, "shop")
        assert observer.feed(KIND, "shop", "api") is not observer.feed(KIND, "shop")
        await settle()
    assert sum(call.verb == "list" for call in made.calls) == 2


async def test_a_bug_in_the_adapter_reaches_those_who_look() -> None:
    class Broken(FakeCluster):
        async def list(
            self,
            kind: ApiKind,
            namespace: str | None,
            *,
            label_selector: str = "",
            field_selector: str = "",
            fresh: bool = True,
        ) -> Listing:
            raise ZeroDivisionError

    async with observing(Broken(), SteppedClock()) as observer:
        feed = observer.feed(KIND, "shop")
        await settle()
    assert isinstance(feed.error, ZeroDivisionError)


async def fail_while_observing(made: FakeCluster) -> None:
    async with observing(made, SteppedClock()) as observer:
        observer.feed(KIND, "shop")
        await settle()
        raise ZeroDivisionError


async def test_no_watch_outlives_the_block_even_when_it_fails() -> None:
    made = cluster()
    with pytest.raises(ZeroDivisionError):
        await fail_while_observing(made)
    assert "watch" in {call.verb for call in made.calls}
    assert len(asyncio.all_tasks()) == 1


async def test_a_feed_that_nobody_needs_ends_and_the_others_go_on() -> None:
    made = cluster()
    async with observing(made, SteppedClock()) as observer:
        deployments, _ = observer.feed(KIND, "shop"), observer.feed(SETS, "shop")
        await settle()
        before = len(asyncio.all_tasks())
        await observer.end(SETS, "shop")
        await observer.end(SETS, "shop", "never-started")
        assert len(asyncio.all_tasks()) < before
        assert not observer.follows(SETS, "shop")
        made.remove(API)
        await settle()
        assert deployments.objects == {}
