"""Traffic by the weights of an HTTPRoute (gateway-api.sigs.k8s.io), of whatever Gateway carries it out.

The side that comes stands at weight 0 for a while, and every Gateway must have accepted it, before it gets any weight;
afterwards the old side stays at weight 0, so that going back needs no preparation. Backends without weight say nothing
about traffic and are left out of the route that is observed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from fairlead.adapters.traffic.endpoints import ready_pods
from fairlead.adapters.traffic.guarding import Change, along, conflict, read, replace
from fairlead.domain.moments import parse_moment, rfc3339
from fairlead.domain.reading import ObjectBody, branch, conditions, entries, text, uid, whole
from fairlead.domain.rollout.traffic import Backend, Route, RouteElement, Weights
from fairlead.domain.units import epoch_of
from fairlead.ports.clock import Clock
from fairlead.ports.cluster import Cluster
from fairlead.ports.traffic import Guarantee, RouteReading

_GROUP: Final = "gateway.networking.k8s.io"
STAGED_AT: Final = "fairlead.dev/staged-at"
SETTLE: Final = timedelta(seconds=10)
"""So long a new backend stands at weight 0: Gateways need not say when their proxies know it."""


@dataclass(frozen=True, slots=True)
class HttpRoutes:
    """The HTTPRoutes of one cluster."""

    cluster: Cluster
    clock: Clock
    settle: timedelta = SETTLE

    async def observe(self, element: RouteElement, *, fresh: bool = True) -> RouteReading:
        """Return how an HTTPRoute divides its requests, and what its Gateways say of it."""
        live = await self.cluster.get(element.ref)
        if live is None:
            return RouteReading(None, Guarantee.BOUNDED)
        route, trouble = _route(live, element), _unaccepted(live)
        served = [await ready_pods(self.cluster, element.ref.namespace, name, fresh=fresh) for name in _served(route)]
        return RouteReading(
            route,
            Guarantee.BOUNDED,
            frozenset[str]().union(*served),
            staged=not trouble and _has_both(live, element) and self._has_settled(live),
            settled=not trouble,
            trouble=trouble,
            uid=uid(live),
            resource_version=text(live, "metadata", "resourceVersion"),
            epoch=epoch_of(live),
        )

    async def stage(self, element: RouteElement, *, epoch: int) -> None:
        """Add the backends that come at weight 0; those that stand there stay as they are."""
        live = await read(self.cluster, element.ref)
        route = _route(live, element)
        if not _has_both(live, element) or parse_moment(text(live, "metadata", "annotations", STAGED_AT)) is None:
            marks = {STAGED_AT: rfc3339(self.clock.now())}
            changes = [_divided_rules(live, element, route)]
            await replace(self.cluster, live, element.ref, changes, annotations=marks, epoch=epoch)

    async def switch(
        self,
        element: RouteElement,
        old: Route,
        new: Route,
        *,
        epoch: int,
        alongside: Mapping[str, Any] | None = None,
    ) -> None:
        """Swap the weights."""
        live = await read(self.cluster, element.ref)
        if _shares(_route(live, element)) != _shares(old):
            raise conflict(f"{element.ref} has other weights than it is to be switched from")
        changes = [_divided_rules(live, element, new), *along(live, alongside)]
        await replace(self.cluster, live, element.ref, changes, annotations={}, epoch=epoch)

    def _has_settled(self, live: ObjectBody) -> bool:
        staged = parse_moment(text(live, "metadata", "annotations", STAGED_AT))
        return staged is not None and self.clock.now() - staged >= self.settle


def _route(live: ObjectBody, element: RouteElement) -> Weights:
    """Return the weights of every rule that leads to the unit; rules that differ make a route that nobody knows."""
    versions = {one.service: one.version for one in _backends(element)}
    found: dict[tuple[str, int], Backend] = {}
    for rule in entries(live, "spec", "rules"):
        if _is_ours(rule, element):
            for ref in entries(rule, "backendRefs"):
                name, weight = text(ref, "name"), whole(ref, "weight", default=1)
                if weight > 0:
                    found[name, weight] = Backend(name, versions.get(name, ""), weight)
    route = Weights(tuple(found.values()))
    known = (one for one in (element.before, element.after) if isinstance(one, Weights))
    return next((one for one in known if len(found) == len(_shares(one)) and _shares(one) == _shares(route)), route)


def _unaccepted(live: ObjectBody) -> str:
    """Return which Gateway has not yet taken up the route as it is; empty when all have."""
    generation = whole(live, "metadata", "generation")
    namespace = text(live, "metadata", "namespace")
    told = {_parent(entry.get("parentRef"), namespace): entry for entry in entries(live, "status", "parents")}
    for parent in entries(live, "spec", "parentRefs"):
        entry: ObjectBody = told.get(_parent(parent, namespace), {})
        known = {one.type: one for one in conditions({"status": entry})}
        for type_ in ("Accepted", "ResolvedRefs"):
            one = known.get(type_)
            if one is None or one.observed_generation != generation:
                return f"{text(parent, 'name')} says nothing yet about {type_}"
            if one.status != "True":
                return f"{text(parent, 'name')} says {type_} is {one.status}: {one.message or one.reason}"
    return "" if told else "no Gateway has taken it up"


def _parent(ref: object, namespace: str) -> tuple[str, str, str, str, str, int]:
    """Return what tells a parent from others, with the defaults of Gateway API for a route of a namespace."""
    group, kind = text(ref, "group", default=_GROUP), text(ref, "kind") or "Gateway"
    place = text(ref, "namespace") or namespace
    return group, kind, place, text(ref, "name"), text(ref, "sectionName"), whole(ref, "port")


def _has_both(live: ObjectBody, element: RouteElement) -> bool:
    ours = [rule for rule in entries(live, "spec", "rules") if _is_ours(rule, element)]
    return all(_services(element) <= {text(ref, "name") for ref in entries(rule, "backendRefs")} for rule in ours)


def _is_ours(rule: ObjectBody, element: RouteElement) -> bool:
    return any(text(ref, "name") in _services(element) for ref in entries(rule, "backendRefs"))


def _divided_rules(live: ObjectBody, element: RouteElement, route: Route) -> Change:
    rules = list(branch(live, "spec").get("rules") or [])
    shares = {**dict.fromkeys(_services(element), 0), **_shares(route)}
    ports = {one.service: {"port": one.port} for one in _backends(element) if one.port is not None}
    divided = [_divided(rule, shares, ports) if _is_ours(rule, element) else rule for rule in rules]
    return "/spec/rules", rules, divided


def _divided(rule: ObjectBody, shares: Mapping[str, int], ports: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """Return a rule with these weights; a backend that is new to it is like the first that is there.

    Others that have no weight are of versions that went, or will: a Gateway refuses a rule whose Service is gone.
    """
    there = {text(ref, "name"): ref for ref in entries(rule, "backendRefs")}
    like = next(ref for name, ref in there.items() if name in shares)
    kept = [name for name, ref in there.items() if name in shares or whole(ref, "weight", default=1) > 0]
    names = [*kept, *(name for name in shares if name not in there)]
    refs = [
        {**there.get(name, {**like, "name": name}), **ports.get(name, {}), "weight": shares.get(name, 0)}
        for name in names
    ]
    return {**rule, "backendRefs": refs}


def _services(element: RouteElement) -> frozenset[str]:
    return frozenset(one.service for one in _backends(element))


def _backends(element: RouteElement) -> list[Backend]:
    return [one for route in (element.before, element.after) if isinstance(route, Weights) for one in route.backends]


def _shares(route: Route) -> dict[str, int]:
    if not isinstance(route, Weights):
        raise TypeError("the route of an HTTPRoute is its weights")
    return {one.service: one.weight for one in route.backends if one.weight > 0}


def _served(route: Weights) -> list[str]:
    return sorted(_shares(route))
