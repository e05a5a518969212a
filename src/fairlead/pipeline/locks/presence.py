"""The signs of life of a run: one Lease in each namespace where it writes, and what is known of gaps between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fairlead.domain.errors import OperationFailed, Problem, RemoteRefused
from fairlead.domain.identity import ReleaseKey, sha256_json
from fairlead.domain.locking import RENEW_SECONDS, TRUSTED_SECONDS
from fairlead.pipeline.engine import Engine, at_once
from fairlead.ports.fence import behind

Place = tuple[str, str]
"""An environment and a namespace of its cluster."""

Leaving = Callable[[Coroutine[Any, Any, None]], Awaitable[object]]


@dataclass(slots=True)
class Presence:
    """One run, as others see it. `run` is its name, `lease` that of its Leases.

    `patience` is how many seconds leaving may take.
    """

    engine: Engine
    run: str = ""
    patience: float = 2.0
    _renewed: dict[Place, float] = field(default_factory=dict)
    _gaps: dict[Place, int] = field(default_factory=dict)
    _entering: asyncio.Lock = field(default_factory=asyncio.Lock)
    _beating: asyncio.Task[None] | None = None

    @property
    def lease(self) -> str:
        """The name of the run's Leases."""
        return f"fairlead-{self.run}"

    async def enter(self, key: ReleaseKey) -> None:
        """Show that the run lives in a release's namespace, before it takes a lock there."""
        place = (key.environment, key.namespace)
        async with self._entering:
            if place not in self._renewed:
                await self._beat(place)
            if self._beating is None:
                self._beating = asyncio.create_task(self._beat_on())

    def has_held_on(self, key: ReleaseKey, hold: int) -> bool:
        """Return whether others can have seen the run alive ever since that hold (see `renew`)."""
        place = (key.environment, key.namespace)
        return self.hold(key) == hold and not self._is_late(place)

    def hold(self, key: ReleaseKey) -> int:
        """Return how often the signs of life for a release were taken up again after they had been too old."""
        return self._gaps.get((key.environment, key.namespace), 0)

    async def renew(self, key: ReleaseKey, *, since: float) -> bool:
        """Take up signs of life that are too old, and return whether they were.

        Who does must have made sure, not before `since`, that the lock is its own; others in the same place find out by
        `hold` that they must do so too.
        """
        place = (key.environment, key.namespace)
        async with self._entering:
            if not self._is_late(place):
                return False
            await self._beat(place)
            self._renewed[place] = since
            self._gaps[place] = self._gaps.get(place, 0) + 1
            return True

    async def leave(self) -> None:
        """Take the signs of life away, and those that killed runs left; one that stays grows stale by itself.

        So nobody waits long for a cluster that does not answer.
        """
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(self.patience):
                await at_once(self._silence(place) for place in self._renewed)

    async def _beat_on(self) -> None:
        while True:
            await self.engine.pulse.sleep(RENEW_SECONDS)
            await at_once(self._beat_or_grow_stale(place) for place in list(self._renewed))

    async def _beat_or_grow_stale(self, place: Place) -> None:
        if not self._is_late(place):  # from then on it is for the holders of locks to say whether the run lives
            with suppress(OperationFailed), behind(_InTime(partial(self._is_late, place))):
                await self._beat(place)

    def _is_late(self, place: Place) -> bool:
        return place in self._renewed and self.engine.pulse.monotonic() - self._renewed[place] > TRUSTED_SECONDS

    async def _beat(self, place: Place) -> None:
        environment, namespace = place
        began, engine = self.engine.pulse.monotonic(), self.engine
        await engine.stores[environment].beat(namespace, self.lease, engine.whoami.me(), at=engine.pulse.now())
        self._renewed[place] = began

    async def _silence(self, place: Place) -> None:
        with suppress(OperationFailed):
            await self.engine.stores[place[0]].fall_silent(place[1], self.lease)
            await self._clear_up(place)

    async def _clear_up(self, place: Place) -> None:
        store, now = self.engine.stores[place[0]], self.engine.pulse.now()
        for sign in await store.signs_of_life(place[1]):
            is_dead = sign.holder is not None and self.engine.whoami.is_dead(sign.holder)
            if is_dead or sign.is_forgotten(now):
                with suppress(RemoteRefused):  # it was renewed after all, or somebody else cleared it
                    await store.clear(place[1], sign)


@dataclass(frozen=True, slots=True)
class _InTime:
    """Lets a sign of life pass only as long as the one before it counts."""

    is_late: Callable[[], bool]

    def is_sure(self) -> bool:
        return not self.is_late()

    async def make_sure(self) -> None:
        raise OperationFailed(Problem("leaseLost", "the Lease could not be renewed in time"))


@asynccontextmanager
async def present(engine: Engine, leaving: Leaving | None = None) -> AsyncIterator[Presence]:
    """Give a run its name, and signs of life while the block lasts; `leaving` may end the leaving before its time."""
    me = engine.whoami.me()
    moment = [engine.clock.now().isoformat(), engine.clock.monotonic(), engine.pulse.monotonic()]
    presence = Presence(engine, sha256_json([me.to_json(), moment]).removeprefix("sha256:")[:16])
    try:
        yield presence
    finally:
        await (presence.leave() if leaving is None else leaving(presence.leave()))
