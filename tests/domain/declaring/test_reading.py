from __future__ import annotations

import pytest

from fairlead.domain.declaring.findings import Findings
from fairlead.domain.declaring.found import (
    Found,
    FoundFlag,
    FoundList,
    FoundMap,
    FoundPath,
    FoundRecord,
    FoundStructure,
    FoundText,
    paths_in,
)
from fairlead.domain.declaring.reading import Reader, describe
from fairlead.domain.declaring.shapes import (
    Either,
    Field,
    Flag,
    ListOf,
    MapOf,
    OneOf,
    PathRole,
    PathText,
    Record,
    Structure,
    Text,
)
from fairlead.domain.documents import MappingNode, ScalarNode, SequenceNode
from fairlead.doors.yaml import read_document

INNER = Record("inner", "Inner", (Field("path", PathText(PathRole.VALUES_FILE), "A path.", required=True),))
SHAPE = Record(
    "outer",
    "Outer",
    (
        Field("name", Text(r"[a-z]+", "letters"), "A name.", required=True),
        Field("track", Text(choices=("Fast", "Slow"), expected="a track"), "A choice."),
        Field("on", Flag(), "A flag."),
        Field("items", ListOf(Text()), "A list."),
        Field("labels", MapOf(Text(r"[a-z]+", "letters"), Text(r"[a-z]*", "letters")), "A map."),
        Field("any", Structure(), "Anything."),
        Field("inner", INNER, "A record."),
        Field("mixed", ListOf(Either(PathText(PathRole.RELEASES_FILE), INNER)), "Both."),
        Field("left", INNER, "One."),
        Field("right", ListOf(Text()), "Other."),
        Field("dead", Text(), "Dead.", without_effect="remove it"),
    ),
    one_of=(OneOf(("left", "right"), "leftOrRight", "choose"),),
    former=(("old", "write name"),),
)
GOOD = "name: a\nright: [x]\n"


def read(text: str) -> tuple[Found | None, Findings]:
    findings = Findings()
    root = read_document(text.encode(), "dir/f.yaml").root
    assert root is not None
    return Reader("dir/f.yaml", findings).read(root, SHAPE), findings


def record(text: str) -> FoundRecord:
    found, findings = read(text)
    assert findings.problems == ()
    assert isinstance(found, FoundRecord)
    assert found.sound
    return found


def test_everything_that_can_be_found() -> None:
    found = record(
        """\
name: abc
track: Slow
on: yes
items: [1.10, 'x']
labels: {a: b, c: ''}
any: [1, {b: c}]
inner: {path: v.yaml}
mixed: [r.yaml, {path: w.yaml}]
right: [1]
"""
    )
    assert found.text("name") == "abc"
    assert found.text("track") == "Slow"
    assert found.flag("on")
    assert [item.text for item in found.texts("items")] == ["1.10", "x"]
    assert found.pairs("labels") == (("a", "b"), ("c", ""))
    assert isinstance(found.fields["any"], FoundStructure)
    assert [path.request.text for path in paths_in(found)] == ["v.yaml", "r.yaml", "w.yaml"]
    assert {path.request.directory for path in paths_in(found)} == {"dir"}
    assert (found.at("mixed").line, found.at("mixed").column, found.at("mixed").path) == (8, 8, "mixed")
    assert found.at("left") == found.place


def test_what_is_absent() -> None:
    found = record(GOOD)
    assert found.text("track") is None
    assert found.flag("on", default=True)
    assert not found.flag("on")
    assert found.record("inner") is None
    assert found.path("inner") is None
    assert found.structure("any") is None
    assert found.pairs("labels") == ()
    assert list(found.records("mixed")) == []


@pytest.mark.parametrize("text", ["items:\n", "items: ~\n", "items: []\n"])
def test_a_list_of_nothing_is_empty(text: str) -> None:
    assert record(GOOD + text).items("items") == ()


# Each row: text, then code, line, column and path of every problem.
MISTAKES: list[tuple[str, list[tuple[str, int, int, str]]]] = [
    ("name: [a]\nright: [x]\n", [("wrongType", 1, 7, "name")]),
    ("name:\nright: [x]\n", [("wrongType", 1, 6, "name")]),
    ("name: A1\nright: [x]\n", [("invalidValue", 1, 7, "name")]),
    ("right: [x]\n", [("missingKey", 1, 1, "")]),
    (GOOD + "track: Slwo\n", [("invalidValue", 3, 8, "track")]),
    (GOOD + "track: {a: b}\n", [("wrongType", 3, 8, "track")]),
    (GOOD + "on: 'yes'\n", [("wrongType", 3, 5, "on")]),
    (GOOD + "on: 1\n", [("wrongType", 3, 5, "on")]),
    (GOOD + "on: .inf\n", [("wrongType", 3, 5, "on")]),
    (GOOD + "on: [true]\n", [("wrongType", 3, 5, "on")]),
    (GOOD + "items: x\n", [("wrongType", 3, 8, "items")]),
    (GOOD + "items: [a, [b], {c: d}]\n", [("wrongType", 3, 12, "items[1]"), ("wrongType", 3, 17, "items[2]")]),
    (GOOD + "labels: [a]\n", [("wrongType", 3, 9, "labels")]),
    (GOOD + "labels: {A: b, c: D}\n", [("invalidValue", 3, 10, "labels.A"), ("invalidValue", 3, 19, "labels.c")]),
    (GOOD + "inner: x\n", [("wrongType", 3, 8, "inner")]),
    (GOOD + "inner: {}\n", [("missingKey", 3, 8, "inner")]),
    (GOOD + "inner: {path: [x]}\n", [("wrongType", 3, 15, "inner.path")]),
    (GOOD + "mixed: [[x]]\n", [("wrongType", 3, 9, "mixed[0]")]),
    (GOOD + "mixed: [{pth: x}]\n", [("missingKey", 3, 9, "mixed[0]"), ("unknownKey", 3, 10, "mixed[0].pth")]),
    (GOOD + "nmae: a\n", [("unknownKey", 3, 1, "nmae")]),
    (GOOD + "Name: a\n", [("unknownKey", 3, 1, "Name")]),
    (GOOD + "old: a\n", [("unknownKey", 3, 1, "old")]),
    (GOOD + "dead: a\n", [("withoutEffect", 3, 1, "dead")]),
    (GOOD + "left: {path: x}\n", [("leftOrRight", 1, 1, "")]),
    ("name: a\n", [("leftOrRight", 1, 1, "")]),
    ("name: a\nright: []\n", [("leftOrRight", 1, 1, "")]),
    ("name: a\nleft:\n", [("leftOrRight", 1, 1, "")]),
    ("name: a\nrigth: [x]\n", [("unknownKey", 2, 1, "rigth")]),
    ("- a\n", [("wrongType", 1, 1, "")]),
]


@pytest.mark.parametrize(("text", "problems"), MISTAKES)
def test_mistakes(text: str, problems: list[tuple[str, int, int, str]]) -> None:
    _, findings = read(text)
    assert [(p.code, p.line, p.column, p.path or "") for p in findings.problems] == problems
    assert all(problem.file == "dir/f.yaml" and problem.remedy for problem in findings.problems)


def test_an_unknown_key_names_the_near_one_and_an_old_one_what_to_write() -> None:
    _, findings = read(GOOD + "itmes: []\nold: x\n")
    assert ["`items`" in (p.remedy or "") for p in findings.problems] == [True, False]
    assert findings.problems[1].remedy == "write name"


def test_a_record_with_a_mistake_is_not_sound() -> None:
    found, _ = read(GOOD + "track: x\n")
    assert isinstance(found, FoundRecord)
    assert not found.sound
    dead, _ = read(GOOD + "dead: x\ninner:\n")
    assert isinstance(dead, FoundRecord)
    assert dead.sound


@pytest.mark.parametrize(
    ("node", "words"),
    [
        (SequenceNode((), 1, 1), "a list"),
        (MappingNode((), 1, 1), "a mapping"),
        (ScalarNode("~", True, 1, 1), "nothing"),
        (ScalarNode("5", True, 1, 1), "the integer '5'"),
        (ScalarNode("5.5", True, 1, 1), "the number '5.5'"),
        (ScalarNode("on", True, 1, 1), "the boolean 'on'"),
        (ScalarNode("on", False, 1, 1), "the text 'on'"),
        (ScalarNode(".inf", True, 1, 1), "the text '.inf'"),
        (ScalarNode("x" * 100, True, 1, 1), f"the text '{'x' * 57}...'"),
    ],
)
def test_nodes_in_words(node: SequenceNode | MappingNode | ScalarNode, words: str) -> None:
    assert describe(node) == words


def test_kinds_do_not_mix() -> None:
    found = record(GOOD + "items: [a]\non: true\nlabels: {a: b}\n")
    assert isinstance(found.fields["items"], FoundList)
    assert isinstance(found.fields["on"], FoundFlag)
    assert isinstance(found.fields["labels"], FoundMap)
    assert isinstance(found.fields["name"], FoundText)
    assert not any(isinstance(value, FoundPath) for value in found.fields.values())
    assert found.text("on") is None
    assert not found.flag("name")
