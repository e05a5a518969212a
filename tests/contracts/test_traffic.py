"""What every router of traffic guarantees: Service selectors and HTTPRoutes, on the fake and a real API server.

Pods and Gateways are played: what counts here is what a router reads and writes.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from fairlead.adapters.clock.system import SystemClock
from fairlead.adapters.traffic.httproutes import HttpRoutes
from fairlead.adapters.traffic.services import ServiceSelectors
from fairlead.domain.access import Access
from fairlead.domain.apps.objects import Inputs
from fairlead.domain.errors import RemoteRefused
from fairlead.domain.identity import ObjectRef
from fairlead.domain.rollout.traffic import Backend, Route, RouteElement, Selector, Weights
from fairlead.pipeline.establishing import wait_served
from fairlead.pipeline.units.describing import contents_of, routes_of
from fairlead.ports.cluster import ApiKind, Cluster
from fairlead.ports.traffic import Guarantee, TrafficRouter
from tests.contracts.conftest import ClusterUnderTest
from tests.e2e.gateway_api import http_route_crd
from tests.e2e.running import RunningSandbox
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.fakes.descriptors import described, pod

ROUTES = ApiKind("gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes", namespaced=True)


@dataclass(frozen=True, slots=True)
class Routed:
    """A router, and an element of it that leads from version 1 to version 2."""

    router: TrafficRouter
    cluster: Cluster
    element: RouteElement
    manifest: dict[str, Any]
    guarantee: Guarantee

    @property
    def one(self) -> Route:
        assert self.element.before is not None
        return self.element.before

    @property
    def two(self) -> Route:
        assert self.element.after is not None
        return self.element.after

    async def make(self) -> None:
        await self.cluster.apply(self.manifest, manager="fairlead")

    async def route(self) -> Route | None:
        return (await self.router.observe(self.element)).route


@pytest.fixture(scope="session")
def gateway_api(sandbox: RunningSandbox) -> None:
    async def install() -> None:
        file = await http_route_crd(sandbox.settings)
        await sandbox.ask("apply", "--server-side", "-f", str(file))
        await sandbox.established("httproutes.gateway.networking.k8s.io")

    asyncio.run(install())


@pytest.fixture(params=["selector", "weights"])
def kind(request: pytest.FixtureRequest, target: Access | None) -> str:
    if request.param == "weights" and target is not None:
        request.getfixturevalue("gateway_api")
    return str(request.param)


@pytest.fixture
async def routed(kind: str, under_test: ClusterUnderTest) -> Routed:
    cluster, namespace = under_test.cluster, under_test.namespace
    if kind == "weights" and isinstance(cluster, FakeCluster):
        cluster.serve(ROUTES)
    if kind == "weights":
        await wait_served(
            cluster, ObjectRef(ROUTES.api_version, ROUTES.kind, namespace, "web"), SystemClock(), seconds=10
        )
    return _selector(cluster, namespace) if kind == "selector" else _weights(cluster, namespace)


def _selector(cluster: Cluster, namespace: str) -> Routed:
    ref = ObjectRef("v1", "Service", namespace, "web")
    one = Selector({"app": "web", "version": "1"})
    element = RouteElement(ref, one, one.with_version("2"))
    spec = {"selector": dict(one.labels), "ports": [{"port": 80}]}
    return Routed(ServiceSelectors(cluster), cluster, element, _manifest(ref, spec), Guarantee.ZERO_LOSS)


def _weights(cluster: Cluster, namespace: str) -> Routed:
    ref = ObjectRef("gateway.networking.k8s.io/v1", "HTTPRoute", namespace, "web")
    one, two = (Weights((Backend(f"web-{version}", version, 100),)) for version in ("1", "2"))
    rules = [
        {"backendRefs": [{"name": "web-1", "port": 80, "weight": 100}], "timeouts": {"request": "10s"}},
        {"matches": [{"path": {"type": "PathPrefix", "value": "/x"}}], "backendRefs": [{"name": "other", "port": 1}]},
    ]
    spec = {"hostnames": ["web.example.com"], "parentRefs": [{"name": "gateway"}], "rules": rules}
    router = HttpRoutes(cluster, FakeClock(), settle=timedelta())
    return Routed(router, cluster, RouteElement(ref, one, two), _manifest(ref, spec), Guarantee.BOUNDED)


def _manifest(ref: ObjectRef, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": ref.api_version,
        "kind": ref.kind,
        "metadata": {"name": ref.name, "namespace": ref.namespace, "annotations": {"kept": "yes"}},
        "spec": spec,
    }


def endpoints(namespace: str, service: str, name: str, **ready: bool | None) -> dict[str, Any]:
    """Return a slice of a Service's endpoints, pods by UID; None does not say whether one is ready."""
    found = [
        {
            "addresses": [f"10.0.0.{number}"],
            "conditions": {} if is_ready is None else {"ready": is_ready},
            "targetRef": {"kind": "Pod", "name": uid, "namespace": namespace, "uid": uid},
        }
        for number, (uid, is_ready) in enumerate(ready.items(), 1)
    ]
    labels = {"kubernetes.io/service-name": service, "endpointslice.kubernetes.io/managed-by": "test"}
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "addressType": "IPv4",
        "endpoints": found,
    }


async def test_what_is_not_there_has_no_route(routed: Routed) -> None:
    seen = await routed.router.observe(routed.element)
    assert (seen.route, seen.ready, seen.epoch) == (None, frozenset(), 0)
    with pytest.raises(RemoteRefused) as caught:
        await routed.router.switch(routed.element, routed.one, routed.two, epoch=1)
    assert caught.value.code == "notFound"


async def test_a_route_is_seen_with_the_ready_pods_behind_it(routed: Routed) -> None:
    await routed.make()
    namespace, service = routed.element.ref.namespace, "web" if isinstance(routed.one, Selector) else "web-1"
    await routed.cluster.apply(endpoints(namespace, service, "a", p1=True, p2=False, p3=None), manager="test")
    await routed.cluster.apply(endpoints(namespace, service, "b", p1=True, p4=True), manager="test")
    await routed.cluster.apply(endpoints(namespace, "web-2", "c", p5=True), manager="test")
    seen = await routed.router.observe(routed.element)
    assert (seen.route, seen.guarantee) == (routed.one, routed.guarantee)
    assert seen.ready == {"p1", "p3", "p4"}
    assert seen.uid
    assert seen.resource_version


async def test_staging_moves_no_traffic_and_is_done_once(routed: Routed) -> None:
    await routed.make()
    await routed.router.stage(routed.element, epoch=1)
    staged = await routed.router.observe(routed.element)
    assert staged.route == routed.one
    await routed.router.stage(routed.element, epoch=1)
    assert await routed.router.observe(routed.element) == staged


async def test_a_switch_goes_there_and_back_and_leaves_the_rest_alone(routed: Routed) -> None:
    await routed.make()
    before = await routed.cluster.get(routed.element.ref)
    await routed.router.stage(routed.element, epoch=1)
    await routed.router.switch(routed.element, routed.one, routed.two, epoch=1)
    assert await routed.route() == routed.two
    assert (await routed.router.observe(routed.element)).epoch == 1
    await routed.router.switch(routed.element, routed.two, routed.one, epoch=2)
    after = await routed.cluster.get(routed.element.ref)
    assert await routed.route() == routed.one
    assert before is not None
    assert after is not None
    assert after["metadata"]["annotations"]["kept"] == "yes"
    for spec in (before["spec"], after["spec"]):
        spec.pop("selector", None)
        for rule in spec.get("rules", [])[:1]:
            rule["backendRefs"] = [ref for ref in rule["backendRefs"] if ref["weight"]]
    assert after["spec"] == before["spec"]


async def test_what_depends_on_the_version_changes_with_the_same_write(routed: Routed) -> None:
    await routed.make()
    ports = [{"port": 81, "protocol": "TCP", "targetPort": 81}]
    await routed.router.switch(routed.element, routed.one, routed.two, epoch=1, alongside={"ports": ports})
    live = await routed.cluster.get(routed.element.ref)
    assert live is not None
    assert live["spec"].get("ports", ports) == ports
    assert await routed.route() == routed.two


async def test_only_the_route_that_was_named_is_switched(routed: Routed) -> None:
    await routed.make()
    with pytest.raises(RemoteRefused) as caught:
        await routed.router.switch(routed.element, routed.two, routed.one, epoch=1)
    assert caught.value.code == "conflict"
    assert await routed.route() == routed.one


async def test_of_two_switches_one_wins(routed: Routed) -> None:
    await routed.make()
    both = (routed.router.switch(routed.element, routed.one, routed.two, epoch=1) for _ in range(2))
    ended = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(getattr(one, "code", "") for one in ended if one is not None) == ["conflict"]
    assert await routed.route() == routed.two


async def test_an_earlier_driver_switches_no_more(routed: Routed) -> None:
    await routed.make()
    await routed.router.switch(routed.element, routed.one, routed.two, epoch=2)
    with pytest.raises(RemoteRefused) as caught:
        await routed.router.switch(routed.element, routed.two, routed.one, epoch=1)
    assert caught.value.code == "conflict"
    assert await routed.route() == routed.two


async def test_a_route_to_elsewhere_is_nobodys(routed: Routed) -> None:
    for part in (routed.manifest["spec"], *routed.manifest["spec"].get("rules", [])[:1]):
        if "selector" in part:
            part["selector"] = {"app": "web"}
        if "backendRefs" in part:
            part["backendRefs"].append({"name": "canary", "port": 80, "weight": 1})
    await routed.make()
    found = await routed.route()
    assert found is not None
    assert not routed.element.knows(found)


@pytest.mark.parametrize("kind", ["weights"], indirect=True)
async def test_the_route_that_a_descriptor_makes_is_switched(routed: Routed) -> None:
    namespace = routed.element.ref.namespace
    exposed = {"frontend": "web.example.org", "gateway": {"parentRefs": [{"name": "public", "sectionName": "https"}]}}
    one = described(namespace=namespace, **exposed)
    two = described(namespace=namespace, podspec=pod({"containerPort": 9090}), **exposed)
    made = [contents_of(each, str(number), Inputs()) for number, each in enumerate((one, two), 1)]
    (first, *_), (second, *_) = (
        [each for each in routes_of(contents) if isinstance(each.route, Weights)] for contents in made
    )
    assert first.route is not None
    assert second.route is not None
    element = RouteElement(first.ref, first.route, second.route)
    (manifest,) = (each for each in made[0].routes if each["kind"] == "HTTPRoute")
    await routed.cluster.apply(manifest, manager="fairlead")
    assert (await routed.router.observe(element)).route == first.route
    await routed.router.stage(element, epoch=1)
    await routed.router.switch(element, first.route, second.route, epoch=1)
    live = await routed.cluster.get(element.ref)
    assert live is not None
    (rule,) = live["spec"]["rules"]
    assert [(ref["name"], ref["port"], ref["weight"]) for ref in rule["backendRefs"]] == [
        ("web-1", 8080, 0),
        ("web-2", 9090, 1),
    ]
