"""Routes that are not there any more: made again while no traffic moves, if the live version has pods for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.commands import SwitchRoute
from fairlead.domain.rollout.intents import Deploy
from fairlead.domain.rollout.judging import judge
from fairlead.domain.rollout.observation import Difference, Observation, RouteSeen
from fairlead.domain.rollout.phases import HAS_ONE_ROUTE, Kind, Phase
from fairlead.domain.rollout.readiness import missing
from fairlead.domain.rollout.unit_events import Fact
from fairlead.domain.rollout.unit_machine import step
from tests.domain.rollout.units import SHOP, T0, spec_of
from tests.domain.rollout.walks import deployed, unit_in
from tests.domain.rollout.world import Unit, submitted_to


def _facts(unit: Unit) -> list[str]:
    found = judge(unit.anchor, unit.world.observe(unit.anchor), unit.world.now)
    return [str(event.kind) for event in found]


def _bare(phase: Phase) -> Unit:
    """Return a unit in a phase whose Service somebody has deleted."""
    unit = unit_in(phase)
    unit.world.routes[SHOP] = None
    return unit


@pytest.mark.parametrize("phase", sorted(HAS_ONE_ROUTE))
def test_it_leads_to_the_live_version_again(phase: Phase) -> None:
    unit = _bare(phase)
    live = unit.anchor.live
    assert live is not None
    unit.world.pods[live.name].ready = 1
    assert "routeGone" in _facts(unit)
    (event,) = (one for one in judge(unit.anchor, unit.world.observe(unit.anchor), T0) if one.kind is Kind.ROUTE_GONE)
    done = step(unit.anchor, event)
    (command,) = done.commands
    assert isinstance(command, SwitchRoute)
    told = (done.anchor.phase, command.to, command.replaces, command.floor, command.version)
    assert told == (phase, live.spec.routes[0].route, (None,), {"shop": 1}, live.name)
    (after,) = (one for one in done.anchor.versions if one.name == live.name)
    assert command.deadline == after.until


@pytest.mark.parametrize("phase", sorted(set(Phase) - HAS_ONE_ROUTE - {Phase.BLOCKED, Phase.UNDEPLOYING}))
def test_while_traffic_moves_nobody_knows_where_it_is_to_lead(phase: Phase) -> None:
    assert _facts(_bare(phase)) == ["routeDrift"]


def test_what_is_to_go_may_be_gone() -> None:
    assert "routeDrift" not in _facts(_bare(Phase.UNDEPLOYING))


@pytest.mark.parametrize(("phase", "waits"), [(Phase.IDLE, True), (Phase.PREFLIGHT, False), (Phase.WARMING, False)])
def test_without_pods_it_waits_at_rest_and_blocks_what_is_under_way(phase: Phase, *, waits: bool) -> None:
    unit = _bare(phase)
    unit.world.pods["1"].ready = 0
    facts = _facts(unit)
    assert ("routeDrift" in facts, "routeGone" in facts) == (not waits, False)


def test_a_change_in_place_waits_for_it_and_holds_nothing_if_that_takes_too_long() -> None:
    unit = deployed("1")
    live = unit.anchor.live
    assert live is not None
    unit.world.difference = Difference.NONE
    again = replace(spec_of("2"), digest=live.spec.digest)
    submitted_to(unit, Deploy("i", "ann", unit.world.now, "d", again))
    unit.world.routes[SHOP], unit.world.pods["1"].ready = None, 0
    unit.turn()
    assert unit.phase == Phase.PREFLIGHT
    assert "unchanged" not in _facts(unit)
    unit.world.now += timedelta(hours=1)
    unit.turn()
    assert (unit.phase, unit.anchor.hold) == (Phase.IDLE, None)
    unit.world.grow()
    unit.turn()
    assert unit.world.leads_to("1")


def test_nothing_is_staged_before_it_is_there() -> None:
    assert "staged" not in _facts(_bare(Phase.STAGING))


def test_where_nothing_is_live_nothing_is_missing() -> None:
    seen = Observation(routes=(RouteSeen(ref=SHOP, route=None),))
    assert missing(Anchor(), seen) == ()
    assert missing(unit_in(Phase.SWITCHING).anchor, seen) == ()


def test_who_has_time_left_keeps_it() -> None:
    unit = _bare(Phase.IDLE)
    live = unit.anchor.live
    assert live is not None
    until = unit.world.now + timedelta(minutes=1)
    unit.anchor = replace(
        unit.anchor,
        versions=tuple(replace(one, until=until) if one.name == live.name else one for one in unit.anchor.versions),
    )
    (event,) = (one for one in judge(unit.anchor, unit.world.observe(unit.anchor), T0) if one.kind is Kind.ROUTE_GONE)
    assert isinstance(event, Fact)
    (command,) = step(unit.anchor, event).commands
    assert isinstance(command, SwitchRoute)
    assert command.deadline == until
