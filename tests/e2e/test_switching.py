"""What a switch of a Service's selector costs those who send requests: nothing, as the adapter declares."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from bench.answers import Kind, first_of, summarize, too_early, too_late
from bench.connections import Target
from bench.load import Plan, load_on
from fairlead.adapters.clock.system import SystemClock
from fairlead.adapters.kubernetes.client import KubernetesCluster
from fairlead.adapters.traffic.services import ServiceSelectors
from fairlead.domain.identity import ObjectRef
from fairlead.domain.rollout.traffic import RouteElement, Selector
from fairlead.ports.traffic import Guarantee
from fairlead.sandbox.waiting import holds_within
from tests.e2e.answering import answering, reply_of
from tests.e2e.running import RunningSandbox

pytestmark = pytest.mark.e2e

VERSIONS = ("1", "2", "3", "4")


def _workload(registry: str, version: str) -> dict[str, Any]:
    labels = {"app": "shop", "version": version}
    container = {
        "name": "app",
        "image": f"{registry}/app:1.0",
        "env": [{"name": "APP_VERSION", "value": version}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 1},
    }
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": f"shop-{version}"}, "spec": spec}


def _route(version: str) -> Selector:
    return Selector({"app": "shop", "version": version})


def _service() -> dict[str, Any]:
    spec = {"selector": _route(VERSIONS[0]).labels, "ports": [{"port": 80, "targetPort": 8080}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "shop"}, "spec": spec}


@pytest.fixture
async def target(real_sandbox: RunningSandbox, namespace: str) -> Target:
    """A Service whose first version answers, with all the others ready behind it."""
    items = [_service(), *(_workload(real_sandbox.registry, version) for version in VERSIONS)]
    objects = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    await real_sandbox.ask("-n", namespace, "apply", "-f", "-", stdin=objects)
    for version in VERSIONS:
        await real_sandbox.ask("-n", namespace, "rollout", "status", f"deployment/shop-{version}", "--timeout=60s")
    address = await real_sandbox.ask("-n", namespace, "get", "service", "shop", "-o", "jsonpath={.spec.clusterIP}")
    return await answering(address, 80)


@pytest.fixture
async def router(real_sandbox: RunningSandbox) -> AsyncIterator[ServiceSelectors]:
    cluster = KubernetesCluster(real_sandbox.access(), clock=SystemClock(), environ={})
    yield ServiceSelectors(cluster)
    await cluster.close()


async def _answers(target: Target, version: str) -> bool:
    return (await reply_of(target)).word(0) == version


async def test_every_version_answers_from_its_switch_on_and_no_request_is_lost(
    target: Target, router: ServiceSelectors, namespace: str
) -> None:
    ref = ObjectRef("v1", "Service", namespace, "shop")
    switched, confirmed = dict[str, float](), dict[str, float]()
    async with load_on(Plan(target, long_every=1.0, long_takes=3.0)) as load:
        await load.reached(200)
        for number, (old, new) in enumerate(pairwise(VERSIONS), start=1):
            element = RouteElement(ref, _route(old), _route(new))
            assert (await router.observe(element)).guarantee is Guarantee.ZERO_LOSS
            switched[new] = load.now()
            await router.switch(element, _route(old), _route(new), epoch=1)
            await holds_within(10, f"version {new}", partial(_answers, target, new))
            confirmed[old] = load.now()
            await load.reached(200 * (number + 1))

    answers = load.answers
    assert [one for one in answers if one.failed] == []
    assert [span.version for span in summarize(answers).versions] == list(VERSIONS)
    assert {new: too_early(answers, new, at) for new, at in switched.items()} == {new: [] for new in switched}
    assert {old: too_late(answers, old, at) for old, at in confirmed.items()} == {old: [] for old in confirmed}
    assert all(first_of(answers, new) - at < 5 for new, at in switched.items())
    assert {one.kind for one in answers} == set(Kind)
