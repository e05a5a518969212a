from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.differences import Difference, counterpart, covers, differences, projection, same

PORTS = [{"port": 80, "protocol": "TCP"}, {"port": 80, "protocol": "UDP"}]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 2}, [(("a",), 1, 2)]),
        ({"a": 1}, {}, [(("a",), 1, None)]),
        ({}, {"a": None}, []),
        ({"a": True}, {"a": 1}, [(("a",), True, 1)]),
        ({"args": ["a"]}, {"args": ["a", "b"]}, [(("args",), ["a"], ["a", "b"])]),
        (
            [{"name": "a", "v": 1}],
            [{"name": "new"}, {"name": "a", "v": 2}],
            [(("0",), None, {"name": "new"}), (("1", "v"), 1, 2)],
        ),
        ([{"name": "a"}, {"name": "b"}], [{"name": "b"}], [(("0",), {"name": "a"}, None)]),
        (
            [{"name": "a"}, {"name": "b"}],
            [{"name": "b"}, {"name": "a"}],
            [((), [{"name": "a"}, {"name": "b"}], [{"name": "b"}, {"name": "a"}])],
        ),
        (PORTS, [PORTS[0], {**PORTS[1], "nodePort": 1}], [(("1", "nodePort"), None, 1)]),
        ([{"x": [1]}, {"x": [2]}], [{"x": [1]}, {"x": [3]}], [(("1", "x"), [2], [3])]),
        ([{"x": 1}], [{"x": 1}, {"x": 2}], [((), [{"x": 1}], [{"x": 1}, {"x": 2}])]),
    ],
)
def test_differences(old: Any, new: Any, expected: list[tuple[Any, ...]]) -> None:
    assert list(differences(old, new)) == [Difference(*one) for one in expected]


@given(JSON, JSON)
def test_nothing_differs_exactly_when_values_are_the_same(old: Any, new: Any) -> None:
    assert (list(differences(old, new)) == []) == same(old, new)


@given(JSON)
def test_every_value_covers_and_projects_itself(value: Any) -> None:
    assert covers(value, value)
    assert projection(value, value) == value


@pytest.mark.parametrize(
    ("wanted", "owned", "covered"),
    [
        ({"a": 1, "b": None}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": 1}, {}, False),
        ({"a": {}}, {}, False),
        ([1, 2], [2, 1], False),
        ([{"a": None}], [{}], True),
        ([{"a": 1}], [], False),
        ("1", 1, False),
        (None, 1, False),
    ],
)
def test_covers(wanted: Any, owned: Any, covered: bool) -> None:
    assert covers(wanted, owned) is covered


def test_projection_takes_live_values_of_what_is_declared() -> None:
    live = {"a": 5, "b": 2, "list": [{"name": "x", "v": 1}, {"name": "y", "v": 2, "w": 3}], "args": [1, 2]}
    declared = {"a": 1, "c": 1, "list": [{"name": "y", "v": 9}, {"name": "z", "v": 9}], "args": [7]}
    assert projection(live, declared) == {"a": 5, "list": [{"name": "y", "v": 2}], "args": [1, 2]}


@pytest.mark.parametrize(
    ("steps", "place"),
    [
        (("list", "0", "v"), ("list", "1", "v")),
        (("list", "1"), None),
        (("list", "9"), None),
        (("list", "x"), None),
        (("plain", "1"), ("plain", "1")),
        (("plain", "2"), None),
        (("missing",), None),
        ((), ()),
    ],
)
def test_counterpart_finds_the_same_element_elsewhere(steps: tuple[str, ...], place: tuple[str, ...] | None) -> None:
    value = {"list": [{"name": "y", "v": 1}, {"name": "z"}], "plain": [1, 2, 3]}
    other = {"list": [{"name": "x"}, {"name": "y", "v": 2}], "plain": [1, 2]}
    assert counterpart(value, other, steps) == place
