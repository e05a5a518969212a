"""Whole rollouts, from an intent to rest: which phases they go through, and what is left."""

from __future__ import annotations

from datetime import timedelta

from fairlead.domain.rollout.intents import Abort, Deploy, Policy, Promote, Rollback, Undeploy
from fairlead.domain.rollout.phases import UnitOutcome, VersionState
from tests.domain.rollout.units import SHOP, T0, selector, spec_of
from tests.domain.rollout.walks import deployed, way
from tests.domain.rollout.world import submitted_to

WAY = (
    "Preflight",
    "Preparing",
    "Creating",
    "Warming",
    "Verifying",
    "Staging",
    "Switching",
    "Confirming",
    "Soaking",
    "Idle",
)


def test_a_first_deployment_goes_the_whole_way() -> None:
    unit = deployed("1")
    assert way(unit) == WAY
    assert unit.state_of("1") is VersionState.LIVE
    assert unit.world.routes[SHOP] == selector("1")
    assert unit.recorded == [("d1", UnitOutcome.DEPLOYED)]


def test_the_old_version_stays_hot_then_warm_then_goes() -> None:
    unit = deployed("1", "2")
    assert [unit.state_of(name) for name in ("1", "2")] == [VersionState.HOT, VersionState.LIVE]
    assert unit.world.pods["1"].ready == 2
    unit.world.now += timedelta(seconds=601)
    unit.settle()
    assert unit.state_of("1") is VersionState.WARM
    assert unit.world.pods["1"].replicas == 0
    unit.world.now += timedelta(days=1)
    unit.settle()
    assert unit.state_of("1") is VersionState.ABSENT
    assert "1" not in unit.world.pods


def test_a_rollback_while_hot_is_one_switch() -> None:
    unit = deployed("1", "2")
    before = len(unit.trail)
    submitted_to(unit, Rollback("r", "ann", T0, "dr", reason="it leaks"))
    unit.settle()
    assert way(unit, before) == ("Staging", "Switching", "Confirming", "Soaking", "Idle")
    assert [unit.state_of(name) for name in ("1", "2")] == [VersionState.LIVE, VersionState.HOT]
    assert unit.anchor.hold is not None
    assert unit.anchor.hold.digest == "sha256:2"
    assert unit.anchor.hold.reason == "rolled back to version 1: it leaks"


def test_a_person_promotes_or_aborts_what_waits() -> None:
    unit = deployed("1")
    spec = spec_of("2", Policy(automatic=False), preview=True)
    submitted_to(unit, Deploy("i2", "ann", T0, "d2", spec))
    unit.settle()
    assert unit.phase == "Awaiting"
    assert unit.world.routes[SHOP] == selector("1")
    submitted_to(unit, Promote("p", "ann", T0, "sha256:2"))
    unit.settle()
    assert unit.state_of("2") is VersionState.LIVE
    submitted_to(unit, Deploy("i3", "ann", T0, "d3", spec_of("3", Policy(automatic=False), preview=True)))
    unit.settle()
    submitted_to(unit, Abort("a", "ann", T0))
    unit.settle()
    assert unit.phase == "Idle"
    assert unit.state_of("3") is VersionState.FAILED
    assert unit.world.pods["3"].replicas == 1
    assert unit.world.preview == "2"
    assert unit.recorded[-1] == ("d3", UnitOutcome.ABORTED)


def test_undeploying_leaves_nothing_but_the_anchor() -> None:
    unit = deployed("1", "2")
    submitted_to(unit, Undeploy("u", "ann", T0, "du"))
    unit.settle()
    assert unit.phase == "Idle"
    assert (unit.world.pods, unit.world.routes[SHOP], unit.anchor.versions) == ({}, None, ())
    assert unit.recorded[-1] == ("du", UnitOutcome.UNDEPLOYED)
