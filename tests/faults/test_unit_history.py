"""The checks of a unit's history notice each invariant that is broken."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from fairlead.domain.packing import pack
from fairlead.domain.rollout.anchor import Anchor, Version
from fairlead.domain.rollout.phases import Phase, VersionState
from tests.domain.rollout.walks import deployed, unit_in
from tests.faults.unit_anchors import ANCHOR_TYPE, broken_by_anchors
from tests.faults.unit_history import Change, History, ready_at_switch


def _route(version: str) -> dict[str, Any]:
    return {"kind": "Service", "metadata": {"name": "shop"}, "spec": {"selector": {"version": version}}}


def _pods(version: str, count: int) -> list[dict[str, Any]]:
    ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    made = [{"uid": f"{version}-{number}", "labels": {"version": version}} for number in range(count)]
    return [{"kind": "Pod", "metadata": metadata, "status": ready} for metadata in made]


def _workload(version: str, replicas: int) -> dict[str, Any]:
    metadata = {"name": f"shop-{version}", "uid": version, "labels": {"version": version}}
    return {"kind": "Deployment", "metadata": metadata, "spec": {"replicas": replicas}}


def _stored(anchor: Anchor) -> dict[str, Any]:
    return {"kind": "Secret", "type": ANCHOR_TYPE, "data": {"document": pack(anchor.to_json())[0]}}


def _broken(*objects: dict[str, Any]) -> list[str]:
    numbers = count(1)
    changes = [Change(next(numbers), one["kind"], gone=False, obj=one) for one in objects]
    return [told.partition(":")[0] for told in broken_by_anchors(changes, "shop")]


def _anchor(phase: Phase) -> Anchor:
    return unit_in(phase).anchor


def _timeless(phase: Phase) -> Anchor:
    anchor = _anchor(phase)
    return replace(anchor, deadline=None, versions=tuple(replace(one, until=None) for one in anchor.versions))


def _live_again(anchor: Anchor, name: str) -> Anchor:
    def lively(one: Version) -> Version:
        return replace(one, state=VersionState.LIVE) if one.name == name else one

    return replace(anchor, versions=tuple(lively(one) for one in anchor.versions))


def test_a_rollout_as_it_should_be_breaks_nothing() -> None:
    parts = [_stored(replace(_anchor(Phase.SWITCHING), versions=())), _route("1"), *_pods("2", 4)]
    parts += [_stored(_anchor(phase)) for phase in (Phase.IDLE, Phase.WARMING, Phase.STAGING, Phase.SWITCHING)]
    parts += [_route("2"), *(_stored(_anchor(phase)) for phase in (Phase.CONFIRMING, Phase.SOAKING))]
    assert _broken(*parts) == []


@pytest.mark.parametrize(
    ("objects", "invariant"),
    [
        ((_stored(_anchor(Phase.WARMING)), _route("2")), "R3"),
        ((_stored(_anchor(Phase.SWITCHING)), _route("1"), _stored(_anchor(Phase.SOAKING))), "R4"),
        ((_stored(_anchor(Phase.IDLE)), _route("1"), _workload("1", 4), _workload("1", 0)), "R2"),
        ((_stored(_anchor(Phase.SWITCHING)), *_pods("2", 1), _route("2")), "R5"),
        ((_stored(_timeless(Phase.SWITCHING)), _workload("2", 4), _workload("2", 0)), "R7"),
        (
            (_stored(replace(_anchor(Phase.IDLE), counter=9)), _stored(_anchor(Phase.IDLE))),
            "counter",
        ),
        ((_stored(_live_again(_anchor(Phase.SOAKING), "1")),), "R6"),
        ((_stored(replace(_anchor(Phase.IDLE), epoch=9)), _stored(_anchor(Phase.IDLE))), "R8"),
        ((_stored(_anchor(Phase.SWITCHING)), _route("2"), _stored(_anchor(Phase.STAGING))), "R9"),
        ((_stored(_anchor(Phase.SWITCHING)), _route("0"), _stored(_anchor(Phase.SOAKING))), "R10"),
        ((_stored(_anchor(Phase.CONFIRMING)), _stored(deployed("0", "1", "2").anchor)), "R11"),
    ],
    ids=["R3", "R4", "R2", "R5", "R7", "counter", "R6", "R8", "R9", "R10", "R11"],
)
def test_what_should_not_be_is_noticed(objects: tuple[dict[str, Any], ...], invariant: str) -> None:
    assert invariant in _broken(*objects)


def test_pods_are_counted_when_the_traffic_comes() -> None:
    labels = {"fairlead.dev/unit": "shop"}
    objects = (*_pods("1", 1), _route("1"), *_pods("2", 2), _route("2"), *_pods("2", 3))
    changes = [
        Change(
            at, one["kind"], gone=False, obj={**one, "metadata": {**one["metadata"], "labels": labels | _labels(one)}}
        )
        for at, one in enumerate(objects, 1)
    ]
    assert [ready_at_switch(History(changes[:end]), "shop") for end in (2, 5, 8)] == [1, 2, 2]


def _labels(one: dict[str, Any]) -> dict[str, Any]:
    return dict(one["metadata"].get("labels", {}))
