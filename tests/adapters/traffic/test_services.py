"""What a switch of a Service's selector costs."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.adapters.traffic.services import ServiceSelectors, guarantee
from fairlead.domain.identity import object_ref
from fairlead.domain.rollout.traffic import RouteElement
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


async def test_clients_reach_a_service_at_its_address() -> None:
    cluster = FakeCluster()
    metadata, spec = {"name": "web", "namespace": "default"}, {"selector": {"app": "web"}, "clusterIP": "10.1.0.7"}
    live = cluster.put({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})
    seen = await ServiceSelectors(cluster).observe(RouteElement(object_ref(live), None, None))
    assert seen.address == "10.1.0.7"
