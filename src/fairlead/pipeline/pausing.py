"""Waiting for a change, or for work to end, but no longer than until something is due."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from fairlead.ports.clock import Clock


async def pause(clock: Clock, changed: asyncio.Event, seconds: float) -> None:
    """Wait for an event, or for so long."""
    waits = {asyncio.create_task(changed.wait()), asyncio.create_task(clock.sleep(max(seconds, 0.0)))}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waits:
            each.cancel()
        await asyncio.gather(*waits, return_exceptions=True)


async def ends_within(clock: Clock, work: Coroutine[Any, Any, object], seconds: float | None) -> bool:
    """Await work, for so long at most (None: as long as it takes); False when it was cancelled for the time."""
    task = asyncio.ensure_future(work)
    limit = None if seconds is None else asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({task} if limit is None else {task, limit}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        return task.done()
    finally:
        left = [one for one in (task, limit) if one is not None]
        for one in left:
            one.cancel()
        await asyncio.gather(*left, return_exceptions=True)
