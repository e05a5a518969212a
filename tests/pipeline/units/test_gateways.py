"""Apps that Gateways lead to, over a cluster in memory whose Gateways are played."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from fairlead.domain.apps.descriptor import Component, Descriptor, Exposure, GatewayListener
from fairlead.domain.identity import object_ref
from fairlead.domain.reading import branch, entries
from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.intents import Rollback, Undeploy
from fairlead.ports.cluster import ApiKind, LiveObject
from tests.fakes.played import PlayedCluster
from tests.pipeline.units.units import KEY, Yard, ended, plain, states, yard

ROUTES = ApiKind("gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes", namespaced=True)
PUBLIC = Exposure(host="shop.example.com", gateways=(GatewayListener("public", "infra", section="https"),))


@dataclass(slots=True)
class Gated(PlayedCluster):
    """A cluster with Gateways, which take up every route that leads to Services that are there."""

    takes: Callable[[LiveObject], bool] = lambda _route: True

    def __post_init__(self) -> None:
        PlayedCluster.__post_init__(self)
        self.serve(ROUTES)
        self.plays |= {"HTTPRoute"}

    def _play(self) -> None:
        if self._playing:
            return
        PlayedCluster._play(self)
        services = {one["metadata"]["name"] for one in self._of_kind("Service")}
        for route in self._of_kind("HTTPRoute"):
            at = route["metadata"]["generation"]
            backends = [ref["name"] for rule in entries(route, "spec", "rules") for ref in entries(rule, "backendRefs")]
            told = {"Accepted": self.takes(route), "ResolvedRefs": services >= set(backends)}
            listed = [{"type": name, "status": str(is_so), "observedGeneration": at} for name, is_so in told.items()]
            parents = [{"parentRef": parent, "conditions": listed} for parent in entries(route, "spec", "parentRefs")]
            if branch(route, "status").get("parents") != parents:
                self.set_status(object_ref(route), {"parents": parents})


@pytest.fixture
async def here() -> AsyncIterator[Yard]:
    async with yard(Gated()) as found:
        yield found


def gated(here: Yard, env: str = "", **more: Any) -> Descriptor:
    return here.descriptor(env=env, **{"exposure": PUBLIC, **more})


def weights(here: Yard) -> dict[str, int]:
    """Return how the requests of the host are divided."""
    route = here.live("HTTPRoute", KEY.name)
    assert route is not None
    (rule,) = route["spec"]["rules"]
    return {ref["name"]: ref["weight"] for ref in rule["backendRefs"]}


async def test_gateways_follow_a_switch_and_its_way_back(here: Yard) -> None:
    await here.deploy(gated(here))
    route = here.live("HTTPRoute", KEY.name)
    assert route is not None
    assert route["spec"]["parentRefs"] == [{"name": "public", "namespace": "infra", "sectionName": "https"}]
    assert route["spec"]["hostnames"] == ["shop.example.com"]
    assert (weights(here), here.live("Ingress", KEY.name)) == ({"shop-1": 1}, None)
    await here.deploy(gated(here, "green"))
    assert (weights(here), here.selector["version"]) == ({"shop-1": 0, "shop-2": 1}, "2")
    anchor = await here.ask(Rollback(*here.asked(), "d3"))
    assert (weights(here), here.selector["version"]) == ({"shop-1": 1, "shop-2": 0}, "1")
    assert states(anchor) == {"1": "Live", "2": "Hot"}


async def test_a_version_that_is_gone_is_no_backend_of_the_next(here: Yard) -> None:
    await here.deploy(gated(here))
    await here.deploy(gated(here, "green"))
    await here.settle(lambda anchor: states(anchor) == {"2": "Live"})
    anchor = await here.deploy(gated(here, "red"))
    assert (states(anchor), weights(here)) == ({"2": "Hot", "3": "Live"}, {"shop-2": 0, "shop-3": 1})


async def test_each_version_is_reached_at_its_own_port(here: Yard) -> None:
    await here.deploy(gated(here))
    container = {"name": "app", "image": "shop:2", "ports": [{"containerPort": 9090}]}
    await here.deploy(gated(here, main=Component("", {"containers": [container]}, 2)))
    route = here.live("HTTPRoute", KEY.name)
    assert route is not None
    assert {ref["name"]: ref["port"] for ref in route["spec"]["rules"][0]["backendRefs"]} == {
        "shop-1": 8080,
        "shop-2": 9090,
    }


async def test_what_leads_there_changes_with_the_traffic(here: Yard) -> None:
    await here.deploy(here.descriptor(exposure=Exposure(host="shop.example.com")))
    on = await here.deploy(gated(here))
    assert (states(on), weights(here)) == ({"1": "Hot", "2": "Live"}, {"shop-2": 1})
    assert here.live("Ingress", KEY.name) is None
    off = await here.deploy(here.descriptor(env="red", exposure=Exposure(host="shop.example.com")))
    assert states(off)["3"] == "Live"
    assert here.live("HTTPRoute", KEY.name) is None
    assert here.live("Ingress", KEY.name) is not None


async def test_another_host_is_written_in_place_and_with_the_next_switch(here: Yard) -> None:
    def hosts() -> list[str]:
        route = here.live("HTTPRoute", KEY.name)
        return [] if route is None else route["spec"]["hostnames"]

    await here.deploy(gated(here))
    anchor = await here.deploy(gated(here, exposure=replace(PUBLIC, host="www.example.com")))
    assert (ended(anchor)["i2"], hosts(), weights(here)) == ("inPlace", ["www.example.com"], {"shop-1": 1})
    await here.deploy(gated(here, "green"))
    assert (hosts(), weights(here)) == (["shop.example.com"], {"shop-1": 0, "shop-3": 1})


async def test_a_side_that_no_gateway_takes_up_gets_no_traffic(here: Yard) -> None:
    await here.deploy(gated(here))
    assert isinstance(here.cluster, Gated)
    here.cluster.takes = lambda route: len(entries(route, "spec", "rules")[0]["backendRefs"]) < 2
    anchor = await here.deploy(gated(here, "green"))
    assert (ended(anchor)["i2"], here.selector["version"]) == ("failed", "1")
    assert weights(here)["shop-1"] == 1
    assert weights(here).get("shop-2", 0) == 0


async def test_without_the_gateway_api_nothing_is_begun() -> None:
    async with yard() as here:
        anchor = await here.deploy(gated(here))
        assert (ended(anchor), here.live("Deployment", "shop-1")) == ({"i1": "failed"}, None)


async def test_a_route_of_somebody_else_is_left_alone(here: Yard) -> None:
    await here.deploy(here.descriptor())
    metadata = {"name": KEY.name, "namespace": KEY.namespace}
    here.cluster.put({"apiVersion": ROUTES.api_version, "kind": ROUTES.kind, "metadata": metadata, "spec": {}})
    anchor = await here.deploy(gated(here))
    assert (ended(anchor)["i2"], here.live("Deployment", "shop-2")) == ("failed", None)


async def test_gateways_lead_there_no_more_when_the_app_goes(here: Yard) -> None:
    await here.deploy(gated(here))
    anchor = await here.ask(Undeploy(*here.asked(), "d2"))
    assert (states(anchor), here.live("HTTPRoute", KEY.name)) == ({}, None)


async def test_a_plain_app_is_adopted_and_then_gateways_lead_there(here: Yard) -> None:
    plain(here)

    def is_over(anchor: Anchor) -> bool:
        return bool(anchor.ended)

    await here.units.deploy(KEY, here.order(gated(here)))
    anchor = await here.settle(is_over)
    assert (states(anchor), weights(here)) == ({"0": "Hot", "1": "Live"}, {"shop-1": 1})
