"""Reads and swaps the anchor of a unit, with who drives it beside the state of its machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.locking import Holder
from fairlead.domain.rollout.anchor import Anchor, AnchorTooNew, AnchorUnreadable
from fairlead.domain.units import UnitKey
from fairlead.ports.anchors import Anchored, AnchorStore

_DRIVER: Final = "driver"
_SETTLED: Final = "settled"


class Forestalled(Exception):
    """Somebody was faster than a takeover: whether there is still anything to take over has to be found out anew."""


@dataclass(frozen=True, slots=True)
class DriverMark:
    """Who drives a unit. `run` names its run, `lease` the Lease that says whether it lives."""

    run: str
    lease: str
    holder: Holder

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return {"run": self.run, "lease": self.lease, "holder": self.holder.to_json()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> DriverMark:
        """Read the stored form; KeyError or ValueError when it is none."""
        return cls(str(stored["run"]), str(stored["lease"]), Holder.from_json(stored["holder"]))


@dataclass(frozen=True, slots=True)
class Held:
    """An anchor as it was read or written last.

    `settled`: its last driver let go of it, and knew how each of its writes had ended.
    """

    anchor: Anchor = field(default_factory=Anchor)
    driver: DriverMark | None = None
    stored: Anchored = field(default_factory=Anchored)
    settled: bool = False

    @property
    def exists(self) -> bool:
        """Whether there is an anchor in the cluster."""
        return bool(self.stored.version)


async def read_anchor(store: AnchorStore, key: UnitKey) -> Held:
    """Return the anchor of a unit; a unit that never was has an empty one.

    Raises:
        OperationFailed: it cannot be read (`anchorInvalid`), or a newer Fairlead wrote it (`anchorTooNew`).
    """
    return held_as(await store.read(key), key)


def held_as(stored: Anchored, key: UnitKey) -> Held:
    """Return the anchor of a unit as it was stored; raises as `read_anchor`."""
    if not stored.version:
        return Held(stored=stored)
    document = dict(stored.document)
    mark, settled = document.pop(_DRIVER, None), document.pop(_SETTLED, None) is True
    try:
        driver = None if mark is None else DriverMark.from_json(mark)
        return Held(Anchor.from_json(document), driver, stored, settled and driver is None)
    except AnchorTooNew as error:
        remedy = "use the Fairlead that wrote it, or a newer one"
        raise OperationFailed(Problem("anchorTooNew", f"cannot drive {key}: {error}", remedy=remedy)) from None
    except (AnchorUnreadable, KeyError, ValueError, TypeError) as error:
        problem = Problem("anchorInvalid", f"cannot read the anchor of {key}: {error}", remedy="restore it")
        raise OperationFailed(problem) from None


async def swap_anchor(
    store: AnchorStore, key: UnitKey, held: Held, new: Anchor, driver: DriverMark | None, *, settled: bool | None = None
) -> Held | None:
    """Store an anchor in place of the one that was read; None when somebody else was faster.

    `settled` is what it is by now, None for what it was.
    """
    settled = driver is None and (held.settled if settled is None else settled)
    named = {} if driver is None else {_DRIVER: driver.to_json()}
    document = {**new.to_json(), **named, **({_SETTLED: True} if settled else {})}
    stored = await store.swap(key, held.stored, document)
    return None if stored is None else Held(new, driver, stored, settled)


async def update_anchor(store: AnchorStore, key: UnitKey, change: Callable[[Anchor], Anchor]) -> Held:
    """Change an anchor whoever drives it, until nobody was faster; what changes nothing is not written."""
    while True:
        held = await read_anchor(store, key)
        new = change(held.anchor)
        if new == held.anchor and held.exists:
            return held
        written = await swap_anchor(store, key, held, new, held.driver)
        if written is not None:
            return replace(written)
