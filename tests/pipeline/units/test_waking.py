"""What wakes a driver, and what does not: pods that start one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest
import pytest_asyncio

from fairlead.domain.identity import ObjectRef
from fairlead.domain.units import UnitKey
from fairlead.pipeline.observation.observing import observing
from fairlead.pipeline.units.sight import Sight
from fairlead.pipeline.units.waking import Awaited, Waking
from tests.fakes.cluster import FakeCluster
from tests.fakes.stepped_clock import SteppedClock, settle
from tests.fakes.workloads import deployment, ref_of

KEY = UnitKey("one", "shop", "api")
ANCHOR = ObjectRef("v1", "Secret", "shop", "fairlead.unit.v1.api")
API = ref_of(deployment())


@dataclass(frozen=True, slots=True)
class Scene:
    """A driver that waits for two pods of a Deployment, with the anchor as it knows it."""

    cluster: FakeCluster
    clock: SteppedClock
    waking: Waking
    anchor: str

    def waits(self) -> asyncio.Task[bool]:
        return asyncio.create_task(self.waking.wait(self.clock, 2.0, self.anchor, Awaited({API: 2})))


@pytest_asyncio.fixture
async def scene() -> AsyncIterator[Scene]:
    cluster, clock = FakeCluster(), SteppedClock()
    cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    live = cluster.put(deployment())
    stored = cluster.put({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": ANCHOR.name, "namespace": "shop"}})
    async with observing(cluster, clock) as observer:
        with observer.listening() as listener:
            waking = Waking(observer, KEY, listener)
            waking.attend(Sight(objects={API: live}))
            await settle()
            waking.heard()
            yield Scene(cluster, clock, waking, stored["metadata"]["resourceVersion"])


async def test_one_more_of_too_few_pods_wakes_nobody(scene: Scene) -> None:
    waiting = scene.waits()
    for ready in (0, 1):
        scene.cluster.set_status(API, {"observedGeneration": 9, "readyReplicas": ready})
        await settle()
        assert not waiting.done()
    scene.cluster.set_status(API, {"observedGeneration": 9, "readyReplicas": 2})
    assert await waiting


@pytest.mark.parametrize(
    "happens",
    [
        pytest.param(lambda cluster: cluster.edit(ANCHOR, lambda one: one.update(data={"x": ""})), id="asked"),
        pytest.param(lambda cluster: cluster.remove(API), id="removed"),
    ],
)
async def test_anything_else_wakes_at_once(scene: Scene, happens: Callable[[FakeCluster], None]) -> None:
    waiting = scene.waits()
    happens(scene.cluster)
    assert await waiting


async def test_who_awaits_what_was_just_made_is_woken_when_it_is_taken_up(scene: Scene) -> None:
    made = deployment("new")
    waiting = asyncio.create_task(
        scene.waking.wait(scene.clock, 2.0, scene.anchor, Awaited({ref_of(made): 0}, are_new=True))
    )
    await settle()
    scene.cluster.put(made)
    await settle()
    assert not waiting.done()
    scene.cluster.set_status(ref_of(made), {"observedGeneration": 9})
    await settle()
    assert waiting.done()


async def test_who_waits_in_vain_is_told_so(scene: Scene) -> None:
    waiting = scene.waits()
    await settle()
    scene.cluster.set_status(API, {"observedGeneration": 9, "readyReplicas": 1})
    await settle()
    await scene.clock.advance(2.0)
    assert not await waiting
