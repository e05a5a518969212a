"""After a switch the stable Services are asked as clients do, over a cluster in memory whose pods are played."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from fairlead.domain.apps.descriptor import Component, Descriptor, HealthCheck
from fairlead.domain.apps.probing import Answer, NoAnswer, ProbeResult
from fairlead.domain.identity import ObjectRef
from fairlead.domain.rollout.commands import SwitchRoute
from fairlead.domain.rollout.intents import Rollback
from fairlead.domain.rollout.observation import Verdict
from fairlead.domain.rollout.phases import Phase
from fairlead.domain.rollout.traffic import Selector
from fairlead.domain.unit_news import LogLine
from fairlead.pipeline.units.confirming import Seen, ask_services
from fairlead.pipeline.units.findings import Findings, Passage
from fairlead.pipeline.units.library import Library
from fairlead.pipeline.units.service import at_rest
from fairlead.pipeline.units.sight import version_of
from fairlead.pipeline.units.switching import switch_route
from fairlead.pipeline.units.turn import Turn
from fairlead.ports.cluster import LiveObject
from tests.pipeline.units.units import KEY, Yard, ended, states, yard

CHECKED = HealthCheck(enabled=True)
BOTH = {"1": "Hot", "2": "Live"}
SHOP = ObjectRef("v1", "Service", KEY.namespace, KEY.name)
BACK = {"1": "Live", "2": "Failed"}


@pytest.fixture
async def here() -> AsyncIterator[Yard]:
    async with yard() as found:
        yield found


def only(version: str) -> Callable[[LiveObject], bool]:
    """Let only pods of one version take connections."""
    return lambda pod: version_of(pod) == version


def told(here: Yard, words: str) -> int:
    return sum(isinstance(one, LogLine) and words in one.text for one in here.heard)


def with_port(descriptor: Descriptor, **port: object) -> Descriptor:
    (container,) = descriptor.main.pod_spec["containers"]
    spec = {"containers": [{**container, "ports": [port]}]}
    return replace(descriptor, main=replace(descriptor.main, pod_spec=spec))


@pytest.mark.parametrize("health", [HealthCheck(), CHECKED], ids=["plain", "checked"])
async def test_a_service_is_asked_when_it_was_switched_and_not_before(here: Yard, health: HealthCheck) -> None:
    await here.deploy(here.descriptor(health=health))
    await here.units.deploy(KEY, here.order(here.descriptor(env="green", health=health)))
    here.cluster.asked.clear()
    await here.settle(lambda anchor: anchor.phase is Phase.SWITCHING)
    assert here.cluster.asked == []
    assert states(await here.settle()) == BOTH
    assert here.cluster.asked == [("shop", "2")] * (2 if health.enabled else 1)


async def test_every_service_of_a_unit_is_asked(here: Yard) -> None:
    main = here.descriptor().main
    await here.deploy(here.descriptor(components=(Component("worker", main.pod_spec, 1),)))
    assert sorted(here.cluster.asked) == [("shop", "1"), ("shop-worker", "1")]


async def test_traffic_goes_back_when_the_service_refuses_what_it_took_before(here: Yard) -> None:
    await here.deploy(here.descriptor())
    here.cluster.listens = only("1")
    anchor = await here.deploy(here.descriptor(env="green"))
    assert (states(anchor), here.selector["version"]) == (BACK, "1")
    assert ended(anchor)["i2"] == "failed"
    (failed,) = [one for one in anchor.ended if one.intent == "i2"]
    assert "refuses connections to port 8080" in failed.explanation
    assert told(here, "refuses connections")


@pytest.mark.parametrize(
    "answer", [Answer(503, b"no"), NoAnswer("hung up"), Answer(200, b"{}")], ids=["status", "silence", "words"]
)
async def test_traffic_goes_back_when_what_answers_is_not_healthy(here: Yard, answer: ProbeResult) -> None:
    await here.deploy(here.descriptor())
    here.cluster.through = answer
    anchor = await here.deploy(here.descriptor(env="green", health=CHECKED))
    assert (states(anchor), here.selector["version"]) == (BACK, "1")


async def test_a_data_plane_that_follows_late_is_asked_again(here: Yard) -> None:
    """Pods say which version they are; for a while the version before goes on answering."""
    healthy = '{{"healthy": true, "version": "{}"}}'.format
    here.cluster.says = lambda pod: Answer(200, healthy(version_of(pod)).encode())
    await here.deploy(here.descriptor(health=CHECKED))
    began = here.clock.now()
    here.cluster.through = Answer(200, healthy("1").encode())
    await here.units.deploy(KEY, here.order(here.descriptor(env="green", health=CHECKED)))
    await here.settle(lambda anchor: at_rest(anchor) or told(here, "still answers") > 0)
    here.cluster.through = None
    assert states(await here.settle()) == BOTH
    assert (here.clock.now() - began).total_seconds() < 10


async def test_an_answer_that_every_version_gives_is_one_of_the_new_version(here: Yard) -> None:
    await here.deploy(here.descriptor(health=CHECKED))
    assert states(await here.deploy(here.descriptor(env="green", health=CHECKED))) == BOTH
    assert told(here, "Service default/shop:") == 0


@pytest.mark.parametrize(
    "answer",
    [NoAnswer("services/proxy is forbidden", reachable=False), NoAnswer("no answer in time", reachable=False)],
    ids=["forbidden", "late"],
)
@pytest.mark.parametrize("health", [HealthCheck(), CHECKED], ids=["plain", "checked"])
async def test_where_nothing_leads_to_the_service_its_endpoints_have_to_do(
    here: Yard, health: HealthCheck, answer: ProbeResult
) -> None:
    await here.deploy(here.descriptor())
    here.cluster.through, here.cluster.is_near = answer, False
    began = here.clock.now()
    anchor = await here.deploy(here.descriptor(env="green", health=health))
    assert (states(anchor), told(here, "its ready endpoints have to do")) == (BOTH, 1)
    assert (here.clock.now() - began).total_seconds() < 3


async def test_a_version_that_takes_no_connections_is_not_taken_for_the_one_before(here: Yard) -> None:
    """The data plane still leads to the version before when the Service is asked first."""
    await here.deploy(here.descriptor())
    here.cluster.listens, here.cluster.is_late = only("1"), True
    anchor = await here.deploy(here.descriptor(env="green"))
    assert (states(anchor), here.selector["version"]) == (BACK, "1")


async def test_what_no_version_listens_at_is_not_held_against_the_new_one(here: Yard) -> None:
    here.cluster.listens = lambda _pod: False
    await here.deploy(here.descriptor())
    assert states(await here.deploy(here.descriptor(env="green"))) == BOTH


async def test_ports_that_nobody_can_knock_at(here: Yard) -> None:
    here.cluster.listens = only("1")
    await here.deploy(here.descriptor())
    anchor = await here.deploy(with_port(here.descriptor(), containerPort=53, protocol="UDP", name="dns"))
    assert (states(anchor), told(here, "Service default/shop:")) == (BOTH, 0)


async def test_readiness_that_is_ignored_says_that_nobody_need_listen(here: Yard) -> None:
    await here.deploy(here.descriptor())
    here.cluster.listens = only("1")
    anchor = await here.deploy(here.descriptor(env="green", health=HealthCheck(ignore_readiness=True)))
    assert states(anchor) == BOTH


async def test_a_driver_that_takes_over_asks_anew(here: Yard) -> None:
    await here.deploy(here.descriptor())
    await here.units.deploy(KEY, here.order(here.descriptor(env="green")))
    await here.settle(lambda anchor: anchor.phase is Phase.CONFIRMING)
    await here.kill_driver()
    here.cluster.asked.clear()
    assert states(await here.settle()) == BOTH
    assert here.cluster.asked == [("shop", "2")]


async def test_a_rollback_asks_what_it_leads_to(here: Yard) -> None:
    await here.deploy(here.descriptor())
    await here.deploy(here.descriptor(env="green"))
    here.cluster.asked.clear()
    assert states(await here.ask(Rollback(*here.asked(), "d4"))) == {"1": "Live", "2": "Hot"}
    assert here.cluster.asked == [("shop", "1")]


async def test_what_was_found_of_one_switch_says_nothing_of_the_next(here: Yard) -> None:
    await here.deploy(here.descriptor())
    anchor = await here.deploy(here.descriptor(env="green"))
    place, findings = await here.units.places(KEY.cluster), Findings()
    findings.passages[SHOP] = Passage("1", Verdict.PASSED)
    turn = Turn(place, KEY, anchor, await Library(place.anchors, KEY).of(anchor), findings, here.clock)
    old, new = (Selector({"app": "shop", "version": version}) for version in "12")
    await switch_route(turn, SwitchRoute(SHOP, old, (new,), "1", {}, None))
    assert (here.selector["version"], findings.passages) == ("1", {})


@pytest.mark.parametrize("address", ["10.1.0.7", ""], ids=["known", "new"])
async def test_what_was_read_for_the_switch_is_not_read_again(here: Yard, address: str) -> None:
    await here.deploy(here.descriptor())
    await here.units.deploy(KEY, here.order(here.descriptor(env="green")))
    anchor = await here.settle(lambda anchor: anchor.phase is Phase.CONFIRMING)
    place, findings = await here.units.places(KEY.cluster), Findings()
    turn = Turn(place, KEY, anchor, await Library(place.anchors, KEY).of(anchor), findings, here.clock)
    pods = [one for one in here.cluster.objects if one["kind"] == "Pod"]
    here.cluster.calls.clear()
    ask_services(turn, (SHOP,), Seen(pods, address))
    await findings.asking[SHOP]
    assert findings.passages[SHOP] == Passage("2", Verdict.PASSED)
    assert [(one.verb, one.kind) for one in here.cluster.calls] == ([] if address else [("get", "Service")])
