from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.json_patch import PatchFailed, apply_json_patch, format_pointer, parse_pointer

DOCUMENT = {"a": {"b": [1, 2, 3]}, "x/y": {"~": 1}, "t": True}


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([{"op": "add", "path": "/a/c", "value": 1}], {"a": {"b": [1, 2, 3], "c": 1}}),
        ([{"op": "add", "path": "/a/b/1", "value": 9}], {"a": {"b": [1, 9, 2, 3]}}),
        ([{"op": "add", "path": "/a/b/-", "value": 9}], {"a": {"b": [1, 2, 3, 9]}}),
        ([{"op": "add", "path": "/a/b/3", "value": 9}], {"a": {"b": [1, 2, 3, 9]}}),
        ([{"op": "remove", "path": "/a/b/0"}], {"a": {"b": [2, 3]}}),
        ([{"op": "replace", "path": "/a/b", "value": "s"}], {"a": {"b": "s"}}),
        ([{"op": "move", "from": "/a/b", "path": "/b"}], {"a": {}, "b": [1, 2, 3]}),
        ([{"op": "copy", "from": "/a/b/0", "path": "/c"}], {"a": {"b": [1, 2, 3]}, "c": 1}),
        (
            [{"op": "add", "path": "/a/b/0", "value": {"c": 1}}, {"op": "replace", "path": "/a/b/0/c", "value": 2}],
            {"a": {"b": [{"c": 2}, 1, 2, 3]}},
        ),
        ([{"op": "test", "path": "/x~1y/~0", "value": 1}], {}),
        ([{"op": "replace", "path": "/x~1y/~0", "value": 2}], {"x/y": {"~": 2}}),
    ],
)
def test_operations(operations: list[Any], expected: dict[str, Any]) -> None:
    assert apply_json_patch(DOCUMENT, operations) == {**DOCUMENT, **expected}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/missing"},
        {"op": "replace", "path": "/missing", "value": 1},
        {"op": "add", "path": "/missing/deep", "value": 1},
        {"op": "add", "path": "/a/b/4", "value": 1},
        {"op": "add", "path": "/a/b/01", "value": 1},
        {"op": "add", "path": "/t/x", "value": 1},
        {"op": "replace", "path": "/t/x", "value": 1},
        {"op": "test", "path": "/t", "value": 1},
        {"op": "test", "path": "/a/b/0", "value": 2},
        {"op": "frobnicate", "path": "/a"},
        {"op": "add", "path": "a", "value": 1},
        {"op": "add", "path": 3, "value": 1},
        {"op": "add", "path": "/a"},
        {"path": "/a"},
        "add",
    ],
)
def test_what_does_not_fit_is_refused_whole(operation: Any) -> None:
    before = copy.deepcopy(DOCUMENT)
    with pytest.raises(PatchFailed) as caught:
        apply_json_patch(DOCUMENT, [{"op": "add", "path": "/new", "value": 1}, operation])
    assert caught.value.index == 1
    assert before == DOCUMENT


@given(st.lists(st.text()))
def test_a_pointer_survives_the_round_trip(steps: list[str]) -> None:
    assert parse_pointer(format_pointer(steps)) == tuple(steps)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1, max_size=3), JSON, min_size=1), JSON)
def test_adding_then_removing_changes_nothing(document: dict[str, Any], value: Any) -> None:
    fresh = "/" + "x" * 9
    added = apply_json_patch(document, [{"op": "add", "path": fresh, "value": value}])
    assert added != document
    assert apply_json_patch(added, [{"op": "remove", "path": fresh}]) == document


def test_the_whole_document_can_be_replaced_and_removed() -> None:
    assert apply_json_patch(DOCUMENT, [{"op": "add", "path": "", "value": 1}]) == 1
    assert apply_json_patch(DOCUMENT, [{"op": "replace", "path": "", "value": [1]}]) == [1]
    assert apply_json_patch(DOCUMENT, [{"op": "remove", "path": ""}]) is None
