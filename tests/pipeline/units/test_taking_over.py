"""Who drives a unit when several runs want to at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from fairlead.domain.locking import TRUSTED_SECONDS
from fairlead.pipeline.units.leading import Leadership
from fairlead.pipeline.units.service import at_rest
from tests.fakes.clock import FakeClock
from tests.fakes.played import PlayedCluster
from tests.fakes.whoami import ANN, FakeWhoAmI
from tests.pipeline.units.courses import Still, moments, staged, struck
from tests.pipeline.units.doors import Door, Fault
from tests.pipeline.units.operations import OPERATIONS
from tests.pipeline.units.units import KEY, ended, yard

TAKES, DRIVES = 2, 5
"""The write of a run that takes a unit, after its sign of life, and one when it drives."""

KEEPS = {one.name: one for one in OPERATIONS if one.name in ("adopt", "gate-fails", "in-place")}
"""Operations that store again what a version consists of."""


class Until(FakeClock):
    """Time that passes only when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.passes = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self.passes.wait()
        self.passes.clear()


async def test_who_comes_second_follows_the_first_and_takes_nothing_from_it() -> None:
    cluster, clock, pulse = PlayedCluster(), FakeClock(), Until()
    bob = FakeWhoAmI(replace(ANN, pid=ANN.pid + 1))
    slow, first = Door(cluster, Fault.STOPPED, TAKES), Door(cluster, Fault.STOPPED, DRIVES)
    async with (
        yard(cluster, clock, pulse=Still()) as here,
        yard(cluster, clock, door=slow, pulse=pulse) as late,
        yard(cluster, clock, door=first, whoami=bob, pulse=Still()) as early,
    ):
        await here.units.deploy(KEY, here.order(here.descriptor()))
        second = asyncio.create_task(late.units.drive(KEY, at_rest))
        await slow.struck.wait()
        leading = asyncio.create_task(early.units.drive(KEY, at_rest))
        await first.struck.wait()
        for door in (slow, first):
            door.release()
        anchor = await leading
        pulse.passes.set()
        assert ended(anchor) == {"i1": "deployed"}
        assert await second == anchor


async def test_a_run_that_was_silent_for_too_long_can_drive_again() -> None:
    pulse = Still()
    async with yard(pulse=pulse) as here:
        before = await Leadership.begin(here.units.presence, KEY)
        pulse.advance(TRUSTED_SECONDS + 1)
        assert not before.is_sure()
        again = await Leadership.begin(here.units.presence, KEY)
        assert (before.is_sure(), again.is_sure()) == (False, True)


@pytest.mark.parametrize("name", KEEPS)
async def test_what_arrives_late_changes_nothing_whatever_write_it_is(name: str) -> None:
    operation = KEEPS[name]
    scene = await staged(operation)
    found = dict[int, list[str]]()
    for at in range(1, len(await moments(operation, scene))):
        late = await struck(operation, scene.again(), Fault.STOPPED, at)
        found |= {at: late.stale} if late.stale else {}
    assert found == {}
