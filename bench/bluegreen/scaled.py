"""A live side that its autoscaler made larger than declared: how many pods are ready when the traffic moves."""

from __future__ import annotations

from bench.bluegreen.pods import watching
from bench.bluegreen.site import Site
from fairlead.domain.identity import ObjectRef

APP = "shop"
DECLARED, GROWN, MOST = 2, 8, 10


async def measure(site: Site) -> int:
    """Play the autoscaler, as there are no metrics in a sandbox; return how many pods were ready at the switch."""
    fields = {"replicas": DECLARED, "minReplicas": DECLARED, "maxReplicas": MOST}
    await site.deploy(site.descriptor(APP, "1", **fields))
    scale = [{"op": "replace", "path": "/spec/replicas", "value": GROWN}]
    async with watching(site) as readiness:
        await site.cluster.patch(ObjectRef("apps/v1", "Deployment", site.namespace, f"{APP}-1"), scale, manager="bench")
        await readiness.reached(APP, "1", GROWN)
        deployment = await site.deploy(site.descriptor(APP, "2", **fields))
    switched = site.timeline.switched(deployment)
    return sum(at <= switched for at in readiness.first[APP, "2"].values())
