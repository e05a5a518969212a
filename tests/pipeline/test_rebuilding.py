"""A store that was lost is filled again from what the clusters know."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.keeping.deployments import DeploymentFilter, DeploymentStatus, StoredDeployment
from fairlead.domain.rollout.anchor import Anchor, Version
from fairlead.domain.rollout.phases import VersionState
from fairlead.domain.units import UnitKey
from fairlead.pipeline.rebuilding import Recalled, rebuild
from tests.domain.rollout.units import spec_of
from tests.fakes.clock import FakeClock
from tests.fakes.store import MemoryStore

THEN = datetime(2026, 11, 21, 8, tzinfo=UTC)
SHOP, WEB = UnitKey("prod", "bank", "shop"), UnitKey("prod", "bank", "web")


class Memory:
    """Units with one live version each; `away` are those that cannot be read."""

    def __init__(self, *away: UnitKey) -> None:
        self.away = set(away)
        self.asked: list[UnitKey] = []

    async def recall(self, unit: UnitKey) -> Recalled:
        self.asked.append(unit)
        if unit in self.away:
            raise OperationFailed(Problem("anchorInvalid", "it has no version"))
        live = Version(
            spec=spec_of("1"),
            state=VersionState.LIVE,
            since=THEN,
            deployment=f"d-{unit.name}",
            by="ann",
            replicas={unit.name: 1},
        )
        return Recalled(Anchor(versions=(live,)), {"1": {"appName": unit.name}})


async def known(store: MemoryStore) -> dict[str, StoredDeployment]:
    return {each.identifier: each for each in (await store.deployments.page(DeploymentFilter())).items}


async def test_a_lost_store_comes_back() -> None:
    store = MemoryStore()

    assert await rebuild(store, Memory(), [SHOP, WEB], FakeClock()) == 2

    found = await known(store)
    assert found.keys() == {"d-shop", "d-web"}
    assert found["d-web"].unit == WEB
    assert found["d-web"].document["descriptor"] == {"appName": "web"}
    assert await store.is_filled()


async def test_a_store_that_is_filled_asks_nobody() -> None:
    store, memory = MemoryStore(), Memory()
    await rebuild(store, memory, [SHOP], FakeClock())
    await store.deployments.delete("d-shop")

    assert await rebuild(store, memory, [SHOP, WEB], FakeClock()) == 0

    assert memory.asked == [SHOP]
    assert await known(store) == {}


async def test_what_cannot_be_read_is_tried_again_at_the_next_start() -> None:
    store = MemoryStore()

    assert await rebuild(store, Memory(SHOP), [SHOP, WEB], FakeClock()) == 1
    assert not await store.is_filled()
    assert await rebuild(store, Memory(), [SHOP, WEB], FakeClock()) == 1

    assert (await known(store)).keys() == {"d-shop", "d-web"}
    assert await store.is_filled()


async def test_what_is_there_already_stays_as_it_is() -> None:
    store = MemoryStore()
    mine = StoredDeployment("d-shop", SHOP, "d", DeploymentStatus.FAILED, {"by": "me"}, THEN, THEN)
    await store.deployments.add(mine)

    assert await rebuild(store, Memory(), [SHOP], FakeClock()) == 0

    assert (await known(store))["d-shop"].document == {"by": "me"}


async def test_a_store_that_fails_is_not_filled() -> None:
    store = MemoryStore()
    store.memory.is_broken = True

    with pytest.raises(OperationFailed):
        await rebuild(store, Memory(), [SHOP], FakeClock())

    assert not await store.is_filled()
