"""What a switch of a Service's selector costs."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.adapters.traffic.services import guarantee
from fairlead.ports.traffic import Guarantee

NEG = {"cloud.google.com/neg": '{"ingress": true}'}
AWS = "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type"


@pytest.mark.parametrize(
    ("annotations", "spec", "expected"),
    [
        ({}, {}, Guarantee.ZERO_LOSS),
        ({}, {"type": "NodePort"}, Guarantee.ZERO_LOSS),
        ({}, {"type": "LoadBalancer"}, Guarantee.ZERO_LOSS),
        ({AWS: "instance"}, {"type": "LoadBalancer"}, Guarantee.ZERO_LOSS),
        ({AWS: "ip"}, {"type": "LoadBalancer"}, Guarantee.NONE),
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
