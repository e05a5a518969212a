"""The units of clusters as the server drives them: it leaves a unit until the next time of it, and not longer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from fairlead.bootstrap.units import variables_in
from fairlead.domain.accounts import Account
from fairlead.domain.authorising.acting import BINDING
from fairlead.domain.keeping.deployments import DeploymentStatus, StoredDeployment
from fairlead.domain.rollout.intents import OnBusy, Pause, Promote, Resume, Scale
from fairlead.domain.rollout.phases import Phase
from fairlead.domain.scopes import EVERYTHING, one_unit, scope_of
from fairlead.pipeline.authorising.accounts import ACCOUNT
from fairlead.pipeline.authorising.impersonating import ActingCluster, Impersonating
from fairlead.ports.cluster import Cluster
from fairlead.server.rolling import UnitRollouts
from tests.fakes.played import PlayedCluster
from tests.fakes.store import MemoryStore
from tests.pipeline.units.units import KEY, Yard, states, yard

AFTER = 300.0


@pytest.fixture
async def here() -> AsyncIterator[Yard]:
    async with yard() as found:
        metadata = {"name": KEY.namespace, "annotations": {BINDING: "deployer"}}
        found.cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        yield found


@pytest.fixture
def rollouts(here: Yard) -> UnitRollouts:
    return UnitRollouts(here.units, ["c"], MemoryStore(), variables_in)


async def test_a_unit_is_driven_again_when_its_timer_promotes(here: Yard, rollouts: UnitRollouts) -> None:
    await here.units.deploy(KEY, here.order(here.descriptor(rules={"promote_after": AFTER})))
    left = await rollouts.drive(KEY)
    assert (await here.units.read(KEY)).anchor.phase is Phase.AWAITING
    assert left is not None
    assert AFTER - 5 < left <= AFTER
    here.clock.advance(left)
    assert await rollouts.drive(KEY) is None
    assert states((await here.units.read(KEY)).anchor) == {"1": "Live"}


async def test_the_units_of_a_scope_are_known_and_nothing_else_is_asked(here: Yard, rollouts: UnitRollouts) -> None:
    await here.units.deploy(KEY, here.order(here.descriptor()))
    for scope, found in (
        (EVERYTHING, [KEY]),
        (one_unit(KEY), [KEY]),
        (scope_of(apps=["other"]), []),
        (scope_of(clusters=["elsewhere"]), []),
        (scope_of(namespaces=["kube-system"]), []),
    ):
        before = len(here.cluster.calls)
        assert await rollouts.known(scope) == found
        listed = [call for call in here.cluster.calls[before:] if call.kind == "Namespace"]
        assert bool(listed) is (scope.namespaces is None and scope.clusters is None)


async def test_no_timer_runs_while_the_unit_is_paused(here: Yard, rollouts: UnitRollouts) -> None:
    await here.units.deploy(KEY, here.order(here.descriptor(rules={"promote_after": AFTER})))
    await rollouts.drive(KEY)
    await here.units.submit(KEY, Pause(*here.asked()))
    assert await rollouts.drive(KEY) is None
    here.clock.advance(AFTER)
    await here.units.submit(KEY, Resume(*here.asked()))
    assert await rollouts.drive(KEY) is None
    assert states((await here.units.read(KEY)).anchor) == {"1": "Live"}


@dataclass(frozen=True)
class As:
    """A cluster as somebody sees it who is noted with everything that they do."""

    cluster: Cluster
    user: str
    done: list[tuple[str, str]]

    def __getattr__(self, verb: str) -> Any:
        async def do(what: Any, *rest: Any, **options: Any) -> Any:
            self.done.append((self.user, str(getattr(what, "name", "") or what["metadata"]["name"])))
            return await getattr(self.cluster, verb)(what, *rest, **options)

        return do


@dataclass(slots=True)
class Shared(PlayedCluster):
    """A cluster that several people write to."""

    done: list[tuple[str, str]] = field(default_factory=list)

    def acting_as(self, account: Account) -> Cluster:
        return cast("Cluster", As(self, account.user, self.done))


async def test_each_deployment_is_driven_as_whoever_wanted_it() -> None:
    cluster, store = Shared(), MemoryStore()
    async with yard(cluster, seen=lambda own: Impersonating(cast("ActingCluster", own))) as here:
        rollouts = UnitRollouts(here.units, ["c"], store, variables_in)

        async def wanted(by: str, **more: Any) -> None:
            order = here.order(here.descriptor(env=by, rules={"promote_after": None}), **more)
            document, now = {ACCOUNT: Account(by).to_json()}, here.clock.now()
            record = StoredDeployment(order.deployment, KEY, "", DeploymentStatus.QUEUED, document, now, now)
            await store.deployments.add(record)
            await here.units.deploy(KEY, order)

        await wanted("alice")
        await rollouts.drive(KEY)
        await wanted("bob", on_busy=OnBusy.QUEUE)
        await here.units.submit(KEY, Scale(*here.asked(), 3))
        await rollouts.drive(KEY)
        assert {user for user, _ in cluster.done} == {"alice"}
        await here.units.submit(KEY, Promote(*here.asked()))
        await rollouts.drive(KEY)
        bobs = cluster.done.index(next(one for one in cluster.done if one[0] == "bob"))
        assert states((await here.units.read(KEY)).anchor) == {"1": "Live", "2": "Ready"}
        assert {user for user, _ in cluster.done[bobs:]} == {"bob"}
        assert ("bob", "shop-2") in cluster.done[bobs:]
