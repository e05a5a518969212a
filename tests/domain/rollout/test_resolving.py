"""A person ends a block: what stays live, what is written over, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fairlead.domain.rollout.commands import RunGates, SwitchRoute
from fairlead.domain.rollout.intents import Abort, Deploy, Policy, Resolution, Resolve, Undeploy
from fairlead.domain.rollout.observation import Verdict
from fairlead.domain.rollout.phases import Kind, Phase, UnitOutcome, VersionState
from fairlead.domain.rollout.traffic import Backend, Route, Selector, Weights
from fairlead.domain.rollout.unit_events import Fact
from tests.domain.rollout.units import SHOP, T0, selector, spec_of
from tests.domain.rollout.walks import deployed, unit_in
from tests.domain.rollout.world import Unit, submitted_to

STRANGER = selector("stranger")
KEEP, ADOPT, FORCE = Resolution.KEEP_LIVE, Resolution.ADOPT_OBSERVED, Resolution.FORCE


def _blocked(phase: Phase, route: Route | None = STRANGER) -> Unit:
    """Return a unit that a stranger's route has blocked in a phase."""
    unit = unit_in(phase)
    unit.world.routes[SHOP] = route
    unit.world.meddled = True
    unit.turn()
    assert unit.phase == "Blocked"
    return unit


def _resolved(unit: Unit, resolution: Resolution) -> Unit:
    submitted_to(unit, Resolve("r", "ann", T0, resolution))
    unit.turn()
    return unit


@pytest.mark.parametrize(
    ("phase", "resolution", "route", "after", "rest"),
    [
        (Phase.IDLE, KEEP, STRANGER, "Reverting", "1"),
        (Phase.IDLE, FORCE, STRANGER, "Reverting", "1"),
        (Phase.IDLE, ADOPT, STRANGER, "Blocked", ""),
        (Phase.IDLE, ADOPT, Selector({"app": "shop"}), "Blocked", ""),
        (Phase.SWITCHING, ADOPT, None, "Blocked", ""),
        (Phase.IDLE, ADOPT, selector("0"), "Idle", "0"),
        (Phase.PREFLIGHT, KEEP, STRANGER, "Reverting", "1"),
        (Phase.WARMING, FORCE, STRANGER, "Reverting", "1"),
        (Phase.WARMING, ADOPT, selector("0"), "Aborting", "0"),
        (Phase.AWAITING, KEEP, STRANGER, "Reverting", "1"),
        (Phase.AWAITING, FORCE, STRANGER, "Switching", "2"),
        (Phase.AWAITING, ADOPT, selector("2"), "Idle", "2"),
        (Phase.SWITCHING, KEEP, STRANGER, "Reverting", "1"),
        (Phase.SWITCHING, FORCE, STRANGER, "Switching", "2"),
        (Phase.SWITCHING, ADOPT, selector("0"), "Aborting", "0"),
        (Phase.SOAKING, KEEP, STRANGER, "Blocked", ""),
        (Phase.SOAKING, FORCE, STRANGER, "Switching", "2"),
        (Phase.SOAKING, ADOPT, selector("1"), "Aborting", "1"),
        (Phase.REVERTING, KEEP, STRANGER, "Reverting", "1"),
        (Phase.ABORTING, KEEP, STRANGER, "Reverting", "1"),
    ],
)
def test_a_block_by_a_strangers_route(
    phase: Phase, resolution: Resolution, route: Route | None, after: str, rest: str
) -> None:
    unit = _resolved(_blocked(phase, route), resolution)
    assert unit.phase == after
    if rest:
        unit.settle()
        assert unit.phase == "Idle"
        assert unit.state_of(rest) is VersionState.LIVE
        assert unit.world.routes[SHOP] == selector(rest)


def test_what_a_person_allowed_to_overwrite_is_named_in_the_switch() -> None:
    unit = _resolved(_blocked(Phase.AWAITING), FORCE)
    switches = [command for command in unit.told if isinstance(command, SwitchRoute)]
    assert STRANGER in switches[-1].replaces


def test_a_version_that_is_live_already_is_kept_instead_of_its_soak() -> None:
    unit = unit_in(Phase.SOAKING)
    unit.tell(Fact(Kind.GATES_FAILED, unit.world.now, "errors rose"))
    assert unit.phase == "Blocked"
    _resolved(unit, KEEP)
    assert unit.phase == "Idle"
    assert unit.state_of("2") is VersionState.LIVE
    assert ("d2", UnitOutcome.KEPT) in unit.recorded


def test_a_soak_that_fails_goes_back_only_to_a_side_that_has_its_pods() -> None:
    for ready, after in ((2, "Reverting"), (1, "Blocked")):
        unit = unit_in(Phase.SOAKING)
        unit.world.gates = Verdict.FAILED
        unit.world.pods["1"].ready = ready
        unit.turn()
        assert unit.phase == after


@pytest.mark.parametrize(("versions", "after"), [(("0", "1"), "Reverting"), ((), "Blocked")])
def test_a_soak_whose_gates_never_answer_goes_back_if_there_is_a_side(versions: tuple[str, ...], after: str) -> None:
    unit = deployed(*versions)
    unit.world.gates = Verdict.UNKNOWN
    submitted_to(unit, Deploy("i", "ann", unit.world.now, "d", spec_of("2", Policy(soak=True))))
    while unit.phase != "Soaking":
        unit.world.grow()
        unit.turn()
    unit.turn()
    assert sum(isinstance(one, RunGates) for one in unit.told) == 2
    unit.world.now += timedelta(hours=2)
    unit.turn()
    assert unit.phase == after


def test_adopting_that_was_disturbed_begins_again_or_is_forgotten() -> None:
    again = _resolved(_blocked(Phase.ADOPTING), FORCE)
    assert again.phase == "Adopting"
    forgotten = _resolved(_blocked(Phase.ADOPTING), KEEP)
    assert forgotten.phase == "Idle"
    assert forgotten.anchor.versions == ()
    assert ("d2", UnitOutcome.ABORTED) in forgotten.recorded


def test_undeploying_goes_on_over_a_strangers_route_or_not_at_all() -> None:
    unit = _blocked(Phase.UNDEPLOYING)
    cancelled = _resolved(unit, KEEP)
    cancelled.settle()
    assert cancelled.phase == "Idle"
    assert ("du", UnitOutcome.ABORTED) in cancelled.recorded
    assert cancelled.world.routes[SHOP] == selector("1")
    forced = _resolved(_blocked(Phase.UNDEPLOYING), FORCE)
    assert forced.phase == "Undeploying"
    forced.settle()
    assert ("du", UnitOutcome.UNDEPLOYED) in forced.recorded


def test_a_removal_that_has_begun_has_no_way_back() -> None:
    unit = deployed("1")
    submitted_to(unit, Undeploy("u", "ann", T0, "du"))
    for _ in range(4):
        unit.turn()
    assert unit.anchor.live is None
    unit.world.routes[SHOP] = STRANGER
    unit.turn()
    for resolution in (KEEP, ADOPT):
        assert _resolved(unit, resolution).phase == "Blocked"
    assert _resolved(unit, FORCE).phase == "Undeploying"
    submitted_to(unit, Abort("a", "ann", T0))
    unit.turn()
    assert unit.anchor.ended[-1].outcome is UnitOutcome.REFUSED
    unit.settle()
    assert unit.phase == "Idle"


def test_what_was_asked_meanwhile_is_asked_again() -> None:
    unit = _blocked(Phase.AWAITING)
    submitted_to(unit, Abort("later", "bob", T0))
    unit.turn()
    assert [one.id for one in unit.anchor.waiting] == ["later"]
    _resolved(unit, FORCE)
    assert [one.id for one in unit.anchor.queue] == ["later"]
    unit.settle()
    assert unit.state_of("1") is VersionState.LIVE


def test_a_first_deployment_that_is_kept_live_without_a_side_to_go_back_to_goes_away_again() -> None:
    unit = deployed()
    spec = unit_in(Phase.AWAITING).anchor.candidate
    assert spec is not None
    submitted_to(unit, Deploy("i", "ann", T0, "d", replace(spec.spec, policy=Policy())))
    while unit.phase != "Switching":
        unit.world.grow()
        unit.turn()
    unit.world.routes[SHOP] = STRANGER
    unit.turn()
    _resolved(unit, KEEP)
    unit.settle()
    assert unit.phase == "Idle"
    assert unit.world.routes[SHOP] is None


@pytest.mark.parametrize(
    ("route", "only"),
    [
        (selector("1"), True),
        (Selector({"app": "shop"}), False),
        (Weights((Backend("a", "1", 100), Backend("b", "2", 0))), True),
        (Weights((Backend("a", "1", 90), Backend("b", "2", 10))), False),
        (Weights((Backend("b", "2", 10),)), False),
    ],
)
def test_only_a_route_to_one_version_alone_can_be_adopted(route: Route, only: bool) -> None:
    assert route.leads_only_to("1") is only
