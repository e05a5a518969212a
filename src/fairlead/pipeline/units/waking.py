"""Wakes a driver when something changes that it would judge anew; what was missed, the next look sees all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from fairlead.domain.identity import ObjectRef
from fairlead.domain.reading import uid, whole
from fairlead.domain.units import UnitKey
from fairlead.pipeline.observation.observing import Listener, Observer
from fairlead.pipeline.pausing import pause
from fairlead.pipeline.units.sight import DEPLOYMENTS, SECRETS, SERVICES, SLICES, Sight
from fairlead.ports.clock import Clock
from fairlead.ports.cluster import ApiKind, LiveObject

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
        services = [uid(live) for ref, live in sight.objects.items() if ref.kind == SERVICES.kind]
        services += [reading.uid for reading in sight.routes.values() if reading.uid]
        self.observer.attend(self.listener, [self._anchor, *sight.objects, *sight.routes, *services, *more])

    @property
    def _anchor(self) -> ObjectRef:
        return ObjectRef("v1", "Secret", self.key.namespace, f"fairlead.unit.v1.{self.key.name}")

    async def close(self) -> None:
        """End what only this driver watches; what it shares with others goes on."""
        await self.observer.end(SECRETS, self.key.namespace, f"fairlead.unit.v1.{self.key.name}")

    def heard(self) -> None:
        """Begin to listen for what comes after this moment."""
        self.listener.changed.clear()

    async def wait(self, clock: Clock, seconds: float, is_nothing: Callable[[], bool] = lambda: False) -> bool:
        """Wait for a change that is not nothing, or for so long; return whether there was one.

        What changed while the driver looked may have been seen or not, so that it is always one.
        """
        changed, until = self.listener.changed, clock.monotonic() + seconds
        while not changed.is_set():
            await pause(clock, changed, until - clock.monotonic())
            if not changed.is_set():
                return False
            if is_nothing():
                changed.clear()
        return True

    def is_nothing(self, anchor: str, floors: Mapping[ObjectRef, int]) -> bool:
        """Return whether watches show that nothing was asked for, and that a Deployment has too few ready pods.

        `anchor` is the version of the anchor that is known.
        """
        stored = self._fed(SECRETS, f"fairlead.unit.v1.{self.key.name}").get(self._anchor)
        is_known = stored is not None and stored["metadata"]["resourceVersion"] == anchor
        return is_known and self.has_enough(floors) is False

    def has_enough(self, floors: Mapping[ObjectRef, int]) -> bool | None:
        """Return whether watches show that each Deployment has so many ready pods; None where they do not tell."""
        deployments = self._fed(DEPLOYMENTS)
        if not floors or not floors.keys() <= deployments.keys():
            return None
        return all(whole(deployments[ref], "status", "readyReplicas") >= floor for ref, floor in floors.items())

    def _fed(self, kind: ApiKind, name: str = "") -> Mapping[ObjectRef, LiveObject]:
        """Return what a watch shows; nothing while it is broken."""
        feed = self.observer.feed(kind, self.key.namespace, name)
        return feed.objects if feed.listed and feed.trouble is None and feed.error is None else {}
