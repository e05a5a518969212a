"""When an HTTPRoute counts as staged and as settled, with a Gateway that is played."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.adapters.traffic.httproutes import HttpRoutes
from fairlead.domain.identity import ObjectRef
from fairlead.domain.rollout.traffic import Backend, RouteElement, Weights
from fairlead.ports.cluster import ApiKind
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster

REF = ObjectRef("gateway.networking.k8s.io/v1", "HTTPRoute", "default", "web")
ONE = Weights((Backend("web-1", "1", 100),))
TWO = Weights((Backend("web-2", "2", 100),))
ELEMENT = RouteElement(REF, ONE, TWO)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def cluster() -> FakeCluster:
    found = FakeCluster()
    found.serve(ApiKind("gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes", namespaced=True))
    backends = {"backendRefs": [_ref("web-1", 100)]}
    found.put(
        {
            "apiVersion": REF.api_version,
            "kind": REF.kind,
            "metadata": {"name": REF.name, "namespace": REF.namespace},
            "spec": {"parentRefs": [{"name": "one"}, {"name": "two"}], "rules": [backends]},
        }
    )
    return found


@pytest.fixture
def router(cluster: FakeCluster, clock: FakeClock) -> HttpRoutes:
    return HttpRoutes(cluster, clock)


def _ref(name: str, weight: int) -> dict[str, Any]:
    return {"name": name, "port": 80, "weight": weight}


def say(cluster: FakeCluster, *parents: str, told: dict[str, str] | None = None, generation: int | None = None) -> None:
    """Play Gateways: each says this of the route as it is, or as it was in a `generation`."""
    live = next(one for one in cluster.objects if one["kind"] == "HTTPRoute")
    at = live["metadata"]["generation"] if generation is None else generation
    words = {"Accepted": "True", "ResolvedRefs": "True", **(told or {})}
    listed = [{"type": name, "status": status, "observedGeneration": at} for name, status in words.items()]
    cluster.set_status(REF, {"parents": [{"parentRef": {"name": one}, "conditions": listed} for one in parents]})


def tell(cluster: FakeCluster, parents: list[dict[str, str]], refused: dict[str, str] | None = None) -> None:
    """Play Gateways, named as a status names them, of which one may refuse the route."""
    live = next(one for one in cluster.objects if one["kind"] == "HTTPRoute")
    told = [
        {
            "parentRef": parent,
            "conditions": [
                {
                    "type": type_,
                    "status": "False" if parent == refused else "True",
                    "observedGeneration": live["metadata"]["generation"],
                }
                for type_ in ("Accepted", "ResolvedRefs")
            ],
        }
        for parent in parents
    ]
    cluster.set_status(REF, {"parents": told})


async def test_a_new_backend_waits_without_weight_until_all_gateways_know_it(
    cluster: FakeCluster, router: HttpRoutes, clock: FakeClock
) -> None:
    say(cluster, "one", "two")
    assert not (await router.observe(ELEMENT)).staged
    await router.stage(ELEMENT, epoch=1)
    live = await cluster.get(REF)
    assert live is not None
    assert live["spec"]["rules"][0]["backendRefs"] == [_ref("web-1", 100), _ref("web-2", 0)]
    clock.advance(10)
    assert not (await router.observe(ELEMENT)).staged  # what the Gateways said was about the route before
    say(cluster, "one")
    assert not (await router.observe(ELEMENT)).staged
    say(cluster, "one", "two")
    seen = await router.observe(ELEMENT)
    assert (seen.staged, seen.settled, seen.route) == (True, True, ONE)


async def test_a_new_backend_settles_for_a_while(cluster: FakeCluster, router: HttpRoutes, clock: FakeClock) -> None:
    await router.stage(ELEMENT, epoch=1)
    say(cluster, "one", "two")
    clock.advance(9)
    assert not (await router.observe(ELEMENT)).staged
    clock.advance(1)
    assert (await router.observe(ELEMENT)).staged


async def test_after_the_switch_the_old_backend_stays_without_weight(cluster: FakeCluster, router: HttpRoutes) -> None:
    await router.stage(ELEMENT, epoch=1)
    await router.switch(ELEMENT, ONE, TWO, epoch=1)
    live = await cluster.get(REF)
    assert live is not None
    assert live["spec"]["rules"][0]["backendRefs"] == [_ref("web-1", 0), _ref("web-2", 100)]
    assert not (await router.observe(ELEMENT)).settled
    say(cluster, "one", "two")
    assert (await router.observe(ELEMENT)).settled


@pytest.mark.parametrize("type_", ["Accepted", "ResolvedRefs"])
async def test_a_gateway_that_says_no_is_quoted(cluster: FakeCluster, router: HttpRoutes, type_: str) -> None:
    say(cluster, "one", "two", told={type_: "False"})
    seen = await router.observe(ELEMENT)
    assert not seen.settled
    assert type_ in seen.trouble


@pytest.mark.parametrize("there", ["namespace", "group"])
@pytest.mark.parametrize("refuses", [0, 1], ids=["first", "second"])
async def test_gateways_are_told_apart_by_more_than_their_names(
    cluster: FakeCluster, router: HttpRoutes, there: str, refuses: int
) -> None:
    parents: list[dict[str, str]] = [{"name": "gw", there: "a"}, {"name": "gw", there: "b"}]
    cluster.edit(REF, lambda obj: obj["spec"].update(parentRefs=parents))
    tell(cluster, parents, refused=parents[refuses])
    assert not (await router.observe(ELEMENT)).settled
    tell(cluster, parents)
    assert (await router.observe(ELEMENT)).settled


async def test_a_gateway_may_write_out_what_is_left_to_defaults(cluster: FakeCluster, router: HttpRoutes) -> None:
    cluster.edit(REF, lambda obj: obj["spec"].update(parentRefs=[{"name": "gw"}]))
    whole = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": REF.namespace, "name": "gw"}
    tell(cluster, [whole])
    assert (await router.observe(ELEMENT)).settled
    tell(cluster, [{**whole, "namespace": "other"}])
    assert not (await router.observe(ELEMENT)).settled


@pytest.mark.parametrize("generation", [0, 2])
async def test_what_a_gateway_said_of_another_generation_does_not_count(
    cluster: FakeCluster, router: HttpRoutes, generation: int
) -> None:
    say(cluster, "one", "two", generation=generation)
    assert not (await router.observe(ELEMENT)).settled


async def test_without_any_gateway_nothing_is_settled(cluster: FakeCluster, router: HttpRoutes) -> None:
    cluster.edit(REF, lambda obj: obj["spec"].pop("parentRefs"))
    seen = await router.observe(ELEMENT)
    assert (seen.settled, seen.staged) == (False, False)
    assert seen.trouble


async def test_the_order_of_what_is_written_tells_nothing(cluster: FakeCluster, router: HttpRoutes) -> None:
    parts = (Backend("web-1", "1", 70), Backend("web-2", "2", 30))

    def reverse(obj: dict[str, Any]) -> None:
        obj["spec"]["rules"][0]["backendRefs"] = [_ref(one.service, one.weight) for one in reversed(parts)]

    cluster.edit(REF, reverse)
    element = RouteElement(REF, Weights(parts), TWO)
    assert (await router.observe(element)).route == element.before


async def test_rules_that_differ_make_a_route_that_nobody_knows(cluster: FakeCluster, router: HttpRoutes) -> None:
    def split(obj: dict[str, Any]) -> None:
        obj["spec"]["rules"].append({"backendRefs": [_ref("web-2", 100)]})

    cluster.edit(REF, split)
    found = (await router.observe(ELEMENT)).route
    assert found is not None
    assert not ELEMENT.knows(found)


async def test_backends_of_versions_that_went_are_dropped_when_the_next_is_staged(
    cluster: FakeCluster, router: HttpRoutes
) -> None:
    rules = [{"backendRefs": [_ref("web-0", 0), _ref("web-1", 100), _ref("other", 1)]}]
    cluster.edit(REF, lambda live: live["spec"].update(rules=rules))
    await router.stage(ELEMENT, epoch=1)
    live = await cluster.get(REF)
    assert live is not None
    assert [ref["name"] for ref in live["spec"]["rules"][0]["backendRefs"]] == ["web-1", "other", "web-2"]
