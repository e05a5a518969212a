"""Time that passes only when the test says so, for code in which several tasks wait at once."""

from __future__ import annotations

import asyncio
import heapq
from datetime import UTC, datetime, timedelta

_TURNS = 50  # more than any chain of tasks here needs to come to rest


async def settle() -> None:
    """Let every task run until it waits for something that only the test can bring."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)


class SteppedClock:
    """A clock whose sleepers wake in order of their time, each seeing exactly that time."""

    def __init__(self, start: datetime = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)) -> None:
        self._start = start
        self._passed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._count = 0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return 1000.0 + self._passed

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        self._count += 1
        heapq.heappush(self._sleepers, (self._passed + seconds, self._count, woken))
        await woken.wait()

    async def advance(self, seconds: float) -> None:
        """Let time pass, waking everybody whose time comes."""
        await settle()
        end = self._passed + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            self._passed, _, woken = heapq.heappop(self._sleepers)
            woken.set()
            await settle()
        self._passed = end
        await settle()
