"""Waiting for a change, but no longer than until something is due."""

from __future__ import annotations

import asyncio

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
