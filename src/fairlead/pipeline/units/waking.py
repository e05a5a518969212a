"""Wakes a driver when something changes that it would judge anew; what was missed, the next look sees all the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


@dataclass(frozen=True, slots=True)
class Awaited:
    """What Deployments have to show before another look can say more: that they were taken up, with so many ready pods.

    `are_new`: they were just made, so that one which a watch does not show is on its way.
    """

    floors: Mapping[ObjectRef, int] = field(default_factory=dict)
    are_new: bool = False


NOTHING: Final = Awaited()
"""Every change counts."""


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

    async def wait(self, clock: Clock, seconds: float, anchor: str = "", awaited: Awaited = NOTHING) -> bool:
        """Wait for a change, or for so long; return whether there was one.

        What changed while the driver looked may have been seen or not, so that it counts. While watches show the anchor
        in the version `anchor`, so that nothing was asked for, and not what is `awaited`, nothing does.
        """
        self.observer.attend(self.listener, awaited.floors)
        changed, until = self.listener.changed, clock.monotonic() + seconds
        while not changed.is_set() or (self._knows(anchor) and self.has(awaited) is False):
            changed.clear()
            await pause(clock, changed, until - clock.monotonic())
            if not changed.is_set():
                return False
        return True

    def _knows(self, anchor: str) -> bool:
        stored = (self._fed(SECRETS, f"fairlead.unit.v1.{self.key.name}") or {}).get(self._anchor)
        return stored is not None and stored["metadata"]["resourceVersion"] == anchor

    def has(self, awaited: Awaited) -> bool | None:
        """Return whether watches show what is awaited; None where they do not tell."""
        deployments, floors = self._fed(DEPLOYMENTS), awaited.floors
        if not floors or deployments is None or not (awaited.are_new or floors.keys() <= deployments.keys()):
            return None
        return all(ref in deployments and _has(deployments[ref], floor) for ref, floor in floors.items())

    def _fed(self, kind: ApiKind, name: str = "") -> Mapping[ObjectRef, LiveObject] | None:
        """Return what a watch shows; None while it is broken."""
        feed = self.observer.feed(kind, self.key.namespace, name)
        return feed.objects if feed.listed and feed.trouble is None and feed.error is None else None


def _has(deployment: LiveObject, floor: int) -> bool:
    is_taken_up = whole(deployment, "status", "observedGeneration") >= whole(deployment, "metadata", "generation")
    return is_taken_up and whole(deployment, "status", "readyReplicas") >= floor
