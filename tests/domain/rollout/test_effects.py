"""Corners of what rules do: asked for again, taken after waiting, given back; what is not there is not guessed at."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.commands import ReleaseHosts, SetAutoscalers, SetReplicas, SwitchRoute
from fairlead.domain.rollout.guards import holds
from fairlead.domain.rollout.intents import (
    Abort,
    Deploy,
    OnBusy,
    Pause,
    Policy,
    Resolution,
    Resolve,
    Rollback,
    Undeploy,
)
from fairlead.domain.rollout.judging import judge
from fairlead.domain.rollout.observation import Difference, Observation, Verdict
from fairlead.domain.rollout.phases import Kind, Phase, UnitOutcome, VersionKind, VersionState
from fairlead.domain.rollout.readiness import needed
from fairlead.domain.rollout.tables import Rule
from fairlead.domain.rollout.unit_events import Asked, Fact, Reachable, VersionFact
from fairlead.domain.rollout.unit_machine import step
from fairlead.domain.rollout.unit_words import Guard
from tests.domain.rollout.units import SHOP, T0, selector, spec_of
from tests.domain.rollout.walks import deployed, unit_in
from tests.domain.rollout.world import Unit, submitted_to


def _kinds(unit: Unit) -> list[str]:
    return [str(event.kind) for event in judge(unit.anchor, unit.world.observe(unit.anchor), unit.world.now)]


def test_conditions_are_about_their_own_events_only() -> None:
    assert not holds(Guard.OLD_EPOCH, Anchor(), Reachable(T0, T0))
    assert not holds(Guard.HELD, Anchor(), Asked(T0, Pause("p", "ann", T0)))
    assert needed(Anchor(), Observation()) is None


def test_a_rule_names_itself_and_those_for_otherwise() -> None:
    last: Rule[Phase, str, str] = Rule(Phase.IDLE)
    assert list(Rule(Phase.BLOCKED, (), "x", last)) == [Rule(Phase.BLOCKED, (), "x", last), last]


def test_what_was_not_done_is_asked_for_again() -> None:
    adopting = unit_in(Phase.ADOPTING)
    adopting.world.labelled = True
    adopting.tell(Fact(Kind.PODS_PINNED, T0))
    for unit in (adopting, unit_in(Phase.SWITCHING)):
        again = step(unit.anchor, Fact(Kind.RETRY, T0)).commands
        assert [type(one) for one in again] == [SwitchRoute]
    reverting = unit_in(Phase.REVERTING)
    reverting.world.routes[SHOP] = selector("2")
    reverting.world.pods["1"].ready = 0
    assert _kinds(reverting) == ["liveDegraded", "retry"]
    assert [type(one) for one in step(reverting.anchor, Fact(Kind.RETRY, T0)).commands] == [SetReplicas]
    reverting.world.grow()
    assert _kinds(reverting) == ["sideReady"]
    reverting.tell(Fact(Kind.SIDE_READY, T0))
    assert _kinds(reverting) == ["retry"]
    assert [type(one) for one in step(reverting.anchor, Fact(Kind.RETRY, T0)).commands] == [SwitchRoute]


def test_a_preview_goes_where_the_live_version_has_none() -> None:
    unit = deployed("1")
    submitted_to(unit, Deploy("i", "ann", T0, "d", spec_of("2", Policy(automatic=False), preview=True)))
    unit.settle()
    assert (unit.phase, unit.world.preview) == ("Awaiting", "2")
    submitted_to(unit, Abort("a", "ann", T0))
    unit.settle()
    assert (unit.phase, unit.world.preview) == ("Idle", "")


def test_a_preview_comes_back_before_an_abort_is_over() -> None:
    unit = deployed()
    submitted_to(unit, Deploy("i1", "ann", T0, "d1", spec_of("1", preview=True)))
    unit.settle()
    unit.world.gates = Verdict.UNKNOWN
    submitted_to(unit, Deploy("i", "ann", T0, "d", spec_of("2", preview=True)))
    unit.world.staged = False
    unit.settle(9)
    submitted_to(unit, Abort("a", "ann", T0))
    unit.turn()
    assert unit.phase == "Aborting"
    unit.world.preview = "2"
    assert _kinds(unit) == ["kept", "retry"]
    unit.settle()
    assert (unit.phase, unit.world.preview) == ("Idle", "1")


def test_what_leads_in_from_outside_comes_back_before_an_abort_is_over() -> None:
    unit = unit_in(Phase.REVERTING)
    unit.world.opened = "2"
    for _ in range(9):
        unit.turn()
        if unit.phase == "Aborting":
            break
    assert (unit.phase, unit.world.opened) == ("Aborting", "1")
    unit.world.opened = "2"
    assert _kinds(unit)[-1] == "retry"
    unit.settle()
    assert (unit.phase, unit.world.opened) == ("Idle", "1")


def test_removing_goes_on_until_nothing_is_seen() -> None:
    unit = unit_in(Phase.UNDEPLOYING)
    for _ in range(4):
        unit.turn()
    unit.world.leftovers = True
    assert _kinds(unit)[-1] == "retry"
    removing = deployed("1", "2")
    removing.world.now += timedelta(days=3)
    removing.settle(3)
    removing.world.now += timedelta(days=3)
    pods = dict(removing.world.pods)
    removing.turn()
    removing.world.pods = pods
    assert _kinds(removing) == ["retry"]


def test_a_blocked_unit_does_nothing_by_itself() -> None:
    unit = unit_in(Phase.BLOCKED)
    unit.world.now += timedelta(days=9)
    assert _kinds(unit) == []


def test_a_rollback_that_is_given_up_holds_nothing_and_leaves_a_hot_version_hot() -> None:
    unit = deployed("1", "2")
    unit.world.staged = False
    submitted_to(unit, Rollback("r", "ann", T0, "dr"))
    unit.turn()
    submitted_to(unit, Abort("a", "ann", T0))
    unit.settle()
    assert (unit.phase, unit.anchor.hold) == ("Idle", None)
    assert unit.state_of("1") is VersionState.HOT
    assert unit.recorded[-1] == ("dr", UnitOutcome.ABORTED)


def test_nothing_that_differs_and_nothing_live_ends_all_the_same() -> None:
    unit = deployed()
    unit.world.difference = Difference.NONE
    submitted_to(unit, Deploy("i", "ann", T0, "d", spec_of("1")))
    unit.settle()
    assert (unit.phase, unit.recorded) == ("Idle", [("d", UnitOutcome.UNCHANGED)])


def test_a_soak_that_fails_gives_the_traffic_back() -> None:
    unit = unit_in(Phase.SOAKING)
    unit.world.gates = Verdict.FAILED
    unit.settle()
    assert unit.phase == "Idle"
    assert unit.world.routes[SHOP] == selector("1")
    assert [unit.state_of(name) for name in "12"] == [VersionState.LIVE, VersionState.FAILED]
    assert unit.recorded[-1] == ("d2", UnitOutcome.FAILED)


def test_routes_that_are_right_again_are_adopted_as_they_are() -> None:
    unit = unit_in(Phase.IDLE)
    unit.world.routes[SHOP] = selector("stranger")
    unit.turn()
    unit.world.routes[SHOP] = selector("1")
    submitted_to(unit, Resolve("r", "ann", T0, Resolution.ADOPT_OBSERVED))
    unit.settle()
    assert unit.phase == "Idle"
    assert unit.state_of("1") is VersionState.LIVE


@pytest.mark.parametrize("busy", OnBusy)
def test_what_waited_is_taken_at_rest_and_the_newest_goal_wins(busy: OnBusy) -> None:
    unit = unit_in(Phase.SWITCHING)
    submitted_to(
        unit,
        Undeploy("old", "ann", T0, "dold"),
        Deploy("new", "ann", T0, "dnew", spec_of("3"), busy),
    )
    unit.settle()
    outcomes = dict(unit.recorded)
    if busy is OnBusy.SUPERSEDE:
        assert (outcomes["dold"], outcomes["dnew"]) == (UnitOutcome.SUPERSEDED, UnitOutcome.DEPLOYED)
    elif busy is OnBusy.QUEUE:
        assert (outcomes["dold"], outcomes["dnew"]) == (UnitOutcome.UNDEPLOYED, UnitOutcome.DEPLOYED)
    else:
        assert (outcomes["dold"], outcomes["dnew"]) == (UnitOutcome.UNDEPLOYED, UnitOutcome.REFUSED)


def test_a_rollback_that_waited_is_carried_out_at_rest() -> None:
    unit = unit_in(Phase.WARMING)
    submitted_to(unit, Rollback("r", "ann", T0, "dr", "0"))
    for _ in range(40):
        unit.world.grow()
        unit.turn()
    assert unit.state_of("0") is VersionState.LIVE
    assert dict(unit.recorded)["dr"] is UnitOutcome.DEPLOYED


def test_a_candidate_without_a_version_is_not_made_larger() -> None:
    unit = unit_in(Phase.AWAITING)
    bare = replace(unit.anchor, versions=tuple(one for one in unit.anchor.versions if one.name != "2"))
    assert not [one for one in step(bare, Fact(Kind.TIMER, T0)).commands if isinstance(one, SetReplicas)]


@pytest.mark.parametrize("phase", [one for one in Phase if one is not Phase.IDLE])
def test_cancelling_what_waits_leaves_alone_what_the_unit_does(phase: Phase) -> None:
    unit = unit_in(phase)
    waiting = Deploy("q", "ann", T0, "dq", spec_of("3"), OnBusy.QUEUE)
    later = Rollback("later", "ann", T0, "dq")
    unit.anchor = replace(unit.anchor, waiting=(waiting, Pause("p", "ann", T0)), queue=(later,))
    before, abort = unit.anchor, Abort("a", "bob", T0, "dq")
    after = step(before, Asked(T0, abort)).anchor
    assert [(one.intent, one.deployment, one.outcome) for one in after.ended[-3:]] == [
        ("later", "dq", UnitOutcome.ABORTED),
        ("q", "dq", UnitOutcome.ABORTED),
        ("a", "", UnitOutcome.DONE),
    ]
    rest = Pause("p", "ann", T0)
    assert replace(after, ended=()) == replace(before, ended=(), queue=(), waiting=(rest,))


@pytest.mark.parametrize("phase", list(Phase))
def test_cancelling_what_neither_waits_nor_goes_on_does_nothing(phase: Phase) -> None:
    before = unit_in(phase).anchor
    after = step(before, Asked(T0, Abort("a", "bob", T0, "gone"))).anchor
    assert after.ended[-1].outcome is UnitOutcome.NOTHING
    assert replace(after, ended=()) == replace(before, ended=())


@pytest.mark.parametrize("phase", [one for one in Phase if one is not Phase.IDLE])
def test_cancelling_what_the_unit_does_gives_it_up(phase: Phase) -> None:
    anchor = unit_in(phase).anchor
    going = anchor.candidate or anchor.undeploy
    assert going is not None
    meant = step(anchor, Asked(T0, Abort("a", "bob", T0, going.deployment)))
    whole = step(anchor, Asked(T0, Abort("a", "bob", T0)))
    assert (meant.anchor.phase, meant.anchor.candidate, meant.anchor.undeploy, meant.anchor.ended) == (
        *(whole.anchor.phase, whole.anchor.candidate, whole.anchor.undeploy),
        whole.anchor.ended,
    )


@pytest.mark.parametrize("kind", [VersionKind.CONFIRMED, VersionKind.RETRY])
def test_what_is_asked_of_a_version_long_after_has_time(kind: VersionKind) -> None:
    unit = Unit()
    unit.start()
    submitted_to(unit, Deploy("i", "ann", T0, "d", spec_of("1", autoscaled=True)))
    unit.settle()
    late = unit.world.now + timedelta(days=1)
    commands = step(unit.anchor, VersionFact(kind, late, "1")).commands
    assert [one.deadline > late for one in commands if isinstance(one, SetAutoscalers) and one.deadline] == [True]


def test_a_failed_version_that_is_gone_gives_its_hosts_up() -> None:
    unit = Unit()
    unit.start()
    submitted_to(unit, Deploy("i", "ann", T0, "d", replace(spec_of("1"), hosts=("shop.example.org",))))
    while unit.phase is not Phase.WARMING:
        unit.turn()
    submitted_to(unit, Abort("a", "ann", unit.world.now))
    unit.settle()
    assert (unit.state_of("1"), unit.anchor.hosts) == (VersionState.FAILED, ("shop.example.org",))
    unit.world.now += timedelta(days=30)
    unit.told.clear()
    unit.settle()
    assert (unit.state_of("1"), unit.anchor.hosts) == (VersionState.ABSENT, ())
    assert [one for one in unit.told if isinstance(one, ReleaseHosts)] == [ReleaseHosts(())]


def test_what_another_version_needs_is_kept() -> None:
    unit = Unit()
    unit.start()
    for name, hosts in (("1", ("old.example.org", "shop.example.org")), ("2", ("shop.example.org",))):
        submitted_to(unit, Deploy(f"i{name}", "ann", T0, f"d{name}", replace(spec_of(name), hosts=hosts)))
        unit.settle()
    unit.told.clear()
    unit.world.now += timedelta(days=30)
    unit.settle()
    unit.world.now += timedelta(days=30)
    unit.settle()
    assert [one for one in unit.told if isinstance(one, ReleaseHosts)] == [ReleaseHosts(("shop.example.org",))]
