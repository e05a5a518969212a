"""Who has to say that it is well before a version gets traffic, and what readiness has to do with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from fairlead.domain.apps.descriptor import Component, Descriptor, HealthCheck, HealthCheckType
from fairlead.domain.apps.probing import Answer, ProbeResult
from fairlead.domain.rollout.intents import Promote
from fairlead.domain.rollout.phases import Phase
from fairlead.domain.unit_news import HealthObserved
from fairlead.pipeline.units.service import at_rest
from fairlead.ports.cluster import LiveObject
from tests.pipeline.units.units import KEY, Yard, yard

CHECKED = HealthCheck(enabled=True)
LONG_ENOUGH = timedelta(seconds=10)


@pytest.fixture
async def here() -> AsyncIterator[Yard]:
    async with yard() as found:
        yield found


async def phase_of(here: Yard, descriptor: Descriptor) -> Phase:
    """Return how far a version comes in a time that is long enough."""
    until = here.clock.now() + LONG_ENOUGH
    await here.units.deploy(KEY, here.order(descriptor))
    return (await here.settle(lambda anchor: at_rest(anchor) or here.clock.now() > until)).phase


@pytest.mark.parametrize(
    ("health", "phase"),
    [
        (HealthCheck(), Phase.WARMING),
        (HealthCheck(enabled=True, ignored=True), Phase.WARMING),
        (HealthCheck(ignore_readiness=True), Phase.IDLE),
        (HealthCheck(enabled=True, ignored=True, ignore_readiness=True), Phase.IDLE),
    ],
    ids=["readiness", "protocol-ignored", "readiness-ignored", "both-ignored"],
)
async def test_readiness_counts_unless_the_descriptor_says_not(here: Yard, health: HealthCheck, phase: Phase) -> None:
    here.cluster.is_well = lambda _deployment: False
    assert await phase_of(here, here.descriptor(health=health)) is phase


async def test_who_ignores_readiness_is_asked_for_health_all_the_same(here: Yard) -> None:
    here.cluster.health = Answer(200, b'{"healthy": false}')
    checked = HealthCheck(enabled=True, ignore_readiness=True)
    assert await phase_of(here, here.descriptor(health=checked)) is Phase.WARMING


async def test_one_pod_that_is_not_well_keeps_the_traffic_away(here: Yard) -> None:
    def says(pod: LiveObject) -> ProbeResult:
        healthy = pod["metadata"]["name"] != "shop-2-1"
        return Answer(200, b'{"healthy": true}' if healthy else b'{"healthy": false}')

    await here.deploy(here.descriptor())
    here.cluster.says = says
    assert await phase_of(here, here.descriptor(env="green", health=CHECKED)) is Phase.WARMING
    assert here.selector["version"] == "1"


@pytest.mark.parametrize(
    ("kind", "phase"), [(HealthCheckType.PROBE, Phase.WARMING), (HealthCheckType.SIMPLE, Phase.IDLE)]
)
async def test_the_protocol_of_the_descriptor_counts(here: Yard, kind: HealthCheckType, phase: Phase) -> None:
    here.cluster.health = Answer(204)
    assert await phase_of(here, here.descriptor(health=HealthCheck(enabled=True, kind=kind))) is phase


async def test_what_pods_say_is_told_when_it_changes(here: Yard) -> None:
    await here.deploy(here.descriptor(health=CHECKED))
    told = [(one.pod, one.healthy) for one in here.heard if isinstance(one, HealthObserved)]
    assert sorted(told) == [("shop-1-0", True), ("shop-1-1", True)]


async def test_a_component_that_is_not_ready_keeps_the_traffic_of_all_away(here: Yard) -> None:
    worker = Component("worker", here.descriptor().main.pod_spec, 1)
    await here.deploy(here.descriptor(components=(worker,)))
    here.cluster.is_well = lambda deployment: deployment["metadata"]["name"] != "shop-worker-2"
    assert await phase_of(here, here.descriptor(env="green", components=(worker,))) is Phase.WARMING
    for name in ("shop", "shop-worker"):
        service = here.live("Service", name)
        assert service is not None
        assert service["spec"]["selector"]["version"] == "1"


async def test_who_is_no_longer_well_when_it_is_promoted_gets_no_traffic(here: Yard) -> None:
    await here.deploy(here.descriptor())
    await here.deploy(here.descriptor(env="green", health=CHECKED, rules={"promote_after": None}))
    here.cluster.health = Answer(200, b'{"healthy": false}')
    await here.units.submit(KEY, Promote(*here.asked()))
    until = here.clock.now() + LONG_ENOUGH
    anchor = await here.settle(lambda _: here.clock.now() > until)
    assert (anchor.phase, here.selector["version"]) == (Phase.STAGING, "1")
