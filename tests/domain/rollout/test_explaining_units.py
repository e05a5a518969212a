"""Every state explains itself: cause, since when, what comes next and when (law 7)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fairlead.domain.rollout.anchor import Anchor, Candidate
from fairlead.domain.rollout.explaining_units import explain
from fairlead.domain.rollout.intents import Abort, Deploy, Pause, Policy
from fairlead.domain.rollout.phases import Phase, VersionState
from tests.domain.rollout.units import T0, spec_of
from tests.domain.rollout.walks import deployed, unit_in
from tests.domain.rollout.world import Unit, submitted_to


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_says_why_since_when_and_what_is_next(phase: Phase) -> None:
    unit = unit_in(phase)
    told = explain(unit.anchor)
    assert told.phase is phase
    assert told.since == unit.anchor.since
    assert told.when == unit.anchor.deadline
    assert told.cause
    assert told.then
    assert told.held == ""


def test_a_unit_of_which_nothing_was_asked_says_so() -> None:
    told = explain(Anchor())
    assert told.cause
    assert (told.since, told.when, told.versions) == (None, None, ())


def test_what_holds_a_unit_back_is_named() -> None:
    unit = unit_in(Phase.AWAITING)
    assert explain(replace(unit.anchor, paused=T0)).held == "paused"
    assert explain(replace(unit.anchor, frozen=T0)).held == "frozen"
    assert explain(replace(unit.anchor, unreachable=T0, paused=T0)).held not in ("", "paused")


def test_what_waits_comes_next() -> None:
    unit = deployed("1")
    waiting = (Deploy("i9", "eve", T0, "d9", spec_of("9")),)
    assert "eve" in explain(replace(unit.anchor, waiting=waiting, paused=T0)).then
    assert explain(replace(unit.anchor, waiting=waiting, paused=T0)).then.startswith("the pause")
    assert not explain(replace(unit.anchor, waiting=waiting)).then.startswith("the pause")
    promoted = unit_in(Phase.AWAITING)
    automatic = replace(promoted.anchor, candidate=replace(_candidate(promoted), spec=spec_of("2")))
    assert explain(automatic).then != explain(promoted.anchor).then
    timed = spec_of("2", Policy(automatic=False, auto_promote_after=60.0))
    assert (
        "by itself at 2026-"
        in explain(replace(promoted.anchor, candidate=replace(_candidate(promoted), spec=timed))).then
    )


def _candidate(unit: Unit) -> Candidate:
    assert unit.anchor.candidate is not None
    return unit.anchor.candidate


def test_a_failure_and_each_version_say_what_becomes_of_them() -> None:
    unit = unit_in(Phase.AWAITING)
    submitted_to(unit, Abort("a", "bob", T0), Pause("p", "bob", T0))
    unit.turn()
    told = explain(unit.anchor)
    assert "bob" in told.cause
    states = {one.version: one for one in told.versions}
    assert states["0"].state is VersionState.HOT
    assert states["0"].when is not None
    assert states["1"].then == ""
    unit.settle()
    assert "bob" in explain(replace(unit.anchor, ended=unit.anchor.ended[-1:])).cause
    assert told.to_json()["phase"] == "Aborting"
