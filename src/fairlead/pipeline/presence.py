"""The signs of life of a run: one Lease in each namespace where it writes, and a door that closes without them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from fairlead.domain.errors import OperationFailed, Problem, RemoteRefused
from fairlead.domain.identity import ReleaseKey, sha256_json
from fairlead.domain.locking import RENEW_SECONDS, TRUSTED_SECONDS
from fairlead.pipeline.engine import Engine, at_once

Place = tuple[str, str]
"""An environment and a namespace of its cluster."""


@dataclass(slots=True)
class Presence:
    """One run, as others see it. `run` is its name, `lease` that of its Leases."""

    engine: Engine
    run: str = ""
    _renewed: dict[Place, float] = field(default_factory=dict)
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

    def check(self, environment: str) -> None:
        """Raise OperationFailed (`leaseLost`) if others may by now believe that the run is gone."""
        now = self.engine.pulse.monotonic()
        late = [place for place, at in self._renewed.items() if place[0] == environment and now - at > TRUSTED_SECONDS]
        if late:
            message = f"the Lease {late[0][1]}/{self.lease} could not be renewed in time, so another run may have begun"
            remedy = "make sure that the API server answers, then run it again"
            raise OperationFailed(Problem("leaseLost", message, remedy=remedy))

    async def leave(self) -> None:
        """Take the signs of life away, and those that killed runs left; one that stays grows stale by itself."""
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)
        await at_once(self._silence(place) for place in self._renewed)

    async def _beat_on(self) -> None:
        while True:
            await self.engine.pulse.sleep(RENEW_SECONDS)
            await at_once(self._beat_or_grow_stale(place) for place in list(self._renewed))

    async def _beat_or_grow_stale(self, place: Place) -> None:
        with suppress(OperationFailed):  # `check` speaks up when it goes on
            await self._beat(place)

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


@asynccontextmanager
async def present(engine: Engine) -> AsyncIterator[Presence]:
    """Give a run its name, and signs of life while the block lasts."""
    me = engine.whoami.me()
    moment = [engine.clock.now().isoformat(), engine.clock.monotonic(), engine.pulse.monotonic()]
    presence = Presence(engine, sha256_json([me.to_json(), moment]).removeprefix("sha256:")[:16])
    try:
        yield presence
    finally:
        await presence.leave()
