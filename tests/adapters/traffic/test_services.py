"""What a switch of a Service's selector costs."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.adapters.traffic.services import ServiceSelectors, guarantee
from fairlead.domain.errors import RemoteRefused
from fairlead.domain.identity import ObjectRef
from fairlead.domain.rollout.traffic import RouteElement, Selector
from fairlead.domain.units import EPOCH_ANNOTATION
from fairlead.ports.cluster import LiveObject
from fairlead.ports.traffic import Guarantee
from tests.fakes.cluster import FakeCluster

NEG = {"cloud.google.com/neg": '{"ingress": true}'}
AWS = "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type"
NLB = "service.beta.kubernetes.io/aws-load-balancer-type"


@pytest.mark.parametrize(
    ("annotations", "spec", "expected"),
    [
        ({}, {}, Guarantee.ZERO_LOSS),
        ({}, {"type": "NodePort"}, Guarantee.ZERO_LOSS),
        ({}, {"type": "LoadBalancer"}, Guarantee.ZERO_LOSS),
        ({AWS: "instance"}, {"type": "LoadBalancer"}, Guarantee.ZERO_LOSS),
        ({AWS: "ip"}, {"type": "LoadBalancer"}, Guarantee.NONE),
        ({NLB: "nlb-ip"}, {"type": "LoadBalancer"}, Guarantee.NONE),
        ({NLB: "external"}, {"type": "LoadBalancer"}, Guarantee.NONE),
        ({NLB: "nlb"}, {"type": "LoadBalancer"}, Guarantee.ZERO_LOSS),
        (NEG, {}, Guarantee.NONE),
        ({}, {"clusterIP": "None"}, Guarantee.BOUNDED),
        ({}, {"type": "ExternalName"}, Guarantee.NONE),
        ({}, {"selector": {}}, Guarantee.NONE),
    ],
)
def test_zero_loss_only_where_kube_proxy_alone_switches(
    annotations: dict[str, str], spec: dict[str, Any], expected: Guarantee
) -> None:
    service = {"metadata": {"annotations": annotations}, "spec": {"selector": {"app": "web"}, **spec}}
    assert guarantee(service) is expected


class TakenOver(FakeCluster):
    """A cluster in which another driver touches a Service right after it was read."""

    async def get(self, ref: ObjectRef) -> LiveObject | None:
        live = await super().get(ref)
        self.edit(ref, lambda one: one["metadata"].setdefault("annotations", {}).update({EPOCH_ANNOTATION: "9"}))
        return live


async def test_a_switch_that_was_read_before_a_takeover_is_refused() -> None:
    cluster, old = TakenOver(), Selector({"app": "web", "version": "1"})
    ref = ObjectRef("v1", "Service", "default", "web")
    metadata = {"name": ref.name, "namespace": ref.namespace}
    cluster.put({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"selector": dict(old.labels)}})
    new = old.with_version("2")
    with pytest.raises(RemoteRefused) as caught:
        await ServiceSelectors(cluster).switch(RouteElement(ref, old, new), old, new, epoch=8)
    assert caught.value.code == "conflict"
    live = await cluster.get(ref)
    assert live is not None
    assert live["spec"]["selector"] == old.labels
