"""A journal of deployments in memory, for streams."""

from __future__ import annotations

import asyncio

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.server.streams.telling import Past, Told


class MemoryJournal:
    """`hold` makes readers wait until it is set again; `asked` counts them. `is_broken` lets each of them fail."""

    def __init__(self) -> None:
        self.events: list[Told] = []
        self.is_complete = False
        self.is_broken = False
        self.asked = 0
        self.hold = asyncio.Event()
        self.hold.set()

    def add(self, text: str = "") -> Told:
        """Store the next event."""
        number = self.events[-1].number + 1 if self.events else 1
        told = Told(number, "log", b'{"sequence": %d, "text": "%s"}' % (number, text.encode()))
        self.events.append(told)
        return told

    async def past(self, deployment: str, *, after: int, limit: int) -> Past:
        self.asked += 1
        if self.is_broken:
            raise OperationFailed(Problem("storeFailed", "the disk is gone"))
        found = [told for told in self.events if told.number > after][:limit]
        past = Past(found, self.is_complete and not found)
        await self.hold.wait()
        return past
