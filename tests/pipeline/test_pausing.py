"""Pauses end by a change or by the time, work by itself or by the time: whatever comes first."""

from __future__ import annotations

import asyncio

import pytest

from fairlead.pipeline.pausing import ends_within, pause
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


async def nothing() -> None:
    return


async def forever() -> None:
    await asyncio.Event().wait()


async def failing() -> None:
    raise ValueError


async def test_work_ends_by_itself_or_with_its_time_and_leaves_nothing_running() -> None:
    tasks = asyncio.all_tasks()
    assert await ends_within(Endless(), nothing(), 5.0)
    assert await ends_within(Endless(), nothing(), None)
    assert not await ends_within(FakeClock(), forever(), 5.0)
    with pytest.raises(ValueError, match=r"^$"):
        await ends_within(Endless(), failing(), 5.0)
    assert asyncio.all_tasks() == tasks


@pytest.mark.parametrize("seconds", [5.0, None])
async def test_who_is_cancelled_cancels_the_work(seconds: float | None) -> None:
    tasks = asyncio.all_tasks()
    waiting = asyncio.ensure_future(ends_within(Endless(), forever(), seconds))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert waiting.cancelled()
    assert asyncio.all_tasks() == tasks
