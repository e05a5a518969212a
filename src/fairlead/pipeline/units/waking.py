"""Wakes a driver when something changes that it would judge anew; what was missed, the next look sees all the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from fairlead.domain.identity import ObjectRef
from fairlead.domain.reading import uid
from fairlead.domain.units import UnitKey
from fairlead.pipeline.observation.observing import Listener, Observer
from fairlead.pipeline.pausing import pause
from fairlead.pipeline.units.sight import DEPLOYMENTS, SECRETS, SERVICES, SLICES, Sight
from fairlead.ports.clock import Clock

LOOK_SECONDS: Final = 2.0
"""So long nothing may happen before a driver looks all the same: a pod that cannot start changes nothing it watches."""


@dataclass(slots=True)
class Waking:
    """What one driver is woken by: its Deployments, Services, their endpoints, and its anchor."""

    observer: Observer
    key: UnitKey
    listener: Listener
    _started: bool = field(default=False)

    def attend(self, sight: Sight, more: Iterable[ObjectRef] = ()) -> None:
        """Be woken by changes of what was seen, and of what belongs to it."""
        if not self._started:
            for kind in (DEPLOYMENTS, SERVICES, SLICES):
                self.observer.feed(kind, self.key.namespace)
            self.observer.feed(SECRETS, self.key.namespace, f"fairlead.unit.v1.{self.key.name}")
            self._started = True
        anchor = ObjectRef("v1", "Secret", self.key.namespace, f"fairlead.unit.v1.{self.key.name}")
        services = [uid(live) for ref, live in sight.objects.items() if ref.kind == SERVICES.kind]
        services += [reading.uid for reading in sight.routes.values() if reading.uid]
        self.observer.attend(self.listener, [anchor, *sight.objects, *sight.routes, *services, *more])

    async def close(self) -> None:
        """End what only this driver watches; what it shares with others goes on."""
        await self.observer.end(SECRETS, self.key.namespace, f"fairlead.unit.v1.{self.key.name}")

    def heard(self) -> None:
        """Begin to listen for what comes after this moment."""
        self.listener.changed.clear()

    async def wait(self, clock: Clock, seconds: float) -> bool:
        """Wait for a change, or for so long; return whether there was a change."""
        await pause(clock, self.listener.changed, seconds)
        return self.listener.changed.is_set()
