"""All feeds that somebody follows, and all who follow them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from functools import partial

from fairlead.domain.errors import FairleadError, Problem, Refused
from fairlead.ports.clock import Clock
from fairlead.server.streams.feed import Feed
from fairlead.server.streams.telling import Journal, Told

PING_SECONDS = 20.0
STALL_SECONDS = 30.0  # in which a client has to take what was sent to it
CHECK_SECONDS = 1.0  # a revoked token ends its streams after this, and what the check takes
_PAGE_EVENTS = 128

_log = logging.getLogger(__name__)


class Ending(Enum):
    """Why the server ended a stream."""

    COMPLETE = "complete"
    STALLED = "stalled"
    REVOKED = "revoked"
    STOPPING = "stopping"
    FAILED = "failed"


@dataclass(slots=True, eq=False)
class Follower:
    """One stream: of which deployment, after which number, on whose behalf.

    `ended` says why it was cancelled, `sending_since` since when its client has to take something.
    """

    deployment: str
    after: int
    caller: Hashable
    sending_since: float | None = None
    ended: Ending | None = None
    task: asyncio.Task[object] | None = None

    def end(self, why: Ending) -> None:
        """Cancel whoever serves it."""
        if self.ended is None and self.task is not None:
            self.ended = why
            self.task.cancel()


@dataclass(slots=True)
class Hub:
    """Who follows what. `admitted` returns whether a caller is still let in, as it is now."""

    journal: Journal
    clock: Clock
    admitted: Callable[[], Awaitable[Callable[[Hashable], bool]]]
    limit: int = 20_000
    _feeds: dict[str, Feed] = field(default_factory=dict)
    _followers: set[Follower] = field(default_factory=set)
    _is_closed: bool = False

    @property
    def open(self) -> int:
        """How many streams are open."""
        return len(self._followers)

    def publish(self, deployment: str, told: Told) -> None:
        """Tell those who follow a deployment of an event that is in the journal."""
        if (feed := self._feeds.get(deployment)) is not None:
            feed.publish(told)

    def complete(self, deployment: str) -> None:
        """Say that nothing more will happen in a deployment."""
        if (feed := self._feeds.get(deployment)) is not None:
            feed.complete()

    def follower(self, deployment: str, after: int, caller: Hashable) -> Follower:
        """Return who will follow a deployment from an event on.

        Raises:
            Refused: as many follow as this process can serve (`tooManyStreams`).
        """
        if self.open >= self.limit:
            message = f"{self.limit} streams are open, which is as many as this server serves"
            remedy = "try again later, or read the events page by page"
            raise Refused(Problem("tooManyStreams", message, remedy=remedy))
        return Follower(deployment, after, caller)

    @contextmanager
    def following(self, follower: Follower) -> Iterator[Feed]:
        """Follow inside the block, on the current task."""
        feed = self._feeds.get(follower.deployment)
        if feed is None:
            read = partial(self.journal.past, follower.deployment, limit=_PAGE_EVENTS)
            feed = self._feeds[follower.deployment] = Feed(lambda number: read(after=number))
        feed.followers += 1
        follower.task = asyncio.current_task()
        self._followers.add(follower)
        if self._is_closed:  # it was let in just before
            follower.end(Ending.STOPPING)
        try:
            yield feed
        finally:
            self._followers.discard(follower)
            feed.followers -= 1
            if not feed.followers:
                self._feeds.pop(follower.deployment, None)

    async def run(self) -> None:
        """Send pings, and end the streams of callers who may not follow any more, until cancelled."""
        pinged = self.clock.monotonic()
        while True:
            await self.clock.sleep(CHECK_SECONDS)
            try:
                await self.check()
            except FairleadError as error:
                _log.warning("who may follow could not be found out: %s", error)
            except Exception:  # noqa: BLE001 - without this task nobody's stream would end any more
                _log.exception("this is a bug: who may follow could not be found out")
            if self.clock.monotonic() - pinged >= PING_SECONDS:
                pinged = self.clock.monotonic()
                for feed in list(self._feeds.values()):
                    feed.tick()

    async def check(self) -> None:
        """End the streams of clients that take nothing, and of callers who are not let in any more."""
        is_admitted, now = await self.admitted(), self.clock.monotonic()
        for follower in list(self._followers):
            since = follower.sending_since
            if not is_admitted(follower.caller):
                follower.end(Ending.REVOKED)
            elif since is not None and now - since > STALL_SECONDS:
                follower.end(Ending.STALLED)

    def close(self) -> None:
        """End every stream, and every one that is still to come, because the server stops."""
        self._is_closed = True
        for follower in list(self._followers):
            follower.end(Ending.STOPPING)
