"""Pauses end by a change or by the time, whatever comes first."""

from __future__ import annotations

import asyncio

import pytest

from fairlead.pipeline.pausing import pause
from tests.fakes.clock import FakeClock


class Endless(FakeClock):
    """A clock on which no time passes."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


@pytest.mark.parametrize(("seconds", "slept"), [(5.0, 5.0), (-1.0, 0.0)])
async def test_a_pause_ends_with_its_time(seconds: float, slept: float) -> None:
    clock = FakeClock()
    await pause(clock, asyncio.Event(), seconds)
    assert clock.slept == [slept]


@pytest.mark.parametrize("is_set_before", [True, False])
async def test_a_change_ends_it_and_leaves_nothing_running(*, is_set_before: bool) -> None:
    changed, tasks = asyncio.Event(), asyncio.all_tasks()
    pausing = asyncio.ensure_future(pause(Endless(), changed, 5.0))
    if not is_set_before:
        await asyncio.sleep(0)
        assert not pausing.done()
    changed.set()
    await pausing
    assert asyncio.all_tasks() == tasks
