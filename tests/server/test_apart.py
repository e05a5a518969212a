"""Work on a thread of its own: its result, its failure, its end."""

from __future__ import annotations

import asyncio
import threading

import pytest

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.server.apart import apart


async def test_it_runs_on_another_thread_while_this_one_goes_on() -> None:
    here, release = threading.get_ident(), threading.Event()

    async def work() -> int:
        release.wait(30)  # keeps its own loop busy, not ours
        return threading.get_ident()

    working = asyncio.ensure_future(apart(work))
    await asyncio.sleep(0)
    release.set()

    assert await working != here


async def test_failures_come_back() -> None:
    async def work() -> None:
        raise OperationFailed(Problem("no", "no"))

    with pytest.raises(OperationFailed):
        await apart(work)


async def test_being_cancelled_waits_until_the_work_has_ended() -> None:
    started, ended = threading.Event(), []

    async def work() -> None:
        try:
            started.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("cleaned up")

    working = asyncio.ensure_future(apart(work))
    await asyncio.to_thread(started.wait, 30)
    working.cancel()

    with pytest.raises(asyncio.CancelledError):
        await working
    assert ended == ["cleaned up"]


async def test_being_cancelled_before_it_began_ends_it_too() -> None:
    async def work() -> None:
        await asyncio.Event().wait()

    working = asyncio.ensure_future(apart(work))
    await asyncio.sleep(0)
    working.cancel()

    with pytest.raises(asyncio.CancelledError):
        await working
