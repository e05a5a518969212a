from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.documents import MappingNode, ScalarNode, SequenceNode
from fairlead.domain.valuepaths import parse_path
from fairlead.domain.values import (
    Assignment,
    Branch,
    Items,
    Layer,
    Leaf,
    Origin,
    PathBlocked,
    Tree,
    assign,
    lookup,
    merge,
    plain,
    provenance,
    tree_of_node,
    tree_of_value,
    without_deleted,
)

ORIGIN = Origin(Layer.VALUES_FILE, "values.yaml", 1)
OTHER = Origin(Layer.VALUES, "apps.yaml", 7)

keys = st.sampled_from(["a", "b", "c", "d.e"])
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
)
mappings = st.dictionaries(keys, values, max_size=4)


def tree(value: Any, origin: Origin = ORIGIN) -> Tree:
    return tree_of_value(value, origin)


def branch(value: dict[str, Any]) -> Branch:
    made = tree(value)
    assert isinstance(made, Branch)
    return made


@pytest.mark.parametrize(
    ("weaker", "stronger", "merged"),
    [
        (
            {"a": {"d": 2}, "c": {"y": 1}, "l": [2, 3]},
            {"a": {"b": 1}, "c": "x", "l": [1]},
            {"a": {"b": 1, "d": 2}, "c": "x", "l": [1]},
        ),
        ({"a": "str"}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": {"b": 1}}, {"a": None}, {"a": None}),
        ({"a": None}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": {"b": 1}}, {"a": {}}, {"a": {"b": 1}}),
        ({}, {"a": {"b": None}}, {"a": {"b": None}}),
    ],
)
def test_merging(weaker: Any, stronger: Any, merged: Any) -> None:
    assert plain(merge(tree(weaker), tree(stronger))) == merged


@given(mappings)
def test_merging_with_itself_or_nothing_changes_nothing(a: Any) -> None:
    assert plain(merge(tree(a), tree(a))) == a
    assert plain(merge(tree({}), tree(a))) == a
    assert plain(merge(tree(a), tree({}))) == a


@given(mappings, mappings)
def test_every_key_of_both_survives_and_the_stronger_scalar_wins(a: Any, b: Any) -> None:
    merged = plain(merge(tree(a), tree(b)))
    assert merged.keys() == a.keys() | b.keys()
    for key, value in b.items():
        if not isinstance(value, dict):
            assert merged[key] == value


# Each row was run through Helm 4.3's strvals; None stands for its refusal.
ASSIGNMENTS: list[tuple[dict[str, Any], str, Any]] = [
    ({}, "a.b", {"a": {"b": "x"}}),
    ({}, r"a\.b", {"a.b": "x"}),
    ({}, "a[0]", {"a": ["x"]}),
    ({}, "a[2].b", {"a": [None, None, {"b": "x"}]}),
    ({}, "a[0][1]", {"a": [[None, "x"]]}),
    ({"a": [1, 2]}, "a[0]", {"a": ["x", 2]}),
    ({"a": [1]}, "a[3]", {"a": [1, None, None, "x"]}),
    ({"a": [1, 2]}, "a[0].b", {"a": [{"b": "x"}, 2]}),
    ({"a": [{"b": 1, "c": 2}]}, "a[0].b", {"a": [{"b": "x", "c": 2}]}),
    ({"a": {"b": 1}}, "a", {"a": "x"}),
    ({"a": ["str"]}, "a[0].b", {"a": [{"b": "x"}]}),
    ({"a": [None]}, "a[0].b", {"a": [{"b": "x"}]}),
    ({"a": [[1]]}, "a[0].b", {"a": [{"b": "x"}]}),
    ({"a": [[1]]}, "a[0][0]", {"a": [["x"]]}),
    ({"a": "str"}, "a.b", None),
    ({"a": "str"}, "a[0].b", None),
    ({"a": {"b": 1}}, "a[0]", None),
    ({"a": [1, 2]}, "a.b", None),
    ({"a": ["x"]}, "a[0][0]", None),
]


@pytest.mark.parametrize(("base", "path", "result"), ASSIGNMENTS)
def test_assigning_as_helm_does(base: dict[str, Any], path: str, result: Any) -> None:
    assignment = Assignment(parse_path(path), tree("x", OTHER))
    if result is None:
        with pytest.raises(PathBlocked) as caught:
            assign(branch(base), assignment)
        assert caught.value.origin == ORIGIN
    else:
        assert plain(assign(branch(base), assignment)) == result


@pytest.mark.parametrize("path", ["a.b", "a[0]"])
def test_a_null_on_the_way_gives_way(path: str) -> None:
    """Helm panics here; whoever sets a value below a deleted default wants that value."""
    assigned = assign(branch({"a": None}), Assignment(parse_path(path), tree("x")))
    assert lookup(plain(assigned), parse_path(path)) == "x"


@given(mappings, st.lists(keys | st.integers(0, 3), max_size=3))
def test_what_was_assigned_is_found(base: dict[str, Any], rest: list[str | int]) -> None:
    path = ("a", *rest)
    try:
        assigned = plain(assign(branch(base), Assignment(path, tree("x"))))
    except PathBlocked:
        return
    assert lookup(assigned, path) == "x"
    assert {key: value for key, value in assigned.items() if key != "a"} == {
        key: value for key, value in base.items() if key != "a"
    }


@pytest.mark.parametrize(
    ("chart", "user", "seen"),
    [
        ({"a": {"b": 1}, "c": 1}, {"a": None}, {"c": 1}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}, {"a": {"c": 2}}),
        ({"a": 1}, {"b": None}, {"a": 1, "b": None}),
        ({"a": {"b": 1}}, {"a": 5}, {"a": 5}),
        ({"a": [1]}, {"a": [2]}, {"a": [2]}),
    ],
)
def test_a_null_deletes_a_chart_default(chart: Any, user: Any, seen: Any) -> None:
    assert plain(without_deleted(tree(chart), tree(user))) == seen


def test_each_value_knows_where_it_was_written() -> None:
    file = MappingNode(
        (
            (
                ScalarNode("a", True, 1, 1),
                MappingNode(((ScalarNode("b", True, 2, 3), ScalarNode("1", True, 2, 6)),), 2, 3),
            ),
            (ScalarNode("l", True, 3, 1), SequenceNode((ScalarNode("x", True, 4, 5),), 4, 3)),
            (ScalarNode("dotted.key", True, 5, 1), MappingNode((), 5, 13)),
        ),
        1,
        1,
    )
    values = tree_of_node(file, "v.yaml", Layer.VALUES_FILE)
    assert isinstance(values, Branch)
    values = assign(values, Assignment(("a", "c"), tree("y", OTHER)))
    values = assign(values, Assignment(("l", 1), tree("z", OTHER)))
    places = {path: (origin.file, origin.line) for path, origin in provenance(values).items()}
    assert places == {
        "a.b": ("v.yaml", 2),
        "a.c": ("apps.yaml", 7),
        "l[0]": ("v.yaml", 4),
        "l[1]": ("apps.yaml", 7),
        r"dotted\.key": ("v.yaml", 5),
    }


@given(mappings)
def test_every_provenance_leads_to_a_value(a: Any) -> None:
    for path in provenance(tree(a)):
        found = lookup(a, parse_path(path))
        assert not found or not isinstance(found, (dict, list))


def test_no_values_have_no_provenance() -> None:
    assert provenance(tree({})) == {}


def test_masked_values_are_replaced_when_shown() -> None:
    made = Branch({"a": Items((Leaf("hush", OTHER, "(secret s/k)"),), OTHER), "b": tree(1)}, ORIGIN)
    assert plain(made) == {"a": ["hush"], "b": 1}
    assert plain(made, masked=True) == {"a": ["(secret s/k)"], "b": 1}


NESTED = {"foo": {"bar": "baz"}, "very": {"very": {"very": {"very": "deep"}}}, "a": "b", "l": [{"x": 1}]}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("foo.bar", "baz"),
        ("very.very.very.very", "deep"),
        ("a", "b"),
        ("l[0].x", 1),
        ("very.very.very.very.deep", None),
        ("unknown", None),
        ("l[1]", None),
        ("l.x", None),
        ("a[0]", None),
    ],
)
def test_lookup(path: str, found: object) -> None:
    assert lookup(NESTED, parse_path(path)) == found
