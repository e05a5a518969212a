"""Units on a real API server with really running pods: first version, switch, preview, rollback while hot, undeploy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from fairlead.adapters.anchors.secrets import SecretAnchors
from fairlead.domain.apps.descriptor import Component, Descriptor, HealthCheck, HttpGate, JobGate, Soak
from fairlead.domain.apps.probing import Answer, NoAnswer, ProbeRequest, ProbeResult, ServiceAddress
from fairlead.domain.rollout.intents import Abort, Promote, Rollback, Scale, Undeploy
from fairlead.domain.rollout.phases import Phase
from fairlead.domain.unit_news import HealthObserved
from fairlead.pipeline.units.anchoring import read_anchor, swap_anchor
from fairlead.pipeline.units.service import at_rest
from fairlead.sandbox.waiting import holds_within
from tests.e2e.running import RunningSandbox
from tests.e2e.units import UnitSite, unit_site
from tests.pipeline.units.units import ended, states

pytestmark = pytest.mark.e2e


@pytest.fixture
async def site(real_sandbox: RunningSandbox, namespace: str) -> AsyncIterator[UnitSite]:
    async with unit_site(real_sandbox, namespace) as found:
        yield found


async def test_a_version_follows_another_and_back_in_one_switch(site: UnitSite) -> None:
    first, anchor = await site.deploy(site.descriptor())
    assert (first.version, states(anchor), ended(anchor)) == ("1", {"1": "Live"}, {"i1": "deployed"})
    assert await site.selector() == {"app": "shop", "version": "1"}
    second, anchor = await site.deploy(site.descriptor(env={"COLOUR": "green"}))
    assert (second.version, states(anchor)) == ("2", {"1": "Hot", "2": "Live"})
    assert await site.selector() == {"app": "shop", "version": "2"}
    anchor = await site.ask(Rollback(*site.asked(), "d3"))
    assert states(anchor) == {"1": "Live", "2": "Hot"}
    assert await site.selector() == {"app": "shop", "version": "1"}
    anchor = await site.ask(Undeploy(*site.asked(), "d4"))
    assert states(anchor) == {}


async def test_a_version_is_asked_for_its_health_and_passes_its_gates(site: UnitSite) -> None:
    pod = {
        "containers": [{"name": "job", "image": f"{site.registry}/app:1.0", "env": [{"name": "CRASH", "value": "0"}]}]
    }
    gates = (HttpGate("answers", "health"), JobGate("migrated", pod))
    rules = {"verify": gates, "soak": Soak(0.5, (HttpGate("serves", "/"),))}
    _, anchor = await site.deploy(site.descriptor(health=HealthCheck(enabled=True), rules=rules))
    assert ended(anchor) == {"i1": "deployed"}, anchor.ended
    assert {one.healthy for one in site.news.heard if isinstance(one, HealthObserved)} >= {True}
    failing = {"verify": (HttpGate("healthy", "health", timeout_seconds=1),)}
    _, anchor = await site.deploy(site.descriptor(env={"UNHEALTHY": "1"}, rules=failing))
    assert (ended(anchor)["i2"], states(anchor)) == ("failed", {"1": "Live", "2": "Failed"})
    assert anchor.hold is not None


async def test_traffic_goes_back_from_a_version_that_refuses_connections_through_its_service(site: UnitSite) -> None:
    await site.deploy(site.descriptor(replicas=1))
    assert isinstance(await _asked_by_api_server(site), Answer)
    await site.units.deploy(site.key, site.order(_deaf(site.descriptor(replicas=1, env={"PORT": "8081"}))))
    anchor = await site.settle(lambda anchor: at_rest(anchor) or site.news.has("connections to port 8080"))
    assert (anchor.phase, await site.selector()) == (Phase.CONFIRMING, {"app": "shop", "version": "2"})
    refused = await _asked_by_api_server(site)
    assert isinstance(refused, NoAnswer)
    assert refused.reachable, refused
    held, anchors = await read_anchor(SecretAnchors(site.cluster), site.key), SecretAnchors(site.cluster)
    over = replace(held.anchor, deadline=held.anchor.since)  # nobody wants to wait for it
    assert await swap_anchor(anchors, site.key, held, over, None) is not None
    anchor = await site.settle()
    assert (ended(anchor)["i2"], states(anchor)) == ("failed", {"1": "Live", "2": "Failed"})
    assert await site.selector() == {"app": "shop", "version": "1"}


async def _asked_by_api_server(site: UnitSite) -> ProbeResult:
    return await site.cluster.ask(ServiceAddress(site.key.namespace, "shop", ""), ProbeRequest("GET", 8080, "/ready"))


def _deaf(descriptor: Descriptor) -> Descriptor:
    """Let pods be ready by another port than the one that they declare."""
    (container,) = descriptor.main.pod_spec["containers"]
    ready = {"httpGet": {"path": "/ready", "port": 8081}, "periodSeconds": 1}
    spec = {"containers": [{**container, "readinessProbe": ready}]}
    return replace(descriptor, main=replace(descriptor.main, pod_spec=spec))


async def test_what_is_not_healthy_waits_and_is_given_up_with_its_evidence(site: UnitSite) -> None:
    await site.deploy(site.descriptor())
    sick = site.descriptor(env={"UNHEALTHY": "1"}, health=HealthCheck(enabled=True))
    await site.units.deploy(site.key, site.order(sick))
    driving = asyncio.create_task(site.settle())
    await holds_within(30, "an unhealthy answer", lambda: _is_unwell(site))
    await site.units.submit(site.key, Abort(*site.asked()))
    anchor = await driving
    assert (ended(anchor)["i2"], states(anchor)) == ("aborted", {"1": "Live", "2": "Failed"})
    document = await site.units.evidence(site.key, "2")
    assert document is not None
    assert [pod["logs"][0]["container"] for pod in document["pods"]] == ["app", "app"]
    deployment = await site.get("Deployment", "shop-2", "apps/v1")
    assert deployment is not None
    assert deployment["spec"]["replicas"] == 1
    assert await site.selector() == {"app": "shop", "version": "1"}


async def _is_unwell(site: UnitSite) -> bool:
    return any(isinstance(one, HealthObserved) and not one.healthy for one in site.news.heard)


async def test_a_preview_is_looked_at_promoted_and_scaled_with_its_components(site: UnitSite) -> None:
    worker = Component("worker", site.descriptor().main.pod_spec, 1)
    _, anchor = await site.deploy(site.descriptor(components=(worker,)))
    assert states(anchor) == {"1": "Live"}
    waiting = site.descriptor(
        env={"COLOUR": "green"}, components=(worker,), rules={"promote_after": None, "preview_replicas": 1}
    )
    _, anchor = await site.deploy(waiting)
    assert (anchor.phase, states(anchor)) == ("Awaiting", {"1": "Live", "2": "Ready"})
    preview = await site.get("Service", "shop-preview")
    assert preview is not None
    assert preview["spec"]["selector"] == {"app": "shop", "version": "2"}
    assert await site.replicas("shop-2") == 1
    anchor = await site.ask(Promote(*site.asked()))
    assert states(anchor) == {"1": "Hot", "2": "Live"}
    for name in ("shop", "shop-worker"):
        service = await site.get("Service", name)
        assert service is not None
        assert service["spec"]["selector"] == {"app": name, "version": "2"}
    assert await site.replicas("shop-2") == 2
    await site.ask(Scale(*site.asked(), 3, "shop"))
    assert (await site.replicas("shop-2"), await site.replicas("shop-worker-2")) == (3, 1)
    _, anchor = await site.deploy(site.descriptor(env={"COLOUR": "blue"}, components=(worker,)))
    assert (states(anchor), await site.replicas("shop-3")) == ({"1": "Hot", "2": "Hot", "3": "Live"}, 2)
