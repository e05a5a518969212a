"""Where traffic goes: the route elements of a unit, and which version each leads to.

Kubernetes has no transaction over several objects. So a switch is a recorded, ordered set of elements, each with the
route that it had (S0) and the one that it gets (S1); each is a compare-and-swap of its own, forwards or back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from fairlead.domain.apps.naming import VERSION_LABEL
from fairlead.domain.identity import ObjectRef


@dataclass(frozen=True, slots=True)
class Selector:
    """A Service's selector. One without a version leads to every version that it matches."""

    KIND: ClassVar = "selector"
    labels: Mapping[str, str]

    def leads_to(self, version: str) -> bool:
        """Whether pods of a version may get traffic by it."""
        return self.labels.get(VERSION_LABEL, version) == version

    def leads_only_to(self, version: str) -> bool:
        """Whether no pods but those of a version may get traffic by it."""
        return self.labels.get(VERSION_LABEL) == version

    def with_version(self, version: str) -> Selector:
        """Return the same selector, of one version only."""
        return Selector({**self.labels, VERSION_LABEL: version})


@dataclass(frozen=True, slots=True)
class Backend:
    """One Service behind a weighted route; `version` is empty for a Service that is none of the unit's.

    `port` None means the one of the backend that is there already.
    """

    service: str
    version: str
    weight: int
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Weights:
    """How an HTTPRoute (or a load balancer) divides its requests among Services."""

    KIND: ClassVar = "weights"
    backends: tuple[Backend, ...]

    def leads_to(self, version: str) -> bool:
        """Whether a version gets traffic by it."""
        return any(one.version == version and one.weight > 0 for one in self.backends)

    def leads_only_to(self, version: str) -> bool:
        """Whether a version gets traffic by it, and nothing else does."""
        return self.leads_to(version) and all(one.version == version or one.weight == 0 for one in self.backends)


Route = Selector | Weights


@dataclass(frozen=True, slots=True)
class RouteTarget:
    """One element and the route that it has, or is to have. No route: the object is not there."""

    ref: ObjectRef
    route: Route | None


@dataclass(frozen=True, slots=True)
class RouteElement:
    """One element of a switch: its route before (S0) and after (S1). None: the object is not there then."""

    ref: ObjectRef
    before: Route | None
    after: Route | None

    def knows(self, route: Route | None) -> bool:
        """Whether a route that was found is one of the two."""
        return route in (self.before, self.after)

    def leads_to(self, version: str) -> bool:
        """Whether it leads to a version before or after the switch."""
        return any(route is not None and route.leads_to(version) for route in (self.before, self.after))


def towards(before: Iterable[RouteTarget], after: Iterable[RouteTarget]) -> tuple[RouteElement, ...]:
    """Return the elements of a switch, in the order of what comes; what only was before comes last."""
    old = {target.ref: target.route for target in before}
    new = {target.ref: target.route for target in after}
    elements = [RouteElement(ref, old.get(ref), route) for ref, route in new.items()]
    return (*elements, *(RouteElement(ref, route, None) for ref, route in old.items() if ref not in new))
