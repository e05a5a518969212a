"""The state document: nothing is lost on the way to the cluster and back, and what is none is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.identity import ObjectRef
from fairlead.domain.state import Hold, ReleaseState, StateTooNew, StateUnreadable, remembered
from tests.fakes.states import INVENTORY, lock, recorded

FULL = ReleaseState(
    INVENTORY,
    (ObjectRef("apps/v1", "Deployment", "default", "web"),),
    lock(commit="c0ffee"),
    fence=3,
    number=7,
    hold=Hold(5, "sha256:bad", "ann", "2026-11-21T12:00:00Z", "it broke"),
    inputs_digest="sha256:in",
    deployments=(recorded(6), recorded(7, chunks=2)),
    forms=frozenset({("sha256:sent", "sha256:live"), ("sha256:a", "sha256:b")}),
    unknown={"later": {"a": 1}},
)
STORED = FULL.to_json()


@pytest.mark.parametrize("state", [ReleaseState(), FULL])
def test_a_state_survives_being_stored(state: ReleaseState) -> None:
    assert ReleaseState.from_json(json.loads(json.dumps(state.to_json()))) == state


def test_fields_of_a_later_version_are_kept() -> None:
    changed = replace(ReleaseState.from_json(STORED), number=8)
    assert changed.to_json()["later"] == {"a": 1}


def test_a_later_document_is_not_touched() -> None:
    with pytest.raises(StateTooNew):
        ReleaseState.from_json({**STORED, "version": 2})


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)
)


@given(name=st.sampled_from([name for name in STORED if name != "later"]), value=_JSON)
def test_a_field_of_another_shape_is_refused_or_read(name: str, value: Any) -> None:
    try:
        found = ReleaseState.from_json({**STORED, name: value})
    except StateUnreadable:
        return
    assert found.unknown == FULL.unknown


@pytest.mark.parametrize("value", [None, [], "", {}, {"version": "1"}, {"version": 1}])
def test_what_is_no_state_is_refused(value: Any) -> None:
    with pytest.raises(StateUnreadable):
        ReleaseState.from_json(value)


def test_deployments_are_remembered_each_once_and_none_is_forgotten_with_its_record_still_there() -> None:
    everything = [*(recorded(number) for number in range(1, 14)), recorded(13, chunks=1)]
    kept = remembered(everything)
    assert [one.number for one in kept] == list(range(1, 14))
    assert kept[-1].chunks == 1


def test_a_release_of_which_any_deployment_had_a_version_was_an_app() -> None:
    other = recorded(2)
    app = replace(recorded(1), deployment=replace(recorded(1).deployment, version="1"))
    assert not ReleaseState(deployments=(other,)).was_app
    assert ReleaseState(deployments=(app, other)).was_app
    assert ReleaseState.from_json(ReleaseState(deployments=(app,)).to_json()).was_app
