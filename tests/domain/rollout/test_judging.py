"""What an observation means: nothing is taken for granted that was not read, and nothing is done before its time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.commands import ApplyInPlace, CreateVersion, SetReplicas, SwitchRoute
from fairlead.domain.rollout.guards import promoted_at
from fairlead.domain.rollout.intents import Deploy, Pause, Policy, Promote, Resume, Rollback, Scale, Undeploy, Unfreeze
from fairlead.domain.rollout.judging import concerned, judge, next_intent
from fairlead.domain.rollout.observation import Difference, Observation, PreflightSeen, Verdict, WorkloadSeen
from fairlead.domain.rollout.phases import Kind, Phase, UnitOutcome, VersionKind, VersionState
from fairlead.domain.rollout.unit_events import Asked, Fact, Start, UnitEvent, VersionFact
from fairlead.domain.rollout.unit_machine import step
from tests.domain.rollout.chaos import adoptable
from tests.domain.rollout.units import SHOP, T0, selector, spec_of
from tests.domain.rollout.walks import deployed, unit_in, way
from tests.domain.rollout.world import Unit, submitted_to


def _kinds(unit: Unit, observation: Observation | None = None) -> list[str]:
    seen = observation or unit.world.observe(unit.anchor)
    return [str(event.kind) for event in judge(unit.anchor, seen, unit.world.now)]


def _seen(unit: Unit, version: str, **changes: Any) -> Observation:
    """Return what is there, but a version otherwise."""
    seen = unit.world.observe(unit.anchor)
    return replace(seen, versions={**seen.versions, version: replace(seen.versions[version], **changes)})


def _without(unit: Unit, *versions: str) -> Observation:
    seen = unit.world.observe(unit.anchor)
    return replace(seen, versions={name: one for name, one in seen.versions.items() if name not in versions})


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase not in (Phase.IDLE, Phase.BLOCKED)])
def test_a_cluster_that_does_not_answer_stops_every_timer(phase: Phase) -> None:
    unit = unit_in(phase)
    deadline = unit.anchor.deadline
    unit.world.reachable = False
    unit.turn()
    assert _kinds(unit) == []
    unit.world.now += timedelta(days=2)
    unit.world.reachable = True
    unit.turn()
    assert unit.phase == phase
    assert unit.anchor.unreachable is None
    assert unit.anchor.deadline == (None if deadline is None else deadline + timedelta(days=2))
    assert [one.deadline for one in unit.anchor.versions if one.name == "0"] != [T0 + timedelta(seconds=600)] or (
        phase is Phase.ADOPTING
    )


def test_a_driver_that_was_away_says_since_when() -> None:
    unit = deployed("1", "2")
    seen = replace(unit.world.observe(unit.anchor), unreachable_since=unit.world.now - timedelta(hours=3))
    hot = unit.anchor.version("1")
    assert hot is not None
    assert hot.deadline is not None
    unit.tell(judge(unit.anchor, seen, unit.world.now)[0])
    shifted = unit.anchor.version("1")
    assert shifted is not None
    assert shifted.deadline == hot.deadline + timedelta(hours=3)


def test_while_paused_deployments_wait_and_going_back_does_not() -> None:
    unit = deployed("1", "2")
    deploy, rollback = Deploy("i", "ann", T0, "d", spec_of("3")), Rollback("r", "ann", T0, "dr")
    waiting = replace(unit.anchor, waiting=(deploy, rollback))
    assert next_intent(waiting) is deploy
    assert next_intent(replace(waiting, paused=T0)) is rollback
    assert next_intent(replace(waiting, phase=Phase.SOAKING)) is None
    submitted_to(unit, Pause("p", "ann", T0), deploy)
    unit.settle()
    assert unit.phase == "Idle"
    assert unit.state_of("3") is None
    submitted_to(unit, rollback)
    unit.settle()
    assert unit.state_of("1") is VersionState.LIVE
    submitted_to(unit, Resume("re", "ann", T0))
    unit.settle()
    assert not unit.anchor.waiting


def test_a_unit_is_driven_for_what_goes_on_and_not_for_what_waits() -> None:
    waits = Deploy("w", "ann", T0, "later", spec_of("9"))
    leaves = Undeploy("u", "ann", T0, "leaving")
    live = deployed("1").anchor
    going = replace(unit_in(Phase.WARMING).anchor, queue=(waits,))
    assert going.candidate is not None
    assert live.live is not None
    assert concerned(going) == going.candidate.deployment
    assert concerned(replace(live, undeploy=leaves, queue=(waits,))) == "leaving"
    assert concerned(replace(live, waiting=(waits,))) == "later"
    assert concerned(replace(live, waiting=(waits,), paused=T0)) == live.live.deployment
    failed = tuple(replace(one, state=VersionState.FAILED) for one in live.versions)
    assert concerned(replace(live, versions=failed, waiting=(waits,), paused=T0)) == failed[-1].deployment
    assert concerned(Anchor(queue=(Pause("p", "ann", T0), waits))) == "later"
    assert concerned(Anchor()) == ""


def test_the_candidate_needs_what_the_live_side_runs_or_its_autoscaler_wants() -> None:
    unit = unit_in(Phase.WARMING)
    unit.world.pods["1"].replicas = unit.world.pods["1"].ready = 5
    unit.world.pods["2"].ready = 2
    assert _kinds(unit) == ["floorRaised"]
    unit.world.pods["1"].autoscaled, unit.world.pods["1"].wish = True, 8
    unit.turn()
    assert unit.world.pods["2"].replicas == 8
    assert unit.phase == "Warming"
    unit.world.pods["1"].replicas = unit.world.pods["1"].ready = 8
    unit.world.pods["2"].ready = 8
    unit.turn()
    assert unit.phase == "Verifying"


def test_without_a_reading_of_the_live_side_the_candidate_waits() -> None:
    for phase in (Phase.WARMING, Phase.STAGING):
        unit = unit_in(phase)
        unit.world.grow()
        assert _kinds(unit, _without(unit, "1")) == []
    unit = unit_in(Phase.CONFIRMING)
    assert _kinds(unit, _without(unit, "1")) == ["retry"]


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoints_match": False},
        {"health": Verdict.UNKNOWN},
        {"workloads": {}},
        {"workloads": {"shop": WorkloadSeen(replicas=2, ready=1)}},
        {"workloads": {"shop": WorkloadSeen(replicas=2, ready=2, observed=False)}},
    ],
    ids=["endpoints", "health", "unread", "one-pod", "not-observed"],
)
def test_a_candidate_is_warm_only_if_everything_says_so(changes: Mapping[str, Any]) -> None:
    unit = unit_in(Phase.WARMING)
    unit.world.grow()
    assert unit.anchor.candidate is not None
    spec = replace(unit.anchor.candidate.spec, policy=Policy(health=True))
    versions = tuple(replace(one, spec=spec) if one.name == "2" else one for one in unit.anchor.versions)
    unit.anchor = replace(unit.anchor, candidate=replace(unit.anchor.candidate, spec=spec), versions=versions)
    assert "warmed" in _kinds(unit)
    assert "warmed" not in _kinds(unit, _seen(unit, "2", **changes))


def test_min_ready_counts_from_when_the_pods_were_all_there() -> None:
    unit = deployed("1")
    submitted_to(unit, Deploy("i", "ann", T0, "d", spec_of("2", Policy(min_ready=10.0))))
    for _ in range(12):
        unit.world.grow()
        unit.turn()
    assert unit.phase == "Warming"
    unit.world.pods["2"].ready = 1
    unit.turn()
    unit.world.now += timedelta(seconds=11)
    unit.world.grow()
    unit.turn()
    assert unit.phase == "Warming"
    unit.world.now += timedelta(seconds=10)
    unit.turn()
    assert unit.phase == "Verifying"


def test_a_preview_is_small_until_it_is_promoted() -> None:
    unit = deployed("1")
    unit.world.pods["1"].replicas = unit.world.pods["1"].ready = 4
    policy = Policy(automatic=False, preview_replicas=1)
    submitted_to(unit, Deploy("i", "ann", T0, "d", spec_of("2", policy)))
    unit.settle()
    assert (unit.phase, unit.world.pods["2"].replicas) == ("Awaiting", 1)
    submitted_to(unit, Promote("p", "ann", T0))
    unit.settle()
    sizes = [one.replicas["shop"] for one in unit.told if isinstance(one, SetReplicas) and one.version == "2"]
    assert (unit.phase, max(sizes), unit.world.pods["2"].replicas) == ("Idle", 4, 2)


def test_a_promotion_whose_growth_was_lost_grows_all_the_same() -> None:
    unit = deployed("1")
    submitted_to(unit, Deploy("i", "ann", T0, "d", spec_of("2", Policy(automatic=False, preview_replicas=1))))
    unit.settle()
    unit.anchor = step(unit.anchor, Asked(unit.world.now, Promote("p", "ann", T0))).anchor
    assert (unit.phase, unit.world.pods["2"].replicas) == ("Staging", 1)
    unit.settle()
    assert (unit.phase, unit.world.pods["2"].replicas) == ("Idle", 2)


def test_a_number_of_pods_that_somebody_asked_for_is_asked_for_again_for_a_while() -> None:
    unit = deployed("1")
    unit.anchor = step(unit.anchor, Asked(unit.world.now, Scale("s", "ann", T0, 1))).anchor
    assert (unit.world.pods["1"].replicas, _kinds(unit)) == (2, ["retry"])
    unit.settle()
    assert (unit.world.pods["1"].replicas, _kinds(unit)) == (1, [])
    unit.world.pods["1"].replicas = unit.world.pods["1"].ready = 5
    unit.world.now += timedelta(hours=1)
    assert _kinds(unit) == []


@pytest.mark.parametrize(
    ("policy", "degraded", "force", "digest", "phase"),
    [
        (Policy(automatic=False), False, False, "sha256:2", "Staging"),
        (Policy(automatic=False), False, False, "sha256:9", "Awaiting"),
        (Policy(automatic=False), True, True, "sha256:9", "Awaiting"),
    ],
)
def test_a_promotion_is_for_one_digest(policy: Policy, degraded: bool, force: bool, digest: str, phase: str) -> None:
    unit = unit_in(Phase.AWAITING)
    unit.anchor = replace(unit.anchor, degraded=T0 if degraded else None)
    submitted_to(unit, Promote("p", "ann", T0, digest, force=force))
    unit.turn()
    assert unit.phase == phase


@pytest.mark.parametrize("phase", [Phase.VERIFYING, Phase.AWAITING])
def test_force_passes_over_gates_and_freezes_only_while_live_is_not_well(phase: Phase) -> None:
    for degraded, after in ((None, phase), (T0, "Staging")):
        unit = unit_in(phase)
        unit.anchor = replace(unit.anchor, degraded=degraded, frozen=T0)
        unit.tell(Asked(unit.world.now, Promote("p", "ann", T0, force=True)))
        assert unit.phase == after


def test_a_freeze_keeps_a_rollout_from_beginning_and_gives_its_time_back() -> None:
    unit = unit_in(Phase.PREFLIGHT)
    unit.anchor = replace(unit.anchor, frozen=unit.world.now)
    unit.world.now += timedelta(hours=1)
    assert _kinds(unit) == ["cooled"]
    assert step(unit.anchor, Fact(Kind.FINE, unit.world.now)).anchor == unit.anchor
    submitted_to(unit, Unfreeze("u", "ann", T0))
    unit.turn()
    unit.turn()
    assert unit.phase == "Preparing"
    staging = unit_in(Phase.STAGING)
    staging.world.grow()
    staging.anchor = replace(staging.anchor, paused=staging.world.now)
    assert _kinds(staging) == []
    assert step(staging.anchor, Fact(Kind.STAGED, T0)).anchor.phase is Phase.STAGING


def test_a_timer_promotes_what_has_passed_its_gates() -> None:
    unit = deployed("1")
    submitted_to(unit, Deploy("i", "ann", T0, "d", spec_of("2", Policy(automatic=False, auto_promote_after=30.0))))
    unit.settle()
    assert unit.phase == "Awaiting"
    assert promoted_at(unit.anchor) == (unit.anchor.since or T0) + timedelta(seconds=30)
    unit.world.now += timedelta(seconds=30)
    held = replace(unit.anchor, frozen=T0)
    assert promoted_at(held) is None
    assert step(held, Fact(Kind.TIMER, unit.world.now)).anchor.phase is Phase.AWAITING
    unit.settle()
    assert (unit.state_of("2"), promoted_at(unit.anchor)) == (VersionState.LIVE, None)
    unit = deployed("1")
    unit.world.gates = Verdict.INCONCLUSIVE
    submitted_to(unit, Deploy("i", "ann", T0, "d", spec_of("2", Policy(verify=True))))
    unit.settle()
    assert (unit.phase, _kinds(unit)) == ("Awaiting", [])


def test_an_automatic_candidate_that_cannot_be_staged_is_given_up() -> None:
    unit = deployed("1")
    unit.world.staged = False
    submitted_to(unit, Deploy("i", "ann", T0, "d", spec_of("2")))
    for _ in range(200):
        unit.world.grow()
        unit.world.now += timedelta(seconds=1)
        unit.turn()
    assert unit.recorded[-1] == ("d", UnitOutcome.FAILED)
    assert unit.anchor.hold is not None
    submitted_to(unit, Deploy("i2", "ann", T0, "d2", replace(spec_of("3"), digest="sha256:2")))
    unit.settle()
    assert unit.recorded[-1] == ("d2", UnitOutcome.REFUSED)
    unit.world.staged = True
    again = Deploy("i3", "ann", T0, "d3", replace(spec_of("3"), digest="sha256:2"), release_hold=True)
    submitted_to(unit, again)
    unit.settle()
    assert unit.recorded[-1] == ("d3", UnitOutcome.DEPLOYED)
    assert unit.anchor.hold is None


@pytest.mark.parametrize(
    ("difference", "outcome"),
    [
        (Difference.NONE, UnitOutcome.UNCHANGED),
        (Difference.IN_PLACE, UnitOutcome.IN_PLACE),
        (Difference.REFUSED, UnitOutcome.FAILED),
    ],
)
def test_preflight_may_end_it(difference: Difference, outcome: UnitOutcome) -> None:
    unit = deployed("1")
    unit.world.difference = difference
    spec = replace(spec_of("2"), workloads={"shop": 4}, hosts=("shop.example.org",))
    submitted_to(unit, Deploy("i", "ann", T0, "d", spec))
    unit.settle()
    live = unit.anchor.live
    assert live is not None
    assert (unit.phase, unit.recorded[-1], unit.state_of("2")) == ("Idle", ("d", outcome), None)
    assert live.replicas == ({"shop": 2} if outcome is UnitOutcome.FAILED else {"shop": 4})
    assert live.spec.routes == spec_of("1").routes
    assert any(isinstance(one, ApplyInPlace) for one in unit.told) is (outcome is UnitOutcome.IN_PLACE)


def test_preflight_waits_for_what_is_not_read_and_for_hosts() -> None:
    unit = unit_in(Phase.PREFLIGHT)
    seen = unit.world.observe(unit.anchor)
    for preflight in (PreflightSeen(), PreflightSeen(difference=Difference.NEW_VERSION)):
        assert _kinds(unit, replace(seen, preflight=preflight)) == ["retry"]


def test_a_version_that_is_live_cannot_be_deployed_as_a_new_one() -> None:
    unit = deployed("1")
    submitted_to(unit, Deploy("i", "ann", T0, "d", spec_of("1")))
    unit.settle()
    assert unit.recorded[-1] == ("d", UnitOutcome.FAILED)
    assert unit.state_of("1") is VersionState.LIVE
    submitted_to(unit, Deploy("i2", "ann", T0, "d2", spec_of("2")))
    unit.settle()
    submitted_to(unit, Deploy("i3", "ann", T0, "d3", spec_of("1")))
    unit.settle()
    assert unit.recorded[-1] == ("d3", UnitOutcome.REFUSED)


def _aged(unit: Unit, seconds: float) -> Unit:
    unit.world.now += timedelta(seconds=seconds)
    return unit


def test_a_hot_version_cools_when_it_is_drained_or_its_drain_is_over() -> None:
    unit = deployed("1")
    submitted_to(unit, Deploy("i", "ann", T0, "d", spec_of("2")))
    unit.settle()
    old = unit.anchor.version("1")
    assert old is not None
    unit.anchor = replace(
        unit.anchor,
        versions=tuple(
            replace(one, until=unit.world.now + timedelta(hours=1)) if one.name == "1" else one
            for one in unit.anchor.versions
        ),
    )
    unit.world.drained = False
    assert _kinds(_aged(unit, 700)) == []
    unit.world.drained = True
    assert _kinds(unit) == ["cooled"]
    unit.world.drained = False
    assert _kinds(_aged(unit, 3600)) == ["cooled"]


def test_what_is_not_done_in_time_is_told_and_tried_on() -> None:
    unit = deployed("1", "2")
    unit.world.now += timedelta(seconds=601)
    unit.settle()
    unit.world.pods["1"].replicas = 3
    assert _kinds(unit) == ["retry"]
    assert _kinds(_aged(unit, 301)) == ["overdue"]
    unit.turn()
    assert unit.world.pods["1"].replicas == 0


def test_a_version_that_was_not_read_is_left_alone() -> None:
    unit = deployed("1", "2")
    unit.world.now += timedelta(days=9)
    assert _kinds(unit, _without(unit, "1")) == []
    seen = unit.world.observe(unit.anchor)
    assert "cooled" not in _kinds(unit, replace(seen, routes=()))


def test_room_for_a_new_version_is_made_by_what_is_needed_least() -> None:
    unit = deployed("1", "2", "3")
    assert [unit.state_of(name) for name in "123"] == [VersionState.HOT, VersionState.HOT, VersionState.LIVE]
    submitted_to(unit, Deploy("i4", "ann", unit.world.now, "d4", spec_of("4")))
    for _ in range(5):
        unit.turn()
    assert (unit.phase, unit.state_of("4")) == ("Creating", VersionState.ABSENT)
    assert _kinds(unit) == []
    unit.world.now += timedelta(seconds=31)
    unit.settle()
    assert [unit.state_of(name) for name in "1234"] == [
        VersionState.ABSENT,
        VersionState.HOT,
        VersionState.HOT,
        VersionState.LIVE,
    ]
    assert sum(isinstance(one, CreateVersion) and one.version == "4" for one in unit.told) >= 1


def test_a_version_that_is_gone_can_be_rolled_back_to_and_one_that_never_was_cannot() -> None:
    unit = deployed("1", "2", "3")
    unit.world.now += timedelta(days=3)
    unit.settle(50)
    unit.world.now += timedelta(days=3)
    unit.settle(50)
    assert unit.state_of("1") is VersionState.ABSENT
    before = len(unit.trail)
    submitted_to(unit, Rollback("r", "ann", unit.world.now, "dr", "1"))
    unit.settle()
    assert way(unit, before)[0] == "Creating"
    assert unit.state_of("1") is VersionState.LIVE
    for to, outcome in (("1", UnitOutcome.NOTHING), ("77", UnitOutcome.REFUSED)):
        submitted_to(unit, Rollback(f"r{to}", "ann", unit.world.now, f"d{to}", to))
        unit.settle()
        assert unit.recorded[-1] == (f"d{to}", outcome)


def test_a_warm_version_is_scaled_up_first() -> None:
    unit = deployed("1", "2")
    unit.world.now += timedelta(seconds=700)
    unit.settle()
    before = len(unit.trail)
    submitted_to(unit, Rollback("r", "ann", unit.world.now, "dr"))
    unit.turn()
    unit.world.pods["1"].replicas = 1
    unit.settle()
    assert way(unit, before)[:2] == ("Warming", "Verifying")
    assert unit.state_of("1") is VersionState.LIVE


def test_a_live_version_that_is_not_well_is_told_once_and_its_recovery_too() -> None:
    unit = deployed("1")
    unit.world.pods["1"].ready = 0
    assert _kinds(unit) == ["liveDegraded"]
    unit.turn()
    assert _kinds(unit) == []
    assert step(unit.anchor, Fact(Kind.LIVE_DEGRADED, T0)).commands == ()
    unit.world.grow()
    assert _kinds(unit) == ["liveRecovered"]
    assert _kinds(unit, _seen(unit, "1", cannot_recover="evicted")) == []
    assert _kinds(unit, _without(unit, "1")) == []
    live = unit.anchor.live
    assert live is not None
    checked = replace(live, spec=replace(live.spec, policy=Policy(health=True)))
    unit.anchor = replace(unit.anchor, versions=(checked,), degraded=None)
    assert _kinds(unit, _seen(unit, "1", health=Verdict.FAILED)) == ["liveDegraded"]


def test_an_autoscaler_says_what_its_side_needs_to_take_traffic_back() -> None:
    unit = deployed()
    submitted_to(unit, Deploy("i1", "ann", T0, "d1", spec_of("1", autoscaled=True)))
    unit.settle()
    pods = unit.world.pods["1"]
    assert pods.autoscaled
    pods.autoscaled = False
    assert _kinds(unit) == ["retry"]
    assert _kinds(_aged(unit, 4000)) == ["retry"]
    unit.turn()
    pods.wish = 1
    submitted_to(unit, Deploy("i2", "ann", T0, "d2", spec_of("2", autoscaled=True)))
    while unit.phase != "Switching":
        unit.world.grow()
        unit.turn()
    unit.world.answers = False
    for _ in range(200):
        unit.world.grow()
        unit.world.now += timedelta(seconds=1)
        unit.turn()
    assert (unit.state_of("1"), unit.world.routes[SHOP]) == (VersionState.LIVE, selector("1"))
    back = [one for one in unit.told if isinstance(one, SwitchRoute) and one.version == "1"]
    assert back[-1].floor == {"shop": 1}


@pytest.mark.parametrize(
    ("scale", "replicas"),
    [
        (Scale("s", "ann", T0, 5), 5),
        (Scale("s", "ann", T0, 1, "shop"), 1),
        (Scale("s", "ann", T0, 0), 2),
        (Scale("s", "ann", T0, 5, "other"), 2),
    ],
)
def test_scaling_the_live_version(scale: Scale, replicas: int) -> None:
    unit = deployed("1")
    submitted_to(unit, scale)
    unit.settle()
    assert unit.world.pods["1"].replicas == replicas
    wanted = UnitOutcome.DONE if replicas != 2 else UnitOutcome.REFUSED
    assert unit.anchor.ended[-1].outcome is wanted


def test_while_traffic_moves_more_pods_come_at_once_and_fewer_later() -> None:
    for count, at_once in ((6, 6), (1, 2)):
        unit = unit_in(Phase.SWITCHING)
        submitted_to(unit, Scale("s", "ann", T0, count))
        unit.turn()
        assert unit.world.pods["1"].replicas == at_once
        unit.settle()
        live = unit.anchor.live
        assert live is not None
        assert unit.world.pods[live.name].replicas == count
    early = unit_in(Phase.PREFLIGHT)
    submitted_to(early, Scale("s", "ann", T0, 4))
    early.settle()
    assert early.world.pods["2"].replicas == 4


@pytest.mark.parametrize("labelled", [True, False])
def test_adopting_waits_for_every_pod_and_undoes_what_takes_too_long(labelled: bool) -> None:
    unit = adoptable()
    unit.start()
    submitted_to(unit, Deploy("i", "ann", T0, "d", spec_of("1")))
    unit.turn()
    assert unit.phase == "Adopting"
    assert _kinds(unit, replace(unit.world.observe(unit.anchor), adoption=None)) == ["retry"]
    unit.world.pods["plain"].ready = 2
    assert _kinds(unit) == []
    unit.world.now += timedelta(seconds=0 if labelled else 700)
    if labelled:
        unit.settle()
        assert unit.state_of("1") is VersionState.LIVE
        assert unit.state_of("plain") is VersionState.HOT
        return
    unit.turn()
    unit.turn()
    assert unit.phase == "Idle"
    assert unit.recorded[-1] == ("d", UnitOutcome.FAILED)
    assert unit.anchor.versions == ()


def test_adopting_that_cannot_be_undone_at_once_is_undone_by_and_by() -> None:
    unit = unit_in(Phase.ADOPTING)
    unit.turn()
    assert _kinds(unit) == ["pinned"]
    unit.tell(Fact(Kind.DEADLINE, unit.world.now))
    assert _kinds(unit) == ["retry"]
    unit.turn()
    unit.turn()
    assert unit.phase == "Idle"


def test_a_switch_that_nobody_answers_says_why_it_goes_back() -> None:
    unit = unit_in(Phase.CONFIRMING)
    seen = replace(unit.world.observe(unit.anchor), answered="", unanswered="Service shop refuses")
    unit.world.now += timedelta(seconds=1000)
    (found,) = judge(unit.anchor, seen, unit.world.now)
    assert isinstance(found, Fact)
    assert (found.kind, found.explanation, found.side_ready) == (Kind.DEADLINE, "Service shop refuses", True)


def test_undeploying_drains_for_its_time_and_tells_when_it_takes_too_long() -> None:
    unit = unit_in(Phase.UNDEPLOYING)
    unit.world.drained = False
    unit.turn()
    assert _kinds(unit, replace(unit.world.observe(unit.anchor), routes=())) == ["retry"]
    unit.turn()
    assert _kinds(unit) == []
    unit.world.leftovers = True
    unit.world.now += timedelta(seconds=601)
    unit.turn()
    seen = replace(unit.world.observe(unit.anchor), leftovers=unit.world.observe(unit.anchor).leftovers)
    unit.world.now += timedelta(seconds=1000)
    assert _kinds(unit, seen) == ["deadline"]
    unit.tell(Fact(Kind.DEADLINE, unit.world.now))
    unit.settle()
    assert unit.phase == "Idle"


def test_a_candidate_whose_pods_cannot_recover_is_given_up_wherever_it_is() -> None:
    for phase in (Phase.CREATING, Phase.WARMING, Phase.VERIFYING, Phase.AWAITING, Phase.STAGING, Phase.SWITCHING):
        unit = unit_in(phase)
        unit.turn() if phase is Phase.CREATING else None
        broken = _seen(unit, "2", cannot_recover="no such image")
        if phase is Phase.SWITCHING:
            unit.world.routes[SHOP] = selector("1")
            broken = _seen(unit, "2", cannot_recover="no such image")
        assert _kinds(unit, broken) == ["cannotRecover"]
    soaking = unit_in(Phase.SOAKING)
    event = judge(soaking.anchor, _seen(soaking, "2", cannot_recover="killed"), soaking.world.now)[-1]
    assert isinstance(event, Fact)
    assert (event.kind, event.side_ready) == (Kind.CANNOT_RECOVER, True)


def test_created_means_there_and_seen_by_the_controllers() -> None:
    unit = unit_in(Phase.CREATING)
    assert _kinds(unit, _without(unit, "2")) == ["retry"]
    unseen = {"shop": WorkloadSeen(replicas=2, ready=0, observed=False)}
    assert _kinds(unit, _seen(unit, "2", workloads=unseen)) == []
    assert _kinds(unit, _seen(unit, "2", complete=False)) == ["retry"]


def test_a_driver_that_comes_later_is_told_to_stop() -> None:
    unit = deployed("1")
    assert [type(one).__name__ for one in step(unit.anchor, Start(T0, unit.anchor.epoch)).commands] == ["Stop"]
    assert [type(one).__name__ for one in step(unit.anchor, Fact(Kind.LEASE_LOST, T0)).commands] == ["Stop"]


def test_a_pair_without_a_rule_names_the_version_too() -> None:
    blocked = step(deployed("1").anchor, VersionFact(VersionKind.COOLED, T0, "1")).anchor
    assert blocked.blocked is not None
    assert blocked.blocked.event == "cooled of version 1"


def test_a_candidate_gone_from_the_anchor_is_not_guessed_at() -> None:
    events: list[UnitEvent] = [Fact(Kind.FLOOR_RAISED, T0, replicas={"shop": 3}), Fact(Kind.CREATED, T0)]
    unit = unit_in(Phase.CREATING)
    bare = replace(unit.anchor, versions=tuple(one for one in unit.anchor.versions if one.name != "2"))
    for event in events:
        assert not [one for one in step(bare, event).commands if isinstance(one, SetReplicas)]
    assert judge(Anchor(phase=Phase.WARMING), Observation(), T0) == ()
