"""The anchor document: it comes back whole, keeps what it does not know, and refuses what it must not touch."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from fairlead.domain.rollout.anchor import (
    VERSION,
    Anchor,
    AnchorTooNew,
    AnchorUnreadable,
    Block,
    Candidate,
    Ended,
    Owned,
    UnitHold,
    Version,
    submitted,
)
from fairlead.domain.rollout.intents import Abort, Undeploy
from fairlead.domain.rollout.phases import Part, Phase, UnitOutcome, VersionState
from fairlead.domain.rollout.traffic import Backend, RouteElement, RouteTarget, Weights
from tests.domain.rollout.units import INTENTS, SHOP, T0, WWW, after, selector, spec_of

_WEIGHTS = Weights((Backend("shop-1", "1", 100), Backend("shop-2", "2", 0)))
FULL = Anchor(
    epoch=4,
    phase=Phase.REVERTING,
    part=Part.BACK,
    since=T0,
    deadline=after(120),
    candidate=Candidate(
        spec=spec_of("2"),
        intent="i1",
        deployment="d1",
        by="ann",
        previous="1",
        floor_since=after(3),
        gates_passed=True,
        outcome=UnitOutcome.ABORTED,
        reason="asked for",
    ),
    versions=(
        Version(
            spec=spec_of("1", autoscaled=True),
            state=VersionState.HOT,
            since=T0,
            deployment="d0",
            by="bob",
            replicas={"shop": 8},
            deadline=after(600),
            until=after(1200),
            was_live=True,
            objects=(Owned(SHOP, "u1"),),
        ),
        Version(spec=spec_of("2"), state=VersionState.LIVE, since=T0, deployment="d1", by="ann", replicas={"shop": 2}),
        Version(spec=spec_of("0"), state=VersionState.ABSENT, since=T0, deployment="d", by="ann", replicas={}),
    ),
    elements=(RouteElement(SHOP, selector("1"), selector("2")), RouteElement(WWW, _WEIGHTS, None)),
    foreign=(RouteTarget(SHOP, selector("9")),),
    queue=INTENTS[:3],
    waiting=INTENTS[3:],
    hold=UnitHold("sha256:2", "ann", T0, "gates failed"),
    paused=T0,
    frozen=after(1),
    blocked=Block(phase=Phase.SOAKING, event="gatesFailed", at=T0, explanation="the old side is gone"),
    unreachable=after(2),
    degraded=after(3),
    undeploy=Undeploy("i10", "ann", T0, "d3"),
    counter=12,
    hosts=("shop.example.org",),
    ended=(Ended(intent="i0", deployment="d0", outcome=UnitOutcome.DEPLOYED, at=T0),),
    unknown={"later": {"a": [1]}},
)


@pytest.mark.parametrize("anchor", [Anchor(), FULL], ids=["empty", "full"])
def test_an_anchor_comes_back_from_its_json(anchor: Anchor) -> None:
    assert Anchor.from_json(json.loads(json.dumps(anchor.to_json()))) == anchor


def test_what_a_later_version_added_is_kept() -> None:
    stored = FULL.to_json()
    assert stored["later"] == {"a": [1]}
    assert stored["version"] == VERSION
    assert "unknown" not in stored


def test_an_anchor_of_a_later_version_is_not_touched() -> None:
    with pytest.raises(AnchorTooNew):
        Anchor.from_json({**FULL.to_json(), "version": VERSION + 1})


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        {},
        {"version": "1"},
        {"version": True},
        {"version": 1, "phase": "Sleeping"},
        {"version": 1, "versions": {}},
        {"version": 1, "versions": [{"state": "Live"}]},
        {"version": 1, "elements": [{"ref": SHOP.to_json(), "before": {"kind": "dns"}, "after": None}]},
        {
            "version": 1,
            "elements": [{"ref": SHOP.to_json(), "before": {"kind": "selector", "labels": 1}, "after": None}],
        },
        {"version": 1, "candidate": 5},
    ],
    ids=range(11),
)
def test_what_is_no_anchor_is_refused(stored: Any) -> None:
    with pytest.raises(AnchorUnreadable):
        Anchor.from_json(stored)


def test_versions_are_found_by_state_and_name() -> None:
    assert FULL.candidate is not None
    assert FULL.candidate.version == "2"
    live = FULL.live
    assert live is not None
    assert live.name == "2"
    assert Anchor().live is None
    assert [one.name for one in FULL.present] == ["1", "2"]
    assert FULL.version("0") is FULL.versions[2]
    assert FULL.version("5") is None


def test_a_route_may_be_one_of_the_switch_or_one_that_a_person_allowed() -> None:
    assert FULL.allows(SHOP, selector("1"))
    assert FULL.allows(SHOP, selector("9"))
    assert not FULL.allows(SHOP, selector("8"))
    assert not FULL.allows(WWW, selector("9"))
    assert FULL.allows(WWW, None)
    assert Anchor().allows(SHOP, selector("8"))


def test_an_intent_is_queued_once() -> None:
    once = submitted(Anchor(), Abort("a", "ann", T0))
    assert [one.id for one in once.queue] == ["a"]
    assert submitted(once, Abort("a", "bob", after(1))) is once
    assert submitted(FULL, Abort("i0", "ann", T0)) is FULL
    assert submitted(FULL, Abort("i1", "ann", T0)) is FULL
    assert submitted(FULL, Abort("i4", "ann", T0)) is FULL
    alone = replace(FULL, queue=(), waiting=())
    assert submitted(alone, Abort("i1", "ann", T0)) is alone
    assert len(submitted(alone, Abort("i4", "ann", T0)).queue) == 1
