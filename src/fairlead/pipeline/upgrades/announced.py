"""Acts on what was announced: takes it from the queue in batches, and keeps it there until acting succeeded.

Images that wait are acted on together, a short while after the first of them was announced; as long as every round
finds more, the pauses grow, so that a storm of deliveries becomes a few rounds. What fails is tried again later, by
itself, and keeps nobody else waiting. Pushes to branches are taken off the queue: nothing here acts on them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from fairlead.domain.errors import FairleadError, OperationFailed, Transient
from fairlead.domain.upgrades.announcing import Announcement
from fairlead.domain.webhooks.deliveries import BranchPushed, ImagePushed
from fairlead.pipeline.engine import at_once
from fairlead.ports.clock import Clock
from fairlead.ports.deliveries import DeliveryQueue, Work

_log = logging.getLogger(__name__)

Act = Callable[[Sequence[Work]], Awaitable[None]]
Fell = Callable[[Sequence[Work], Exception, float], None]

MOST_TOGETHER: Final = 1000  # subjects of one batch
FIRST_PAUSE: Final = 2.0  # seconds from an announcement until it is acted on, when it is quiet
LONGEST_PAUSE: Final = 30.0
_FIRST_RETRY: Final = 1.0
_LONGEST_RETRY: Final = 300.0


def announcements(works: Iterable[Work]) -> tuple[Announcement, ...]:
    """Return what is announced of images, oldest first for each."""
    return _of_images(each for work in works for each in work.announcements)


def earlier(works: Iterable[Work]) -> tuple[Announcement, ...]:
    """Return what was announced of the same images with a time, at any time before."""
    return _of_images(each for work in works for each in work.earlier)


def _of_images(pushed: Iterable[ImagePushed | BranchPushed]) -> tuple[Announcement, ...]:
    return tuple(
        Announcement(one.image, one.tag, one.digest, one.time) for one in pushed if isinstance(one, ImagePushed)
    )


@dataclass(frozen=True, slots=True)
class _Retry:
    """When a subject is tried again, in seconds of the clock; `alone` when its failure may be its own fault."""

    at: float
    failures: int
    alone: bool


@dataclass(slots=True)
class Consumer:
    """Takes work from a queue and acts. `fell` is told of failures, and in how many seconds they are tried again."""

    queue: DeliveryQueue
    act: Act
    clock: Clock
    fell: Fell
    chance: Random = field(default_factory=Random)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _retries: dict[str, _Retry] = field(default_factory=dict)

    def arrived(self) -> None:
        """Say that there is more to do."""
        self._arrived.set()

    async def run(self) -> None:
        """Act until cancelled, first on what still waits from earlier."""
        pause = FIRST_PAUSE
        while True:
            self._arrived.clear()
            try:
                found = await self.round()
            except OperationFailed as error:  # the queue itself: a full disk has room again some day
                _log.error("%s; looking again in %.0f s", error, LONGEST_PAUSE)
                await self.clock.sleep(LONGEST_PAUSE)
                continue
            if not found:
                pause = FIRST_PAUSE
                await self._rest()
            await self.clock.sleep(pause)
            pause = min(LONGEST_PAUSE, 2 * pause)

    async def round(self) -> bool:
        """Act on everything whose time has come; False when nothing of it was new.

        Raises:
            OperationFailed: the queue cannot be read or written.
        """
        waiting = await self.queue.waiting(MOST_TOGETHER + len(self._retries))
        images = await self._images(waiting)
        due = [work for work in images if self._is_due(work.subject)]
        together = [work for work in due if not self._is_alone(work.subject)][:MOST_TOGETHER]
        alone = [work for work in due if self._is_alone(work.subject)]
        if together:
            await self._acted(together)
        for work in alone:
            await self._acted([work])
        return bool(together) or len(images) < len(waiting)

    def _is_due(self, subject: str) -> bool:
        return subject not in self._retries or self._retries[subject].at <= self.clock.monotonic()

    def _is_alone(self, subject: str) -> bool:
        return subject in self._retries and self._retries[subject].alone

    async def _images(self, waiting: Sequence[Work]) -> list[Work]:
        """Return the work on images; other work is done, since nothing follows from it."""
        pushes = [work for work in waiting if any(isinstance(one, BranchPushed) for one in work.announcements)]
        for work in pushes:
            _log.debug("%s was pushed to; nothing here acts on that", work.subject)
        await at_once(self.queue.done(work) for work in pushes)
        return [work for work in waiting if all(isinstance(one, ImagePushed) for one in work.announcements)]

    async def _acted(self, works: Sequence[Work]) -> None:
        try:
            await self.act(works)
            await at_once(self.queue.done(work) for work in works)
        except Exception as error:  # noqa: BLE001 - whatever was announced, it must not end the acting on all else
            self._failed(works, error)
        else:
            for work in works:
                self._retries.pop(work.subject, None)

    def _failed(self, works: Sequence[Work], error: Exception) -> None:
        asked = error.delay_seconds if isinstance(error, Transient) else 0.0
        failures = 1 + max(
            self._retries[work.subject].failures if work.subject in self._retries else 0 for work in works
        )
        grown = min(_LONGEST_RETRY, _FIRST_RETRY * 2.0 ** (failures - 1))
        delay = max(asked, grown * self.chance.uniform(0.5, 1))
        retry = _Retry(self.clock.monotonic() + delay, failures, alone=not isinstance(error, Transient))
        self._retries |= {work.subject: retry for work in works}
        if not isinstance(error, FairleadError):
            _log.error("acting on announcements met a bug", exc_info=error)
        self.fell(works, error, delay)

    async def _rest(self) -> None:
        """Wait until something arrives or the next retry is due."""
        waits: list[asyncio.Future[object]] = [asyncio.ensure_future(self._arrived.wait())]
        if self._retries:
            next_at = min(retry.at for retry in self._retries.values())
            waits.append(asyncio.ensure_future(self.clock.sleep(max(0.0, next_at - self.clock.monotonic()))))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
