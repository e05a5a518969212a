"""What time brings to each version: what it needs before it is made smaller, and which one makes room for another."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fairlead.domain.rollout.anchor import Anchor, Candidate, Version
from fairlead.domain.rollout.intents import Deploy, Policy, Rollback
from fairlead.domain.rollout.judging_phases import judge_phase
from fairlead.domain.rollout.judging_versions import judge_versions
from fairlead.domain.rollout.observation import Observation, RouteSeen, VersionSeen, WorkloadSeen
from fairlead.domain.rollout.phases import Kind, Phase, UnitOutcome, VersionKind, VersionState
from fairlead.domain.rollout.readiness import has_floor
from fairlead.domain.rollout.traffic import RouteElement
from fairlead.domain.rollout.unit_events import Fact
from fairlead.domain.rollout.unit_machine import step
from tests.domain.rollout.units import SHOP, T0, after, selector, spec_of
from tests.domain.rollout.walks import deployed, unit_in
from tests.domain.rollout.world import submitted_to

EMPTY = VersionSeen(workloads={"shop": WorkloadSeen(replicas=0, ready=0)}, drained=True, evidence=True)


def version(name: str, state: VersionState, *, since: float = 0.0, policy: Policy | None = None) -> Version:
    """Return a version of two pods whose time is far from over."""
    return Version(
        spec=spec_of(name, policy),
        state=state,
        since=after(since),
        deployment=f"d{name}",
        by="ann",
        replicas={"shop": 0 if state in (VersionState.WARM, VersionState.FAILED) else 2},
        deadline=after(10_000),
        until=after(10_000),
        was_live=state is not VersionState.FAILED,
        evidence=True,
    )


def crowded(*others: Version) -> Anchor:
    """Return a unit whose candidate has no room yet."""
    spec = spec_of("9")
    candidate = Candidate(spec=spec, intent="i", deployment="d", by="ann", previous=others[-1].name)
    wanted = replace(version("9", VersionState.ABSENT), deadline=None)
    switch = (RouteElement(SHOP, selector(others[-1].name), selector("9")),)
    return Anchor(phase=Phase.CREATING, candidate=candidate, versions=(*others, wanted), elements=switch)


def who_goes(anchor: Anchor, seconds: float) -> list[tuple[str, VersionKind]]:
    live = anchor.live
    assert live is not None
    whole = VersionSeen(workloads={"shop": WorkloadSeen(replicas=2, ready=2)}, drained=True)
    states = {one.name: one.state for one in anchor.versions}
    large = (VersionState.LIVE, VersionState.HOT)
    seen = {name: whole if state in large else EMPTY for name, state in states.items()}
    routes = (RouteSeen(ref=SHOP, route=selector(live.name)),)
    found = judge_versions(anchor, Observation(versions=seen, routes=routes), after(seconds))
    return [(one.version, one.kind) for one in found]


def test_what_failed_makes_room_before_what_is_warm_and_that_before_what_is_hot() -> None:
    failed, warm = version("1", VersionState.FAILED, since=9), version("2", VersionState.WARM, since=1)
    hot, live = version("3", VersionState.HOT), version("4", VersionState.LIVE)
    assert who_goes(crowded(hot, warm, failed, live), 60) == [("1", VersionKind.EXPIRED)]
    assert who_goes(crowded(hot, warm, version("5", VersionState.WARM, since=2), live), 60) == [
        ("2", VersionKind.EXPIRED)
    ]
    assert who_goes(crowded(hot, warm, live), 60) == [("2", VersionKind.EXPIRED)]


@pytest.mark.parametrize(("policy", "seconds"), [(Policy(), 30), (Policy(headless=True), 60)])
def test_of_two_that_are_hot_the_older_one_goes_when_its_clients_had_their_time(policy: Policy, seconds: int) -> None:
    old = version("1", VersionState.HOT, policy=policy)
    anchor = crowded(old, version("2", VersionState.HOT, since=5), version("3", VersionState.LIVE))
    assert who_goes(anchor, seconds - 1) == []
    assert who_goes(anchor, seconds) == [("1", VersionKind.COOLED)]


@pytest.mark.parametrize("state", [VersionState.HOT, VersionState.WARM, VersionState.FAILED])
def test_no_time_makes_a_version_smaller_that_a_route_leads_to(state: VersionState) -> None:
    live = version("2", VersionState.LIVE)
    anchor = Anchor(versions=(replace(version("1", state), deadline=T0, until=after(99_999)), live))
    routes = (RouteSeen(ref=SHOP, route=selector("1")),)
    seen = Observation(versions={"1": EMPTY}, routes=routes)
    assert VersionKind.COOLED not in {one.kind for one in judge_versions(anchor, seen, after(20_000))}
    assert VersionKind.EXPIRED not in {one.kind for one in judge_versions(anchor, seen, after(20_000))}


def test_a_side_that_an_autoscaler_would_shrink_is_not_done() -> None:
    unit = deployed("1", "2")
    seen = unit.world.observe(unit.anchor)
    scaled = replace(seen, versions={**seen.versions, "1": replace(seen.versions["1"], autoscalers=True)})
    assert [one.kind for one in judge_versions(unit.anchor, scaled, unit.world.now)] == [VersionKind.RETRY]


def test_a_hot_side_keeps_the_size_that_it_had_and_its_clients_their_time() -> None:
    unit = deployed()
    slow = Policy(hot_for=60.0, drain_timeout=900.0)
    submitted_to(unit, Deploy("i1", "ann", T0, "d1", spec_of("1", slow)))
    unit.settle()
    unit.world.pods["1"].replicas = 5
    unit.world.grow()
    submitted_to(unit, Deploy("i2", "ann", unit.world.now, "d2", spec_of("2")))
    unit.settle()
    old = unit.anchor.version("1")
    assert old is not None
    assert (old.state, old.replicas) == (VersionState.HOT, {"shop": 5})
    assert (old.deadline, old.until) == (old.since + timedelta(seconds=60), old.since + timedelta(seconds=900))


@pytest.mark.parametrize("to", ["0", ""], ids=["named", "the-last"])
def test_what_never_had_traffic_cannot_be_gone_back_to(to: str) -> None:
    unit = deployed("1")
    unit.anchor = replace(
        unit.anchor,
        versions=(*unit.anchor.versions, replace(version("0", VersionState.ABSENT), was_live=False)),
    )
    submitted_to(unit, Rollback("r", "ann", unit.world.now, "dr", to))
    unit.settle()
    assert unit.recorded[-1] == ("dr", UnitOutcome.REFUSED)


def test_traffic_goes_back_only_to_a_side_that_has_its_pods() -> None:
    unit = unit_in(Phase.REVERTING)
    short = {**unit.world.observe(unit.anchor).versions, "1": EMPTY}
    seen = replace(unit.world.observe(unit.anchor), versions=short, routes=(RouteSeen(ref=SHOP, route=selector("2")),))
    assert [one.kind for one in judge_phase(unit.anchor, seen, unit.world.now)] == [Kind.RETRY]


def test_a_floor_that_is_raised_has_to_be_held_anew() -> None:
    unit = unit_in(Phase.WARMING)
    assert unit.anchor.candidate is not None
    held = replace(unit.anchor, candidate=replace(unit.anchor.candidate, floor_since=T0))
    raised = step(held, Fact(Kind.FLOOR_RAISED, unit.world.now, replicas={"shop": 5})).anchor
    assert raised.candidate is not None
    assert raised.candidate.floor_since is None


def test_of_a_live_side_that_scales_itself_every_pod_has_to_be_ready() -> None:
    live = Version(
        spec=spec_of("1", autoscaled=True),
        state=VersionState.LIVE,
        since=T0,
        deployment="d",
        by="ann",
        replicas={"shop": 2},
    )
    for ready in (7, 8):
        seen = VersionSeen(workloads={"shop": WorkloadSeen(replicas=8, ready=ready)})
        assert has_floor(live, seen) is (ready == 8)
