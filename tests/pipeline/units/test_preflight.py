"""What is found out before anything of a version is written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from fairlead.domain.apps.descriptor import Exposure
from fairlead.domain.errors import Problem, RemoteRefused, Transient
from fairlead.domain.unit_news import LogLine
from fairlead.ports.cluster import ApiKind
from tests.pipeline.units.units import KEY, Yard, ended, states, yard

MONITORS = "monitoring.coreos.com/v1"


@pytest.fixture
async def here() -> AsyncIterator[Yard]:
    async with yard() as found:
        yield found


def monitor(here: Yard, kind: str, **selector: Any) -> None:
    here.cluster.serve(ApiKind(MONITORS, kind, f"{kind.lower()}s", namespaced=True))
    metadata = {"name": "metrics", "namespace": KEY.namespace}
    here.cluster.put({"apiVersion": MONITORS, "kind": kind, "metadata": metadata, "spec": {"selector": selector}})


@pytest.mark.parametrize("kind", ["ServiceMonitor", "PodMonitor"])
@pytest.mark.parametrize(
    ("selector", "tells"),
    [
        ({"matchLabels": {"app": "shop"}}, True),
        ({"matchLabels": {"app": "web"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "shop"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["shop"]}]}, False),
        ({}, True),
    ],
    ids=["ours", "others", "expressions", "other-expressions", "everything"],
)
async def test_who_would_read_metrics_of_the_new_pods_is_told(
    here: Yard, kind: str, selector: dict[str, Any], *, tells: bool
) -> None:
    monitor(here, kind, **selector)
    anchor = await here.deploy(here.descriptor())
    told = [one.text for one in here.heard if isinstance(one, LogLine) and kind in one.text]
    assert (states(anchor), len(told)) == ({"1": "Live"}, int(tells))


async def test_what_would_be_refused_in_place_is_refused_before_anything_is_written(here: Yard) -> None:
    await here.deploy(here.descriptor())
    refused = RemoteRefused(Problem("admissionDenied", "not that host"), status=403)
    here.cluster.fail(refused, verb="apply", kind="Ingress")
    before = here.replicas("shop-1")
    anchor = await here.deploy(here.descriptor(replicas=5, exposure=Exposure(host="shop.example.com")))
    assert (ended(anchor)["i2"], here.replicas("shop-1")) == ("failed", before)
    assert "not that host" in anchor.ended[-1].explanation


async def test_what_may_be_answered_otherwise_later_is_asked_again(here: Yard) -> None:
    here.cluster.fail(Transient(Problem("apiBusy", "later")), verb="apply", kind="Deployment", times=2)
    assert states(await here.deploy(here.descriptor())) == {"1": "Live"}
