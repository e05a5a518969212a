"""Intents travel as JSON: in the queue of the anchor, and from whoever asks."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from fairlead.domain.rollout.intents import (
    Intent,
    Policy,
    Promote,
    deployment_of,
    specs_of,
)
from fairlead.domain.rollout.storing import Unreadable, from_json, to_json
from tests.domain.rollout.units import INTENTS, spec_of


@pytest.mark.parametrize("intent", INTENTS, ids=lambda intent: intent.KIND)
def test_an_intent_comes_back_from_its_json(intent: Intent) -> None:
    written = json.loads(json.dumps(to_json(intent)))
    assert written["kind"] == intent.KIND
    assert from_json(Intent, written) == intent


def test_an_intent_that_is_about_a_deployment_tells_which() -> None:
    told = {intent.KIND: deployment_of(intent) for intent in INTENTS if deployment_of(intent)}
    assert told == {"deploy": "d1", "abort": "d1", "rollback": "d2", "undeploy": "d3"}


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        {},
        {"kind": "erase", "id": "i", "by": "ann", "at": "2026-11-21T08:00:00Z"},
        {"kind": "abort", "id": "i", "by": "ann"},
        {"kind": "abort", "id": "i", "by": "ann", "at": "yesterday"},
        {"kind": "abort", "id": "i", "by": "ann", "at": 5},
        {"kind": "abort", "id": 7, "by": "ann", "at": "2026-11-21T08:00:00Z"},
        {"kind": "scale", "id": "i", "by": "ann", "at": "2026-11-21T08:00:00Z", "replicas": True},
        {"kind": "resolve", "id": "i", "by": "ann", "at": "2026-11-21T08:00:00Z", "resolution": "maybe"},
        {"kind": "deploy", "id": "i", "by": "ann", "at": "2026-11-21T08:00:00Z", "deployment": "d", "spec": 1},
    ],
    ids=range(11),
)
def test_what_is_no_intent_is_refused(stored: Any) -> None:
    with pytest.raises(Unreadable):
        from_json(Intent, stored)


def test_fields_that_are_missing_take_their_defaults() -> None:
    read = from_json(Intent, {"kind": "promote", "id": "i", "by": "ann", "at": "2026-11-21T08:00:00Z", "later": 1})
    assert read == Promote("i", "ann", read.at)


@pytest.mark.parametrize(("policy", "seconds"), [(Policy(hot_for=0), 30.0), (Policy(), 600.0)])
def test_an_old_side_is_hot_for_as_long_as_its_clients_need(policy: Policy, seconds: float) -> None:
    assert policy.hot_seconds == seconds
    assert Policy(hot_for=45.0, headless=True).hot_seconds == 60.0


def test_behind_a_headless_service_every_version_needs_the_time_for_dns() -> None:
    plain, headless = spec_of("1"), replace(spec_of("0"), policy=Policy(headless=True))
    assert plain.beside(plain) == plain
    assert plain.beside(headless) == replace(plain, policy=replace(plain.policy, headless=True))


def test_only_deployments_ask_for_versions() -> None:
    assert [spec.version for spec in specs_of(INTENTS)] == ["7"]
