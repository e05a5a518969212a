"""What one look carries: which phases are passed through by it, and when another is due."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from fairlead.domain.apps.descriptor import HealthCheck
from fairlead.domain.apps.probing import Answer, Probed, ProbeRequest, ProbeResult
from fairlead.domain.errors import Problem, RemoteRefused, Transient
from fairlead.domain.identity import ObjectRef
from fairlead.domain.rollout.anchor import Anchor, Version
from fairlead.domain.rollout.commands import Command, Inspect, Notify, Scaling, SetReplicas, StageRoute, SwitchRoute
from fairlead.domain.rollout.intents import Scale, VersionSpec
from fairlead.domain.rollout.phases import Phase, VersionState
from fairlead.domain.rollout.traffic import RouteElement, Selector
from fairlead.domain.unit_news import StateEntered
from fairlead.pipeline.units.sight import Sight
from fairlead.pipeline.units.stepping import Look, carried, may_lag
from fairlead.ports.traffic import Guarantee, RouteReading
from tests.fakes.played import PlayedCluster
from tests.pipeline.units.units import KEY, Yard, ended, yard

T0 = datetime(2026, 11, 21, tzinfo=UTC)
ROUTE = ObjectRef("v1", "Service", KEY.namespace, KEY.name)
OLD, NEW = Selector({"version": "1"}), Selector({"version": "2"})
ELEMENT = RouteElement(ROUTE, OLD, NEW)
SPEC = VersionSpec(version="2", digest="d", workloads={}, routes=())
SWITCH = SwitchRoute(ROUTE, NEW, (OLD,), "2", {}, T0)
PHASES = [
    Phase.PREFLIGHT,
    Phase.PREPARING,
    Phase.CREATING,
    Phase.WARMING,
    Phase.VERIFYING,
    Phase.STAGING,
    Phase.SWITCHING,
    Phase.CONFIRMING,
    Phase.SOAKING,
    Phase.IDLE,
]


def shown(*, staged: bool = True, route: Selector = OLD) -> Sight:
    """Return a look at the one route of a unit."""
    metadata = {"name": "shop-2", "labels": {"version": "2"}}
    deployment = {"kind": "Deployment", "metadata": metadata, "spec": {"replicas": 2}}
    refs = {ObjectRef("apps/v1", "Deployment", KEY.namespace, "shop-2"): deployment}
    return Sight(objects=refs, routes={ROUTE: RouteReading(route, Guarantee.ZERO_LOSS, staged=staged)})


def asked(here: Yard, verb: str, kind: str, name: str = "") -> int:
    found = [one for one in here.cluster.calls if (one.verb, one.kind) == (verb, kind)]
    return sum(not name or (one.ref is not None and one.ref.name == name) for one in found)


async def test_phases_that_are_only_passed_through_are_told_and_neither_looked_at_nor_stored() -> None:
    async with yard() as here:
        await here.deploy(here.descriptor())
        here.cluster.calls.clear()
        here.heard.clear()
        anchor = await here.deploy(here.descriptor(env="green"))
        assert ended(anchor)["i2"] == "deployed"
        told = [one.phase for one in here.heard if isinstance(one, StateEntered)]
        assert told == PHASES
        # Numbered, asked, taken over, Preflight, Creating, Warming, Switching, Confirming, Soaking, at rest, let go.
        assert asked(here, "replace", "Secret", f"fairlead.unit.v1.{KEY.name}") <= 11
        assert asked(here, "list", "Pod") <= 10


async def test_a_driver_stops_in_a_phase_that_it_would_only_pass_through() -> None:
    async with yard() as here:
        await here.deploy(here.descriptor())
        await here.units.deploy(KEY, here.order(here.descriptor(env="green")))
        anchor = await here.settle(lambda anchor: anchor.phase is Phase.VERIFYING)
        assert anchor.phase is Phase.VERIFYING


async def test_an_anchor_that_is_an_old_copy_is_taken_over_in_a_later_epoch_than_any() -> None:
    ref = ObjectRef("v1", "Secret", KEY.namespace, f"fairlead.unit.v1.{KEY.name}")
    async with yard() as here:
        await here.deploy(here.descriptor())
        copy = await here.cluster.get(ref)
        assert copy is not None
        for colour in ("green", "red"):
            last = await here.deploy(here.descriptor(env=colour))
        here.cluster.edit(ref, lambda live: live.update(data=copy["data"]))
        anchor = await here.deploy(here.descriptor(env="blue"))
        assert anchor.epoch > last.epoch


async def test_a_driver_looks_afresh_when_it_begins_and_right_before_it_switches() -> None:
    async with yard() as here:
        await here.deploy(here.descriptor())
        here.cluster.calls.clear()
        await here.deploy(here.descriptor(env="green"))
        calls = [one for one in here.cluster.calls if (one.verb, one.kind) in (("list", "Pod"), ("patch", "Service"))]
        switch = [one.verb for one in calls].index("patch")
        before = [one.fresh for one in calls[:switch]]
        assert (before[0], before[-1]) == (True, True)
        assert not all(before)


async def test_a_driver_that_was_contradicted_looks_afresh() -> None:
    async with yard() as here:
        await here.deploy(here.descriptor())
        here.cluster.calls.clear()
        moved = RemoteRefused(Problem("conflict", "it moved"), status=409)
        here.cluster.fail(moved, verb="patch", kind="Service", name="shop")
        await here.deploy(here.descriptor(env="green"))
        calls = [one for one in here.cluster.calls if (one.verb, one.kind) in (("list", "Pod"), ("patch", "Service"))]
        refused = [one.verb for one in calls].index("patch")
        assert calls[refused + 1].fresh
        assert here.selector["version"] == "2"


async def test_a_version_is_created_once() -> None:
    async with yard() as here:
        await here.deploy(here.descriptor())
        assert asked(here, "apply", "Deployment", "shop-1") == 2  # tried by Preflight, and made


async def test_what_a_driver_let_go_of_is_not_touched_again() -> None:
    async with yard() as here:
        await here.deploy(here.descriptor())
        here.cluster.calls.clear()
        anchor = await here.deploy(here.descriptor(env="green"))
        assert asked(here, "patch", "Deployment", "shop-1") == 0
        live = here.live("Deployment", "shop-1")
        assert live is not None
        assert int(live["metadata"]["annotations"]["fairlead.dev/epoch"]) < anchor.epoch


async def test_what_a_takeover_found_is_judged_before_anybody_looks_again() -> None:
    async with yard() as here:
        await here.deploy(here.descriptor())
        await here.units.submit(KEY, Scale(*here.asked(), 3))
        here.cluster.calls.clear()
        await here.settle()
        calls = [(one.verb, one.kind) for one in here.cluster.calls]
        assert calls[: calls.index(("patch", "Deployment"))].count(("list", "Pod")) == 1


@pytest.mark.parametrize("lost", [True, False], ids=["lost", "known"])
async def test_after_a_write_whose_end_nobody_knew_everything_is_touched(lost: bool) -> None:
    async with yard() as here:
        await here.deploy(here.descriptor())
        if lost:
            silent = Transient(Problem("clusterUnreachable", "no answer"))
            here.cluster.fail(silent, verb="patch", kind="Service", name="shop")
        await here.deploy(here.descriptor(env="green"))
        here.cluster.calls.clear()
        await here.ask(Scale(*here.asked(), 2))
        assert asked(here, "patch", "Service", "shop") == int(lost)


@dataclass(slots=True)
class Hesitating(PlayedCluster):
    """Pods that are ready before they say that they are healthy."""

    refusals: int = 4

    async def ask(self, _whom: Probed, _request: ProbeRequest) -> ProbeResult:
        self.refusals -= 1
        return Answer(200, b'{"healthy": false}') if self.refusals >= 0 else self.health


async def test_health_that_no_watch_shows_is_asked_for_again_soon() -> None:
    async with yard(Hesitating()) as here:
        began = here.clock.now()
        await here.deploy(here.descriptor(replicas=1, health=HealthCheck(enabled=True)))
        assert (here.clock.now() - began).total_seconds() < 2


async def test_pods_that_have_to_stay_ready_are_looked_at_when_they_have() -> None:
    async with yard() as here:
        began = here.clock.now()
        await here.deploy(here.descriptor(rules={"min_ready": 5.1}))
        assert 5.1 <= (here.clock.now() - began).total_seconds() < 5.4


@pytest.mark.parametrize(
    ("command", "staged", "lasts"),
    [
        pytest.param(Notify("awaiting", ""), True, True, id="told"),
        pytest.param(Inspect(SPEC), True, True, id="inspected"),
        pytest.param(StageRoute(ELEMENT, "2"), True, True, id="staged before"),
        pytest.param(StageRoute(ELEMENT, "2"), False, False, id="staged now"),
        pytest.param(StageRoute(replace(ELEMENT, before=None), "2"), False, True, id="made by the switch"),
        pytest.param(SWITCH, True, False, id="switched"),
        pytest.param(SetReplicas("2", {"shop": 2}, Scaling.UP, None), True, True, id="runs that many"),
        pytest.param(SetReplicas("2", {"shop": 3}, Scaling.UP, None), True, False, id="runs fewer"),
        pytest.param(SetReplicas("2", {"shop": 2, "worker": 1}, Scaling.UP, None), True, False, id="one is missing"),
        pytest.param(SetReplicas("1", {"shop": 0}, Scaling.UP, None), True, False, id="of another version"),
        pytest.param(SetReplicas("2", {"shop": 2}, Scaling.DOWN, None), True, False, id="runs fewer then"),
    ],
)
def test_a_look_lasts_as_long_as_nothing_is_changed(command: Command, staged: bool, lasts: bool) -> None:
    anchor = Anchor(phase=Phase.STAGING, elements=(ELEMENT,))
    assert Look(anchor, shown(staged=staged)).lasts(anchor, [command]) is lasts


@pytest.mark.parametrize(
    ("phase", "route", "lasts"),
    [
        pytest.param(Phase.PREPARING, OLD, True, id="only written down"),
        pytest.param(Phase.PREPARING, NEW, False, id="not as it was written down"),
        pytest.param(Phase.STAGING, OLD, False, id="to be staged"),
        pytest.param(Phase.CREATING, OLD, False, id="to be created"),
    ],
)
def test_another_switch_needs_another_look(phase: Phase, route: Selector, lasts: bool) -> None:
    look = Look(Anchor(), shown(route=route))
    assert look.lasts(Anchor(phase=phase, elements=(ELEMENT,)), ()) is lasts


@pytest.mark.parametrize("phase", Phase)
def test_what_is_taken_away_or_led_back_is_looked_at_afresh(phase: Phase) -> None:
    back = {Phase.ADOPTING, Phase.SOAKING, Phase.REVERTING, Phase.ABORTING, Phase.BLOCKED, Phase.UNDEPLOYING}
    assert may_lag(Anchor(phase=phase)) is (phase not in back)
    going = Version(spec=SPEC, state=VersionState.REMOVING, since=T0, deployment="d1", by="ann", replicas={})
    assert not may_lag(Anchor(phase=phase, versions=(going,)))


def test_nothing_is_called_deployed_by_the_look_that_confirmed_it() -> None:
    confirming = Anchor(phase=Phase.CONFIRMING, elements=(ELEMENT,))
    assert not Look(confirming, shown()).lasts(replace(confirming, phase=Phase.SOAKING), ())


def test_a_cluster_that_does_not_answer_shows_nothing() -> None:
    assert not Look(Anchor(), None).lasts(Anchor(), ())


def test_no_event_carries_an_anchor_nowhere() -> None:
    anchor = Anchor()
    assert carried(anchor, (), Look(anchor, shown()), lambda _: ()) == ([anchor], ())
