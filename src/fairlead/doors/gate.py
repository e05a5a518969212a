"""How many requests at once: as many as the server takes, fewer as soon as it says 429.

Additive increase, multiplicative decrease, as in TCP congestion control (RFC 5681); one decrease per round, since all
requests that were under way together report the same overload.
"""

from __future__ import annotations

from asyncio import Future, get_running_loop
from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Gate:
    """Lets at most `limit` requests through at once, in the order in which they came."""

    limit: int = 20
    ceiling: int = 32
    _active: int = 0
    _round: int = 0
    _calm: int = 0
    _waiting: deque[Future[None]] = field(default_factory=deque)

    async def enter(self) -> int:
        """Wait for a place; the result goes back to `leave`."""
        if self._active >= self.limit or self._waiting:
            place: Future[None] = get_running_loop().create_future()
            self._waiting.append(place)
            try:
                await place
            except BaseException:
                if place.done() and not place.cancelled():
                    self._active -= 1  # the place came together with the cancellation
                    self._admit()
                raise
        else:
            self._active += 1
        return self._round

    def leave(self, entered: int, *, overloaded: bool) -> None:
        """Give the place back and learn from how it went."""
        self._active -= 1
        if overloaded:
            if entered == self._round:
                self.limit = max(1, self.limit // 2)
                self._round += 1
            self._calm = 0
        else:
            self._calm += 1
            if self._calm >= self.limit and self.limit < self.ceiling:
                self.limit += 1
                self._calm = 0
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self._active < self.limit:
            place = self._waiting.popleft()
            if not place.done():
                self._active += 1
                place.set_result(None)
