"""What a run that leaves clears away besides its own Leases: those of runs that were killed, and no others."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from fairlead.adapters.statestore.store import SecretStateStore
from fairlead.domain.errors import Problem, RemoteRefused
from fairlead.domain.locking import FORGOTTEN_AFTER, Holder
from fairlead.pipeline.engine import Engine
from fairlead.pipeline.locks.presence import Presence, present
from tests.fakes.cluster import FakeCluster
from tests.fakes.releases import engine
from tests.fakes.states import KEY
from tests.fakes.whoami import ANN, FakeWhoAmI

KILLED = replace(ANN, pid=17)
BOB = Holder("bob", "ci", "boot-2", 17, "99", "1.2.3")
SECOND = timedelta(seconds=1)


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster()


@pytest.fixture
def mine(cluster: FakeCluster) -> Engine:
    """An engine that knows of one process of this machine that it is dead."""
    whoami = FakeWhoAmI()
    whoami.dead.add(KILLED)
    return replace(engine(cluster)[0], whoami=whoami)


def leases(cluster: FakeCluster) -> set[str]:
    return {one["metadata"]["name"] for one in cluster.objects if one["kind"] == "Lease"}


async def left(mine: Engine, lease: str, holder: Holder, age: timedelta = SECOND, *, namespace: str = "") -> None:
    """Let a run leave its Lease behind."""
    await mine.stores["test"].beat(namespace or KEY.namespace, lease, holder, at=mine.pulse.now() - age)


async def come_and_go(mine: Engine) -> None:
    async with present(mine) as presence:
        await presence.enter(KEY)


async def test_a_run_clears_up_after_those_that_were_killed(cluster: FakeCluster, mine: Engine) -> None:
    await left(mine, "fairlead-killed", KILLED)
    await left(mine, "fairlead-forgotten", BOB, FORGOTTEN_AFTER)
    await left(mine, "fairlead-lives", BOB, FORGOTTEN_AFTER - SECOND)
    await left(mine, "fairlead-neighbour", ANN)
    await left(mine, "fairlead-elsewhere", KILLED, namespace="kube-system")
    await come_and_go(mine)
    assert leases(cluster) == {"fairlead-lives", "fairlead-neighbour", "fairlead-elsewhere"}
    assert sum(call.verb == "list" for call in cluster.calls) == 1


async def test_the_lease_of_somebody_else_stays_however_old(cluster: FakeCluster, mine: Engine) -> None:
    spec = {"holderIdentity": "scheduler", "renewTime": "2020-01-01T00:00:00.000000Z"}
    meta = {"name": "fairlead-not-ours", "namespace": KEY.namespace}
    cluster.put({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta, "spec": spec})
    await come_and_go(mine)
    assert leases(cluster) == {"fairlead-not-ours"}


@pytest.mark.parametrize("holder", ["", "no JSON", "[]", "{}", '{"pid": "x"}'])
async def test_a_lease_that_tells_nothing_is_judged_by_its_time(
    cluster: FakeCluster, mine: Engine, holder: str
) -> None:
    for lease, age in (("fairlead-a", SECOND), ("fairlead-b", FORGOTTEN_AFTER)):
        await left(mine, lease, BOB, age)
        meta = {"name": lease, "namespace": KEY.namespace, "annotations": {"fairlead.dev/holder": holder}}
        await cluster.apply(
            {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta}, manager="somebody"
        )
    await come_and_go(mine)
    assert leases(cluster) == {"fairlead-a"}


@pytest.mark.parametrize("verb", ["list", "delete"])
async def test_who_may_not_clear_up_ends_well_all_the_same(cluster: FakeCluster, mine: Engine, verb: str) -> None:
    await left(mine, "fairlead-killed", KILLED)
    forbidden = RemoteRefused(Problem("forbidden", "no"), status=403)
    cluster.fail(forbidden, verb=verb, kind="Lease", name=None if verb == "list" else "fairlead-killed")
    await come_and_go(mine)
    assert leases(cluster) == {"fairlead-killed"}


async def test_nobody_waits_for_a_cluster_that_does_not_answer(mine: Engine) -> None:
    class Silent(SecretStateStore):
        async def fall_silent(self, namespace: str, name: str) -> None:
            await asyncio.Event().wait()

    presence = Presence(replace(mine, stores={"test": Silent(FakeCluster())}), "run", patience=0.01)
    async with asyncio.timeout(10):
        await presence.enter(KEY)
        await presence.leave()
