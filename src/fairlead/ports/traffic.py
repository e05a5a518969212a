"""Where a unit's traffic goes, for one technology: what stands there, making ready, and the switch itself.

Guarantees: what is observed was read just now; a switch is one write that happens wholly or not at all, and only if the
element still has the route that it is switched from (`conflict` otherwise). Who lost an answer observes again. Nothing
else about the object is changed but its epoch, and what the caller names. How many requests a switch may cost is
declared by each route that was seen: `zero-loss` only where that was proved, with the old side still at full size.
Errors: those of the cluster port.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from fairlead.domain.rollout.traffic import Route, RouteElement


class Guarantee(StrEnum):
    """What a switch costs while both sides are up: no request, few for a short time, or nobody knows how many."""

    ZERO_LOSS = "zero-loss"
    BOUNDED = "bounded"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class RouteReading:
    """One element as it was found; `route` is None where its object is not there.

    `ready` are the UIDs of the ready pods that get traffic by it, `staged` whether the data plane holds what both sides
    of the switch need, `settled` whether it says that it has taken up exactly this route. `trouble` says in words what
    is missing. `epoch` is that of the last driver that wrote or touched it. `address` is where clients reach it, empty
    where that is not known.
    """

    route: Route | None
    guarantee: Guarantee
    ready: frozenset[str] = frozenset()
    staged: bool = True
    settled: bool = True
    trouble: str = ""
    uid: str = ""
    resource_version: str = ""
    epoch: int = 0
    address: str = ""


class TrafficRouter(Protocol):
    """Routes of one technology in one cluster."""

    async def observe(self, element: RouteElement, *, fresh: bool = True) -> RouteReading:
        """Return how the element is now; `fresh` as for the lists of a cluster is about its ready pods alone."""
        ...

    async def stage(self, element: RouteElement, *, epoch: int) -> None:
        """Bring the side that comes into the data plane, without any traffic."""
        ...

    async def switch(
        self,
        element: RouteElement,
        old: Route,
        new: Route,
        *,
        epoch: int,
        alongside: Mapping[str, Any] | None = None,
    ) -> None:
        """Give the element a route in place of the one that it has; both are the element's own.

        `alongside` are fields of its spec that change with the same write, such as the ports of a Service.
        """
        ...
