"""What a reading says of the phase of a rollout: which goal is reached, what is asked for again, what has failed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.intents import Deploy, Freeze, Policy
from fairlead.domain.rollout.judging_phases import judge_phase
from fairlead.domain.rollout.observation import Difference, Observation, PreflightSeen, RouteSeen, Verdict
from fairlead.domain.rollout.phases import Kind, Phase
from tests.domain.rollout.units import SHOP, T0, selector, spec_of
from tests.domain.rollout.walks import deployed, unit_in
from tests.domain.rollout.world import Unit, submitted_to


def told(unit: Unit, seen: Observation, anchor: Anchor | None = None) -> list[Kind]:
    return [one.kind for one in judge_phase(anchor or unit.anchor, seen, unit.world.now) if isinstance(one.kind, Kind)]


@pytest.mark.parametrize(
    ("gates", "kind"),
    [
        (Verdict.UNKNOWN, Kind.RETRY),
        (Verdict.PASSED, Kind.GATES_PASSED),
        (Verdict.FAILED, Kind.GATES_FAILED),
        (Verdict.INCONCLUSIVE, Kind.GATES_INCONCLUSIVE),
    ],
)
def test_what_gates_say_of_a_version(gates: Verdict, kind: Kind) -> None:
    unit = unit_in(Phase.VERIFYING)
    assert told(unit, replace(unit.world.observe(unit.anchor), gates=gates)) == [kind]


@pytest.mark.parametrize(
    ("soak", "gates", "kinds"),
    [
        (True, Verdict.UNKNOWN, [Kind.RETRY]),
        (True, Verdict.FAILED, [Kind.GATES_FAILED]),
        (True, Verdict.INCONCLUSIVE, [Kind.GATES_FAILED]),
        (True, Verdict.PASSED, []),
        (False, Verdict.UNKNOWN, []),
    ],
    ids=["running", "failed", "inconclusive", "passed", "none"],
)
def test_a_soak_lasts_its_time_and_no_gate_says_no(soak: bool, gates: Verdict, kinds: list[Kind]) -> None:
    unit = deployed("1")
    submitted_to(unit, Deploy("i", "ann", unit.world.now, "d", spec_of("2", Policy(soak=soak, soak_for=60.0))))
    unit.world.gates = Verdict.UNKNOWN
    for _ in range(30):
        if unit.anchor.phase is Phase.SOAKING:
            break
        unit.world.grow()
        unit.turn()
    seen = replace(unit.world.observe(unit.anchor), gates=gates)
    assert told(unit, seen) == kinds
    unit.world.now += timedelta(seconds=60)
    assert told(unit, seen) == (kinds or [Kind.SOAKED])


def test_a_switch_is_asked_for_until_every_route_has_gone() -> None:
    unit = unit_in(Phase.SWITCHING)
    seen = unit.world.observe(unit.anchor)
    assert told(unit, replace(seen, routes=(RouteSeen(ref=SHOP, route=selector("1")),))) == [Kind.RETRY]
    assert told(unit, replace(seen, routes=())) == [Kind.RETRY]
    assert told(unit, replace(seen, routes=(RouteSeen(ref=SHOP, route=selector("2")),))) == [Kind.SWITCHED]


@pytest.mark.parametrize(("opened", "preview"), [("2", "1"), ("1", "2"), (None, "1")])
def test_a_rollout_is_not_given_up_while_anything_leads_to_its_version(opened: str | None, preview: str) -> None:
    unit = unit_in(Phase.ABORTING)
    live, candidate = unit.anchor.live, unit.anchor.candidate
    assert live is not None
    assert candidate is not None
    shown = replace(live, spec=replace(live.spec, preview=True))
    anchor = replace(
        unit.anchor,
        versions=tuple(shown if one is live else one for one in unit.anchor.versions),
        candidate=replace(candidate, spec=replace(candidate.spec, preview=True)),
    )
    seen = unit.world.observe(anchor)
    assert told(unit, replace(seen, opened=opened, preview=preview), anchor) == [Kind.RETRY]
    assert told(unit, replace(seen, opened="1", preview="1"), anchor) != [Kind.RETRY]


def test_what_is_written_in_place_is_asked_for_until_it_is_there() -> None:
    unit = unit_in(Phase.PREFLIGHT)
    candidate = unit.anchor.candidate
    assert candidate is not None
    preflight = PreflightSeen(difference=Difference.IN_PLACE, hosts_claimed=True)
    seen = replace(unit.world.observe(unit.anchor), preflight=preflight)
    assert told(unit, seen) == [Kind.IN_PLACE]
    written = replace(unit.anchor, candidate=replace(candidate, applied=True))
    assert told(unit, seen, written) == [Kind.RETRY]


def test_a_freeze_stops_the_time_in_which_a_version_may_be_promoted() -> None:
    unit = unit_in(Phase.AWAITING)
    late = replace(unit.anchor, deadline=unit.world.now)
    seen = unit.world.observe(late)
    assert told(unit, seen, late) == [Kind.DEADLINE]
    submitted_to(unit, Freeze("f", "ann", T0))
    unit.turn()
    assert told(unit, seen, replace(unit.anchor, deadline=unit.world.now)) == []
