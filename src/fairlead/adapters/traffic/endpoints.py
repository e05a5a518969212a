"""Who gets the traffic of a Service: the ready endpoints in its slices (discovery.k8s.io/v1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fairlead.domain.reading import ObjectBody, branch, entries, text
from fairlead.ports.cluster import ApiKind, Cluster

_SLICES: Final = ApiKind("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", namespaced=True)
_OF_SERVICE: Final = "kubernetes.io/service-name"


async def ready_pods(cluster: Cluster, namespace: str, service: str, *, fresh: bool) -> frozenset[str]:
    """Return the UIDs of the pods that are ready behind a Service, in any of its slices."""
    found = await cluster.list(_SLICES, namespace, label_selector=f"{_OF_SERVICE}={service}", fresh=fresh)
    return frozenset(uid for each in found.items for uid in _ready(each))


def _ready(piece: ObjectBody) -> Iterator[str]:
    """Yield the pods of the ready endpoints of one slice. A pod stands in several, one for each family of addresses."""
    for endpoint in entries(piece, "endpoints"):
        # A readiness that is not known counts as ready (kubernetes.io/docs/concepts/services-networking).
        unready = branch(endpoint, "conditions").get("ready") is False
        if text(endpoint, "targetRef", "kind") == "Pod" and not unready:
            yield text(endpoint, "targetRef", "uid")
