"""The events of one deployment, for all who follow it.

A client is a number: that of the last event it was sent. What follows it is cut from places that all share: a window of
the newest events, and chunks made of what the journal holds. So a client that stands still costs its own connection and
nothing else: no queue grows for it, and nobody waits for it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from fairlead.server.streams.telling import Chunk, Past, Quiet, Told, Wire

CHUNK_BYTES = 8 << 10  # at most so much waits in a connection; a larger event goes alone
WINDOW_EVENTS = 256
_CHUNKS = 128  # that are kept, 1 MiB
_WOKEN_AT_ONCE = 256  # so that requests come between when thousands follow


@dataclass(slots=True)
class Feed:
    """One deployment. `read` returns some of what was stored after a number."""

    read: Callable[[int], Awaitable[Past]]
    followers: int = 0
    _is_complete: bool = False
    _window: deque[Told] = field(default_factory=lambda: deque(maxlen=WINDOW_EVENTS))
    _waiting: dict[asyncio.Future[bool], None] = field(default_factory=dict)
    _chunks: OrderedDict[tuple[int, Wire], Chunk] = field(default_factory=OrderedDict)
    _reads: dict[int, asyncio.Task[Past]] = field(default_factory=dict)

    def publish(self, told: Told) -> None:
        """Tell everybody of an event that was stored just now."""
        self._window.append(told)
        self._wake(is_news=True)

    def complete(self) -> None:
        """Say that nothing follows any more."""
        self._is_complete = True
        self._wake(is_news=True)

    def tick(self) -> None:
        """Let everybody who waits send a ping."""
        self._wake(is_news=False)

    async def after(self, number: int, wire: Wire) -> Chunk | Quiet | None:
        """Return what follows a number as soon as there is something, `Quiet` at a tick, None at the end of everything.

        It may be cancelled at any moment.
        """
        while True:
            if (chunk := self._kept(number, wire)) is not None:
                return chunk
            if not self._reaches_back_to(number):
                newest = self._newest
                past = await self._past(number)
                if past.events:
                    return self._kept(number, wire) or self._cut(past.events, number, wire)
                if past.is_complete:
                    return None
                if self._newest != newest:
                    continue  # the answer may be older than that
                if newest > number:
                    number = self._window[0].number - 1  # what lay between has been removed
                    continue
            if self._is_complete:
                return None
            if not await self._news():
                return Quiet.QUIET

    @property
    def _newest(self) -> int:
        return self._window[-1].number if self._window else 0

    def _reaches_back_to(self, number: int) -> bool:
        return bool(self._window) and self._window[0].number - 1 <= number

    def _kept(self, number: int, wire: Wire) -> Chunk | None:
        found = self._chunks.get((number, wire))
        if found is None and self._reaches_back_to(number) and number < self._newest:
            return self._cut((told for told in self._window if told.number > number), number, wire)
        return found

    def _cut(self, events: Iterable[Told], number: int, wire: Wire) -> Chunk:
        """Make chunks of events, keep them for others, and return the first."""
        chunks: list[Chunk] = []
        pieces: list[bytes] = []
        size, last = 0, number
        for told in events:
            piece = told.encoded(wire)
            if pieces and size + len(piece) > CHUNK_BYTES:
                chunks.append(Chunk(number, b"".join(pieces), last))
                pieces, size, number = [], 0, last
            pieces.append(piece)
            size, last = size + len(piece), told.number
        chunks.append(Chunk(number, b"".join(pieces), last))
        for chunk in chunks:
            self._chunks[chunk.after, wire] = chunk
        while len(self._chunks) > _CHUNKS:
            self._chunks.popitem(last=False)
        return chunks[0]

    async def _past(self, number: int) -> Past:
        """Read the journal, once for all who ask for the same at the same time."""
        if (reading := self._reads.get(number)) is None:
            reading = self._reads[number] = asyncio.ensure_future(self.read(number))
            reading.add_done_callback(lambda _: self._reads.pop(number))
        return await asyncio.shield(reading)

    async def _news(self) -> bool:
        """Wait. Return whether something happened, else it was a tick."""
        waiter: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[waiter] = None
        try:
            return await waiter
        finally:
            self._waiting.pop(waiter, None)

    def _wake(self, *, is_news: bool) -> None:
        waiting, self._waiting = self._waiting, {}
        _rouse(deque(waiting), is_news=is_news)


def _rouse(waiting: deque[asyncio.Future[bool]], *, is_news: bool) -> None:
    """Wake some who wait, and the others after the event loop has done what else there is."""
    for _ in range(min(_WOKEN_AT_ONCE, len(waiting))):
        waiter = waiting.popleft()
        if not waiter.done():
            waiter.set_result(is_news)
    if waiting:
        waiting[0].get_loop().call_soon(lambda: _rouse(waiting, is_news=is_news))
