"""One stream on no wire in particular: it ends for a client that takes nothing, and for no other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

import pytest

from fairlead.server.streams.following import serve
from fairlead.server.streams.hub import STALL_SECONDS, Ending, Hub
from fairlead.server.streams.telling import Wire
from tests.fakes.clock import FakeClock
from tests.fakes.journal import MemoryJournal


async def admitted() -> Callable[[Hashable], bool]:
    """Let everybody in."""
    return lambda _: True


@dataclass(slots=True)
class Followed:
    """A deployment that one client follows, who takes what is sent when it is let go on."""

    clock: FakeClock = field(default_factory=FakeClock)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    sent: asyncio.Event = field(default_factory=asyncio.Event)
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)
    hub: Hub = field(init=False)
    serving: asyncio.Task[Ending] = field(init=False)

    def __post_init__(self) -> None:
        self.hub = Hub(self.journal, self.clock, admitted)
        follower = self.hub.follower("deployment", 0, "one")
        self.serving = asyncio.ensure_future(serve(self.hub, follower, Wire.EVENTS, send=self._send, ping=lambda: b""))

    async def _send(self, _data: bytes) -> None:
        self.sent.set()
        await self.goes_on.wait()
        self.goes_on.clear()

    async def until_sent(self) -> None:
        """Let something happen, and wait until it is on its way to the client."""
        self.sent.clear()
        self.hub.publish("deployment", self.journal.add())
        self.goes_on.set()
        await self.sent.wait()


@pytest.fixture
async def followed() -> Followed:
    found = Followed()
    found.journal.add()
    await found.sent.wait()
    return found


async def test_a_client_that_takes_nothing_is_ended(followed: Followed) -> None:
    followed.clock.advance(STALL_SECONDS)
    await followed.hub.check()
    assert followed.serving.cancelling() == 0
    followed.clock.advance(1)
    await followed.hub.check()
    async with asyncio.timeout(10):
        assert await followed.serving is Ending.STALLED
    assert followed.hub.open == 0


async def test_a_client_that_takes_something_now_and_then_is_not(followed: Followed) -> None:
    for _ in range(3):
        followed.clock.advance(STALL_SECONDS)
        await followed.until_sent()
        await followed.hub.check()
        assert followed.serving.cancelling() == 0
    followed.hub.close()
    async with asyncio.timeout(10):
        assert await followed.serving is Ending.STOPPING


async def test_a_client_to_whom_nothing_is_sent_is_not(followed: Followed) -> None:
    followed.goes_on.set()
    while followed.goes_on.is_set():  # noqa: ASYNC110 - nobody says that it was taken but this
        await asyncio.sleep(0)
    followed.clock.advance(2 * STALL_SECONDS)
    await followed.hub.check()
    assert followed.serving.cancelling() == 0
    followed.hub.close()
    async with asyncio.timeout(10):
        assert await followed.serving is Ending.STOPPING
