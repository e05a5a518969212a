"""Two apps cannot claim one host, wherever they are and however their claims meet."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Coroutine, Generator, Iterable
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from fairlead.domain.apps.descriptor import Exposure
from fairlead.domain.apps.naming import UNIT_LABEL
from fairlead.domain.errors import Problem, Refused, RemoteRefused
from fairlead.domain.units import UnitKey
from fairlead.pipeline.units.hosts import CLAIMS, Hosts
from fairlead.pipeline.units.service import at_rest
from fairlead.ports.cluster import ApiKind, Cluster
from tests.fakes.cluster import FakeCluster
from tests.fakes.played import PlayedCluster
from tests.pipeline.units.units import KEY, ended, yard

SHOP, WEB = UnitKey("c", "shop", "shop"), UnitKey("c", "web", "web")
HOST, OTHER = "shop.example.com", "www.example.com"


class Step:
    """Lets somebody else go first."""

    def __await__(self) -> Generator[None]:
        yield


@dataclass(frozen=True)
class Stepped:
    """A cluster where anything may happen before each request."""

    cluster: Cluster
    step: Any = Step

    def __getattr__(self, name: str) -> Any:
        async def do(*what: Any, **options: Any) -> Any:
            await self.step()
            return await getattr(self.cluster, name)(*what, **options)

        return getattr(self.cluster, name) if name in ("watch", "kinds") else do  # kinds are known already


def cluster_of(*namespaces: str) -> FakeCluster:
    found = FakeCluster()
    for name in namespaces:
        found.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return found


@pytest.fixture
def cluster() -> FakeCluster:
    return cluster_of("shop", "web")


async def claim(cluster: Cluster, key: UnitKey, *hosts: str) -> str:
    """Claim hosts as a driver does: again, while the other has not given way yet."""
    while True:
        try:
            return await Hosts(cluster, key).claim(hosts)
        except Refused as error:
            if error.code != "hostContested":
                raise


def interleaved(order: Iterable[bool], one: Coroutine[Any, Any, str], other: Coroutine[Any, Any, str]) -> list[str]:
    """Run two by turns: each of the order lets one of them make a request; return what both came to."""
    both, ended = [one, other], ["", ""]
    turns = itertools.chain(order, itertools.cycle((False, True)))
    for which in itertools.islice(turns, 1000):
        if all(each is None for each in both):
            return ended
        mine = both[which]
        try:
            if mine is not None:
                mine.send(None)
        except StopIteration as stop:
            ended[which] = stop.value
            cast("list[Any]", both)[which] = None
    raise AssertionError("they never end")


def test_of_two_that_claim_at_once_in_any_order_one_gets_the_host() -> None:
    for order in itertools.product((False, True), repeat=10):
        cluster = cluster_of("shop", "web")
        stepped = cast("Cluster", Stepped(cluster))
        shop, web = interleaved(order, claim(stepped, SHOP, HOST), claim(stepped, WEB, HOST, OTHER))
        assert sorted((shop == "", web == "")) == [False, True], order
        claims = {one["metadata"]["namespace"]: one["data"] for one in cluster.objects if one["kind"] == "ConfigMap"}
        won = {"shop": {HOST: "shop"}} if shop == "" else {"web": {HOST: "web", OTHER: "web"}}
        assert {name: data for name, data in claims.items() if data} == won, order


async def test_a_driver_that_was_stopped_in_a_claim_does_not_finish_it(cluster: FakeCluster) -> None:
    stopped = Hosts(cast("Cluster", Stepped(cluster)), SHOP).claim([HOST])
    for _ in range(5):  # announced, and nobody else was seen
        stopped.send(None)
    assert [one["data"] for one in cluster.objects if one["kind"] == "ConfigMap"] == [{HOST: "shop?"}]
    await Hosts(cluster, SHOP).keep([])
    assert await claim(cluster, WEB, HOST) == ""
    assert interleaved((), claim(cluster, WEB, HOST), stopped)[1] == f"host {HOST} belongs to web/web"


async def test_who_gives_up_hosts_gives_up_their_own(cluster: FakeCluster) -> None:
    near = UnitKey("c", "shop", "api")
    assert await claim(cluster, SHOP, HOST, "old.example.com") == ""
    assert await claim(cluster, near, OTHER) == ""
    await Hosts(cluster, SHOP).keep([HOST])
    assert HOST in await Hosts(cluster, WEB).owner([HOST])
    assert OTHER in await Hosts(cluster, WEB).owner([OTHER])
    assert await Hosts(cluster, WEB).owner(["old.example.com"]) == ""


async def test_an_announcement_is_nobodys_claim_yet(cluster: FakeCluster) -> None:
    data = {HOST: "web?"}
    cluster.put(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": CLAIMS, "namespace": "web"}, "data": data}
    )
    assert await Hosts(cluster, SHOP).owner([HOST]) == ""
    with pytest.raises(Refused) as caught:
        await Hosts(cluster, SHOP).claim([HOST])
    assert caught.value.code == "hostContested"
    assert await Hosts(cluster, replace(SHOP, namespace="web", name="api")).claim([HOST])
    assert await Hosts(cluster, WEB).claim([HOST])  # the later one by name gives way
    assert await Hosts(cluster, SHOP).claim([HOST]) == ""
    assert await Hosts(cluster, WEB).owner([HOST])


@pytest.mark.parametrize("kinds", [("ConfigMap",), ("ConfigMap", "Ingress"), ("ConfigMap", "Ingress", "HTTPRoute")])
async def test_who_may_not_look_elsewhere_claims_what_is_free_at_home(
    cluster: FakeCluster, kinds: tuple[str, ...]
) -> None:
    cluster.serve(ROUTES)
    assert await claim(cluster, WEB, HOST) == ""
    for kind in kinds:
        error = RemoteRefused(Problem("forbidden", "not everywhere"), status=403)
        cluster.fail(error, verb="list", kind=kind, times=2)  # in all namespaces, and then in ours
    assert await claim(cluster, SHOP, HOST) == ""


ROUTES = ApiKind("gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes", namespaced=True)
BACKEND, REDIRECT = {"backendRefs": [{"name": "web", "port": 80}]}, {"filters": [{"type": "RequestRedirect"}]}


def route(
    *rules: dict[str, Any], namespace: str = "web", unit: str = "", hosts: tuple[str, ...] = (OTHER, HOST)
) -> Any:
    labels = {UNIT_LABEL: unit} if unit else {}
    metadata = {"name": "public", "namespace": namespace, "labels": labels}
    spec = {"hostnames": list(hosts), "rules": list(rules)}
    return {"apiVersion": ROUTES.api_version, "kind": ROUTES.kind, "metadata": metadata, "spec": spec}


@pytest.mark.parametrize(
    ("live", "owner"),
    [
        (route(BACKEND), f"host {HOST} belongs to HTTPRoute web/public"),
        (route(REDIRECT, BACKEND), f"host {HOST} belongs to HTTPRoute web/public"),
        (route(BACKEND, namespace="shop"), f"host {HOST} belongs to HTTPRoute shop/public"),
        (route(BACKEND, unit="shop"), f"host {HOST} belongs to HTTPRoute web/public"),
        (route(BACKEND, namespace="shop", unit="shop"), ""),
        (route(BACKEND, hosts=(OTHER,)), ""),
        (route(BACKEND, hosts=()), ""),
        (route(REDIRECT), ""),
    ],
    ids=["other", "partly", "home", "namesake", "ours", "elsewhere", "any", "redirect"],
)
async def test_a_host_that_an_http_route_leads_somewhere_is_not_free(
    cluster: FakeCluster, live: dict[str, Any], owner: str
) -> None:
    cluster.serve(ROUTES)
    cluster.put(live)
    assert await Hosts(cluster, SHOP).owner([HOST]) == owner
    assert await claim(cluster, SHOP, HOST) == owner
    claims = [one["data"] for one in cluster.objects if one["kind"] == "ConfigMap"]
    assert claims == [{} if owner else {HOST: "shop"}]


@pytest.mark.parametrize("served", [True, False])
async def test_http_routes_are_only_asked_for_where_there_can_be_any(cluster: FakeCluster, *, served: bool) -> None:
    if served:
        cluster.serve(ROUTES)
    assert await claim(cluster, SHOP, HOST) == ""
    listed = [call.kind for call in cluster.calls if call.verb == "list"]
    assert listed == ["Ingress", *(["HTTPRoute"] if served else []), "ConfigMap"]


@pytest.mark.parametrize("seed", range(12))
async def test_of_two_apps_that_are_deployed_at_once_one_is_reached(seed: int) -> None:
    cluster, chance = PlayedCluster(), random.Random(seed)
    cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web"}})
    keys = (KEY, WEB)

    async def dawdle() -> None:
        for _ in range(chance.randrange(8)):
            await asyncio.sleep(0)

    async with yard(cluster, seen=lambda own: cast("Cluster", Stepped(own, dawdle))) as here:
        for key in keys:
            descriptor = here.descriptor(exposure=Exposure(host=HOST))
            order = here.order(replace(descriptor, namespace=key.namespace, app=key.name))
            await here.units.deploy(key, order)
        await asyncio.gather(*(here.units.drive(key, at_rest) for key in keys))
        outcomes = [ended((await here.units.read(key)).anchor) for key in keys]
    assert sorted(one for each in outcomes for one in each.values()) == ["deployed", "failed"]
    assert [one["metadata"]["namespace"] for one in cluster.objects if one["kind"] == "Ingress"] in (
        [key.namespace] for key, each in zip(keys, outcomes, strict=True) if "deployed" in each.values()
    )
