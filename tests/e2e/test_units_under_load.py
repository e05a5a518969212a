"""What a rollout costs those who send requests meanwhile: nothing. And nobody is answered by what is not live."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from bench.answers import first_of, summarize, too_early
from bench.connections import Target
from bench.load import Load, Plan, load_on
from fairlead.domain.rollout.intents import Rollback
from fairlead.domain.unit_news import StateEntered
from tests.e2e.answering import answering
from tests.e2e.running import RunningSandbox
from tests.e2e.units import UnitSite, unit_site
from tests.pipeline.units.units import ended, states

pytestmark = pytest.mark.e2e


@pytest.fixture
async def site(real_sandbox: RunningSandbox, namespace: str) -> AsyncIterator[UnitSite]:
    async with unit_site(real_sandbox, namespace) as found:
        yield found


@pytest.fixture
async def target(site: UnitSite, real_sandbox: RunningSandbox) -> Target:
    """A plain Deployment behind a plain Service, which selects by the name of the app alone."""
    labels = {"app": "shop"}
    container = {
        "name": "app",
        "image": f"{site.registry}/app:1.0",
        "env": [{"name": "APP_VERSION", "value": "plain"}],
        "ports": [{"containerPort": 8080, "name": "http"}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 1},
    }
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop"}, "spec": spec}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "shop"},
        "spec": {"selector": labels, "ports": [{"name": "http", "port": 8080, "targetPort": "http"}]},
    }
    here = ("-n", site.key.namespace)
    objects = json.dumps({"apiVersion": "v1", "kind": "List", "items": [service, deployment]})
    await real_sandbox.ask(*here, "apply", "-f", "-", stdin=objects)
    await real_sandbox.ask(*here, "rollout", "status", "deployment/shop", "--timeout=60s")
    address = await real_sandbox.ask(*here, "get", "service", "shop", "-o", "jsonpath={.spec.clusterIP}")
    return await answering(address, 8080)


def _entered(site: UnitSite, phase: str) -> list[float]:
    return [one.at.timestamp() for one in site.news.heard if isinstance(one, StateEntered) and one.phase == phase]


async def test_a_plain_app_is_adopted_and_followed_without_a_failed_request(site: UnitSite, target: Target) -> None:
    async with load_on(Plan(target, long_every=1.0, long_takes=3.0)) as load:
        await load.reached(100)
        _, anchor = await site.deploy(site.descriptor())
        assert (states(anchor), ended(anchor)) == ({"0": "Hot", "1": "Live"}, {"i1": "deployed"})
        assert await site.selector() == {"app": "shop", "version": "1"}
        await _answered_by(load, "1")
        _, anchor = await site.deploy(site.descriptor(env={"COLOUR": "green"}))
        assert states(anchor) == {"0": "Hot", "1": "Hot", "2": "Live"}
        await _answered_by(load, "2")
        anchor = await site.ask(Rollback(*site.asked(), "back"))
        assert states(anchor) == {"0": "Hot", "1": "Live", "2": "Hot"}
        await load.reached(len(load.answers) + 100)
    answers = load.answers
    assert [one for one in answers if one.failed] == []
    assert [span.version for span in summarize(answers).versions] == ["plain", "1", "2"]
    first, second, _ = _entered(site, "Switching")
    assert (too_early(answers, "1", first), too_early(answers, "2", second)) == ([], [])


async def _answered_by(load: Load, version: str) -> None:
    await load.reached(len(load.answers) + 50)
    assert first_of(load.answers, version)
