"""Every event has one kind, by which its rule is found; absence in an observation means that nothing is known."""

from __future__ import annotations

from typing import get_args

import pytest

from fairlead.domain.rollout.commands import Command
from fairlead.domain.rollout.intents import Intent
from fairlead.domain.rollout.observation import Difference, Observation, Verdict, VersionSeen
from fairlead.domain.rollout.phases import INTENT_KINDS, Kind
from fairlead.domain.rollout.unit_events import Asked, Reachable, Start
from tests.domain.rollout.units import INTENTS, T0


@pytest.mark.parametrize("intent", INTENTS, ids=lambda intent: intent.KIND)
def test_asking_is_an_event_of_the_intents_kind(intent: Intent) -> None:
    assert Asked(T0, intent).kind.value == intent.KIND


def test_every_kind_of_intent_has_its_kind_of_event() -> None:
    assert {Asked(T0, intent).kind for intent in INTENTS} == INTENT_KINDS
    assert {type(intent) for intent in INTENTS} == set(get_args(Intent))


def test_start_and_reachable_have_kinds_of_their_own() -> None:
    assert Start(T0, 3).kind is Kind.START
    assert Reachable(T0, T0).kind is Kind.REACHABLE


def test_nothing_read_means_nothing_known() -> None:
    seen = VersionSeen()
    assert not any((seen.complete, seen.endpoints_match, seen.drained, seen.evidence))
    assert seen.health is Verdict.UNKNOWN
    assert Observation().preflight.difference is Difference.UNKNOWN


def test_every_command_says_whether_it_destroys() -> None:
    assert {one.__name__ for one in get_args(Command) if one.DESTRUCTIVE} == {
        "PinLabels",
        "SwitchRoute",
        "SetReplicas",
        "SetAutoscalers",
        "RemoveVersion",
        "RemoveRoutes",
        "RemoveUnit",
    }
