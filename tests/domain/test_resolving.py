from __future__ import annotations

import pytest

from fairlead.domain.documents import MappingNode, ScalarNode, SequenceNode
from fairlead.domain.errors import InputError
from fairlead.domain.resolving import Unreadable, is_null, key_text, scalar_value, to_object


@pytest.mark.parametrize(
    ("text", "tag", "plain", "value"),
    [
        ("12", None, True, 12),
        ("12", None, False, "12"),
        ("12", "str", True, "12"),
        ("3", "int", False, 3),
        ("3", "float", True, 3),
        ("1.5", "float", False, 1.5),
        ("yes", "bool", True, True),
        ("", "null", False, None),
        ("", "str", True, ""),
        ("2020-01-01", "timestamp", True, "2020-01-01"),
        ("aGVs\n bG8=", "binary", True, "hello"),
    ],
)
def test_scalars_by_tag(text: str, tag: str | None, plain: bool, value: object) -> None:
    assert scalar_value(text, tag, plain=plain) == value


@pytest.mark.parametrize(
    ("text", "tag"),
    [("1.5", "int"), ("x", "float"), ("1", "bool"), ("x", "null"), (".inf", None), ("%", "binary"), ("/w==", "binary")],
)
def test_scalars_that_do_not_fit(text: str, tag: str | None) -> None:
    with pytest.raises(Unreadable):
        scalar_value(text, tag, plain=True)


@pytest.mark.parametrize(
    ("text", "tag", "plain", "key"),
    [
        ("010", None, True, "8"),
        ("010", None, False, "010"),
        ("1", "str", True, "1"),
        ("on", None, True, "true"),
        ("0x1F", "int", False, "31"),
        ("y", "bool", False, "true"),
    ],
)
def test_keys_become_texts(text: str, tag: str | None, plain: bool, key: str) -> None:
    assert key_text(text, tag, plain=plain) == key


@pytest.mark.parametrize(("text", "tag"), [("", None), ("~", None), (".nan", None), ("x", "int"), ("", "null")])
def test_keys_that_cannot_be_texts(text: str, tag: str | None) -> None:
    with pytest.raises(Unreadable):
        key_text(text, tag, plain=True)


def test_nodes_become_values() -> None:
    items = SequenceNode((ScalarNode("1", True, 1, 5), ScalarNode("x", True, 1, 8)), 1, 4)
    node = MappingNode(((ScalarNode("a", True, 1, 1), items),), 1, 1)
    assert to_object(node, "f") == {"a": [1, "x"]}


@pytest.mark.parametrize(
    "node",
    [
        ScalarNode(".inf", True, 3, 4),
        MappingNode(((ScalarNode("~", True, 3, 4), ScalarNode("x", True, 9, 9)),), 1, 1),
    ],
)
def test_unreadable_nodes_are_located(node: ScalarNode | MappingNode) -> None:
    with pytest.raises(InputError) as caught:
        to_object(node, "f.yaml")
    (problem,) = caught.value.problems
    assert (problem.code, problem.file, problem.line, problem.column) == ("invalidScalar", "f.yaml", 3, 4)


def test_two_keys_that_become_one_are_refused() -> None:
    entries = ((ScalarNode("010", True, 1, 1), ScalarNode("x", True, 1, 6)), (ScalarNode("8", True, 2, 1),) * 2)
    with pytest.raises(InputError) as caught:
        to_object(MappingNode(entries, 1, 1), "f.yaml")
    assert (caught.value.code, caught.value.problems[0].line) == ("duplicateKey", 2)


def test_nothing() -> None:
    assert is_null(ScalarNode("~", True, 1, 1))
    assert not is_null(ScalarNode("", False, 1, 1))
    assert not is_null(ScalarNode("", True, 1, 1, "str"))
    assert not is_null(SequenceNode((), 1, 1))
