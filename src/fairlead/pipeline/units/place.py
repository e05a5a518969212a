"""One cluster, as units are driven in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fairlead.domain.errors import InputError, Problem
from fairlead.domain.identity import ObjectRef
from fairlead.ports.anchors import AnchorStore
from fairlead.ports.cluster import Cluster
from fairlead.ports.gates import Judges
from fairlead.ports.probes import Probes
from fairlead.ports.statestore import StateStore
from fairlead.ports.traffic import TrafficRouter

Routers = Mapping[tuple[str, str], TrafficRouter]
"""Who switches routes, by group and kind of the object that holds them."""


@dataclass(frozen=True, slots=True)
class Place:
    """The ports of one cluster. `memory` keeps the signs of life of those who drive, `probes` leads to its pods.

    `judges` are those who are asked by webhooks whether a rollout may go on.
    """

    cluster: Cluster
    anchors: AnchorStore
    memory: StateStore
    routers: Routers
    probes: Probes
    judges: Judges

    def router(self, ref: ObjectRef) -> TrafficRouter:
        """Return who switches an object's route."""
        found = self.routers.get(ref.group_kind)
        if found is None:
            message = f"{ref} holds no route that could be switched"
            raise InputError(Problem("routeUnknown", message, remedy="use a Service or an HTTPRoute"))
        return found
