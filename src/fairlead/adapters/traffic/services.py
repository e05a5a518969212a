"""Traffic by the selector of a Service. Kube-proxy moves new connections; those that are open stay where they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairlead.adapters.traffic.endpoints import ready_pods
from fairlead.adapters.traffic.guarding import along, conflict, read, replace
from fairlead.domain.reading import ObjectBody, branch, text, uid
from fairlead.domain.rollout.traffic import Route, RouteElement, Selector
from fairlead.domain.units import epoch_of
from fairlead.ports.cluster import Cluster
from fairlead.ports.traffic import Guarantee, RouteReading

# Load balancers told by these annotations to send to pods directly let go of the old pods before they know the new.
_TO_PODS: Final = {
    "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type": ("ip",),
    "service.beta.kubernetes.io/aws-load-balancer-type": ("external", "nlb-ip"),
    "cloud.google.com/neg": (),
}


@dataclass(frozen=True, slots=True)
class ServiceSelectors:
    """The Services of one cluster."""

    cluster: Cluster

    async def observe(self, element: RouteElement, *, fresh: bool = True) -> RouteReading:
        """Return where a Service leads, and to whom."""
        live = await self.cluster.get(element.ref)
        if live is None:
            return RouteReading(None, Guarantee.ZERO_LOSS)
        return RouteReading(
            Selector(dict(branch(live, "spec", "selector"))),
            guarantee(live),
            await ready_pods(self.cluster, element.ref.namespace, element.ref.name, fresh=fresh),
            uid=uid(live),
            resource_version=text(live, "metadata", "resourceVersion"),
            epoch=epoch_of(live),
            address=text(live, "spec", "clusterIP"),
        )

    async def stage(self, element: RouteElement, *, epoch: int) -> None:
        """Do nothing: what a selector shall lead to need not be told to anybody before."""

    async def switch(
        self,
        element: RouteElement,
        old: Route,
        new: Route,
        *,
        epoch: int,
        alongside: Mapping[str, Any] | None = None,
    ) -> None:
        """Swap the selector."""
        live = await read(self.cluster, element.ref)
        found = dict(branch(live, "spec", "selector"))
        if found != _labels(element, old):
            raise conflict(f"{element.ref} has another selector than it is to be switched from")
        changes = [("/spec/selector", found, _labels(element, new)), *along(live, alongside)]
        await replace(self.cluster, live, element.ref, changes, annotations={}, epoch=epoch)


def guarantee(service: ObjectBody) -> Guarantee:
    """Return what a switch of its selector costs: nothing only where kube-proxy alone carries it out."""
    if text(service, "spec", "type") == "ExternalName" or not branch(service, "spec", "selector"):
        return Guarantee.NONE
    if text(service, "spec", "clusterIP") == "None":
        return Guarantee.BOUNDED  # clients keep what a name resolved to
    annotations = branch(service, "metadata", "annotations")
    for name, values in _TO_PODS.items():
        if name in annotations and (not values or annotations[name] in values):
            return Guarantee.NONE
    return Guarantee.ZERO_LOSS


def _labels(element: RouteElement, route: Route) -> dict[str, str]:
    if not isinstance(route, Selector):
        raise TypeError(f"{element.ref} is a Service, its route is a selector")
    return dict(route.labels)
