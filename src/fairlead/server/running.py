"""Drives the units that have something to do: one task for each, a bounded number at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from fairlead.domain.errors import FairleadError
from fairlead.domain.units import UnitKey
from fairlead.server.metrics import Metrics
from fairlead.server.rollouts import Rollouts

AT_ONCE: Final = 200
_LONGEST_PAUSE: Final = 60.0

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Runner:
    """Give it units with `busy`; leave it with `stop`, which hands every unit over to whoever drives it next.

    After a failure a unit is driven again in `first_pause` seconds, after each further one in twice as many.
    """

    rollouts: Rollouts
    metrics: Metrics
    at_once: int = AT_ONCE
    first_pause: float = 2.0
    is_ready: bool = False
    _tasks: dict[UnitKey, asyncio.Task[None]] = field(default_factory=dict)
    _again: set[UnitKey] = field(default_factory=set)
    _timers: dict[UnitKey, asyncio.TimerHandle] = field(default_factory=dict)
    _places: asyncio.Semaphore | None = None
    _is_stopping: bool = False

    def busy(self, unit: UnitKey) -> None:
        """Say that a unit has something to do; whoever drives it already will look again."""
        if self._is_stopping:
            return
        if (timer := self._timers.pop(unit, None)) is not None:
            timer.cancel()
        if unit in self._tasks:
            self._again.add(unit)
            return
        self._places = self._places or asyncio.Semaphore(self.at_once)
        self._tasks[unit] = asyncio.ensure_future(self._drive(unit, self._places))
        self.metrics.driving(len(self._tasks))

    async def start(self, prepare: Callable[[Sequence[UnitKey]], Awaitable[None]]) -> None:
        """Drive on every unit that the clusters know of: what an earlier run left undone, and what waits for a time.

        `prepare` is done with them before that.
        """
        pause = self.first_pause
        while not self.is_ready:
            try:
                units = await self.rollouts.known()
                await prepare(units)
                for unit in units:
                    self.busy(unit)
                self.is_ready = True
            except Exception as error:  # noqa: BLE001 - nobody would drive anything after a bug
                is_bug = not isinstance(error, FairleadError)
                _log.error("the units could not be read: %r", error, exc_info=is_bug)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def stop(self) -> None:
        """End every driver at a clean point."""
        self._is_stopping = True
        for timer in self._timers.values():
            timer.cancel()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _drive(self, unit: UnitKey, places: asyncio.Semaphore) -> None:
        pause, wait = self.first_pause, None
        try:
            while True:
                self._again.discard(unit)
                try:
                    async with places:
                        wait = await self.rollouts.drive(unit)
                    pause = self.first_pause
                except Exception as error:  # noqa: BLE001 - a unit that a bug stopped would have nobody to drive it
                    self.metrics.driver_failed()
                    is_bug = not isinstance(error, FairleadError)
                    level, what = (logging.ERROR, f"this is a bug: {error!r}") if is_bug else (logging.WARNING, error)
                    _log.log(level, "%s is driven on in %g s: %s", unit, pause, what, exc_info=is_bug)
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)
                    continue
                if unit not in self._again:
                    return
        finally:
            del self._tasks[unit]
            self._again.discard(unit)
            self.metrics.driving(len(self._tasks))
            if wait is not None and not self._is_stopping:
                self._timers[unit] = asyncio.get_running_loop().call_later(wait, self._due(unit))

    def _due(self, unit: UnitKey) -> Callable[[], None]:
        def due() -> None:
            self._timers.pop(unit, None)
            self.busy(unit)

        return due
