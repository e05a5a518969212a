"""Who may drive a unit: one run at a time, named in the anchor, and alive as its Lease says.

Being named is no fencing: what fences is the epoch, which a new driver raises and touches everything guarded with.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.locking import Heard
from fairlead.domain.units import UnitKey
from fairlead.pipeline.locks.presence import Presence
from fairlead.pipeline.units.anchoring import DriverMark
from fairlead.ports.clock import Clock
from fairlead.ports.statestore import StateStore
from fairlead.ports.whoami import WhoAmI


def not_fenced(key: UnitKey, why: str) -> OperationFailed:
    """Return the error of who cannot mark all that belongs to a unit."""
    message = f"cannot take over {key}: what belongs to it cannot be marked as ours: {why}"
    return OperationFailed(Problem("takeoverFailed", message, remedy="run the command again"))


def superseded(key: UnitKey) -> OperationFailed:
    """Return the error of who is not the driver of a unit any more."""
    message, look = f"another run drives {key} now", f"`fairlead units {key.name}`"
    return OperationFailed(Problem("superseded", message, remedy=f"see with {look} how it goes on"))


@dataclass(slots=True)
class Others:
    """What is known of the drivers of other runs: whether they give signs of life."""

    memory: StateStore
    whoami: WhoAmI
    clock: Clock
    _heard: dict[str, Heard] = field(default_factory=dict)

    async def is_alive(self, namespace: str, driver: DriverMark) -> bool | None:
        """Return whether a driver lives; None while nobody can tell."""
        if self.whoami.is_dead(driver.holder):
            return False
        version = await self.memory.heard(namespace, driver.lease)
        if version is None:
            return False
        now, before = self.clock.monotonic(), self._heard.get(driver.lease)
        self._heard[driver.lease] = Heard(version, now) if before is None else before.then(version, now)
        if before is not None and before.version != version:
            return True
        return False if self._heard[driver.lease].is_silent(now) else None


@dataclass(frozen=True, slots=True)
class Leadership:
    """The hold of this run on a unit: it may write as long as others can have seen it alive ever since."""

    presence: Presence
    key: UnitKey
    hold: int

    @classmethod
    async def begin(cls, presence: Presence, key: UnitKey) -> Leadership:
        """Show that the run lives before it takes the unit.

        A run that was silent for too long, as a server is whose cluster was away, lives from now on: what it led before
        it may write to no more, and what it takes from now on is fenced by its epoch.
        """
        place, now = as_release(key), presence.engine.pulse.monotonic()
        await presence.enter(place)
        await presence.renew(place, since=now)
        return cls(presence, key, presence.hold(place))

    @property
    def mark(self) -> DriverMark:
        """How the anchor names this run."""
        return DriverMark(self.presence.run, self.presence.lease, self.presence.engine.whoami.me())

    def is_sure(self) -> bool:
        """Return whether nobody else can have taken the unit by now."""
        return self.presence.has_held_on(as_release(self.key), self.hold)

    async def make_sure(self) -> None:
        """Refuse to write: who was silent for too long has to take the unit anew.

        Raises:
            OperationFailed: always (`leaseLost`).
        """
        message = f"no sign of life of this run was renewed in time: another may drive {self.key} by now"
        raise OperationFailed(Problem("leaseLost", message, remedy="run the command again"))


def as_release(key: UnitKey) -> ReleaseKey:
    """Return the place of a unit as signs of life know it: the cluster stands for the environment."""
    return ReleaseKey(key.cluster, key.cluster, key.namespace, key.name)
