from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.domain.documents import MappingNode, ScalarNode, SequenceNode
from fairlead.domain.errors import InputError
from fairlead.doors.process import Program, run
from fairlead.doors.yaml import dump_stream, read_document, read_manifests, read_values
from tests.conftest import GOLDENS

FIXTURES = Path(__file__).parents[1] / "fixtures" / "config"


def root(text: str) -> Any:
    return read_document(text.encode(), "f.yaml").root


def value_of(text: str) -> str:
    node = root(text)
    assert isinstance(node, MappingNode)
    value = node.entries[0][1]
    assert isinstance(value, ScalarNode)
    return value.text


@pytest.mark.parametrize("text", ["1.10", "3842e10", "00123", "yes", "y", "010", "1_000", "0x10", "2020-01-01", "~"])
def test_declared_files_keep_source_text(text: str) -> None:
    assert value_of(f"tag: {text}\n") == text


def test_nodes_know_where_they_stand() -> None:
    node = root("a:\n  - b: c\n")
    assert isinstance(node, MappingNode)
    key, value = node.entries[0]
    assert (key.line, key.column) == (1, 1)
    assert isinstance(value, SequenceNode)
    assert (value.line, value.column) == (2, 3)
    inner = value.items[0]
    assert isinstance(inner, MappingNode)
    assert (inner.entries[0][1].line, inner.entries[0][1].column) == (2, 8)


def test_quotes_and_tags_are_seen() -> None:
    items = root("- a\n- 'b'\n- !!str c\n- ! d\n- |-\n  e\n").items
    assert [(item.text, item.plain, item.tag) for item in items] == [
        ("a", True, None),
        ("b", False, None),
        ("c", True, "str"),
        ("d", False, None),
        ("e", False, None),
    ]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "\ufeff"])
def test_nothing_in_a_file(text: str) -> None:
    node = root(text)
    assert node is None or (isinstance(node, ScalarNode) and node.text == "")
    assert read_values(text.encode(), "f.yaml") == {}


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read_values("\ufeffa: 1\n".encode(), "f.yaml") == {"a": 1}


def test_repeated_keys_are_collected() -> None:
    document = read_document(b"a: 1\nb:\n  c: 1\n  c: 2\na: 3\n", "f.yaml")
    assert [(p.code, p.line, p.column) for p in document.problems] == [("duplicateKey", 4, 3), ("duplicateKey", 5, 1)]


def test_a_second_document_is_a_problem() -> None:
    document = read_document(b"a: 1\n---\nb: 2\n---\nc: 3\n", "f.yaml")
    assert [(p.code, p.line) for p in document.problems] == [("severalDocuments", 3)]
    assert isinstance(document.root, MappingNode)


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        (b"a:\n\t- b\n", "yamlSyntax", 2, 1),
        (b"a: [1, 2\nb: 3\n", "yamlSyntax", 2, 2),
        (b"a: 'x\n", "yamlSyntax", 2, 1),
        (b"a: b: c\n", "yamlSyntax", 1, 5),
        (b"a: *gone\n", "yamlSyntax", 1, 4),
        (b"a: &x [*x]\n", "aliasLoop", 1, 8),
        (b"a: 1\nb: \xff\n", "notUtf8", 2, 4),
        (b"\xff\xfea\x00", "notUtf8", 1, 1),
        (b"a: !Foo b\n", "customTag", 1, 4),
        (b"a: !!set {b}\n", "customTag", 1, 4),
        (b"a: !!seq {b: c}\n", "customTag", 1, 4),
        (b"? [a]\n: b\n", "complexKey", 1, 3),
        (b"a: {<<: 1}\n", "yamlSyntax", 1, 5),
        (b"a: {<<: [{}, 1]}\n", "yamlSyntax", 1, 5),
    ],
)
def test_mistakes_are_located(text: bytes, code: str, line: int, column: int) -> None:
    for read in (lambda: read_document(text, "f.yaml"), lambda: read_manifests(text, "f.yaml")):
        with pytest.raises(InputError) as caught:
            read()
        (problem,) = caught.value.problems
        assert (problem.code, problem.file, problem.line, problem.column) == (code, "f.yaml", line, column)
        assert problem.remedy


def test_control_characters_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        read_document(b"a: \x07\n", "f.yaml")
    assert caught.value.code == "yamlSyntax"


# Each was run through sigs.k8s.io/yaml 1.6.0.
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: {<<: {x: 1, z: 2}, x: 3}", {"a": {"x": 3, "z": 2}}),
        ("a: {x: 3, <<: {x: 1, z: 2}}", {"a": {"x": 1, "z": 2}}),
        ("a: {<<: [{x: 1}, {x: 2, z: 1}]}", {"a": {"x": 1, "z": 1}}),
        ("a: {<<: {x: 1}, <<: {z: 1}}", {"a": {"x": 1, "z": 1}}),
        ("'<<': {x: 1}", {"<<": {"x": 1}}),
        ("a: &n 1\nb: *n", {"a": 1, "b": 1}),
        ("? !!str 1\n: b", {"1": "b"}),
        ("&k a: b", {"a": "b"}),
        ("y: 1", {"true": 1}),
        ("010: 1", {"8": 1}),
        ("a:\tb", {"a": "b"}),
        ("a: ! 12", {"a": "12"}),
        ("a: >\n  x\n", {"a": "x\n"}),
        ("- 1", [1]),
    ],
)
def test_manifests_mean_what_they_mean_to_kubectl(text: str, value: object) -> None:
    assert [found for found, _ in read_manifests(text.encode(), "f.yaml")] == [value]
    if isinstance(value, dict):
        assert read_values(text.encode(), "f.yaml") == value


def test_manifests_know_their_lines_and_empty_documents_are_left_out() -> None:
    stream = b"# head\n---\na: 1\n---\n---\n# nothing\n---\n\nb: 2\n"
    assert read_manifests(stream, "f.yaml") == (({"a": 1}, 3), ({"b": 2}, 9))


def test_repeated_keys_in_manifests() -> None:
    with pytest.raises(InputError) as caught:
        read_manifests(b"a: 1\nb: 1\na: 2\n", "f.yaml")
    assert (caught.value.code, caught.value.problems[0].line) == ("duplicateKey", 3)
    assert read_manifests(b"a: 1\na: 2\n", "f.yaml", duplicates=True) == (({"a": 2}, 1),)


def test_json_is_yaml() -> None:
    assert read_manifests(b'{"a": [1, 1.5, true, null, "\\u00e9"]}', "f.json") == (
        ({"a": [1, 1.5, True, None, "é"]}, 1),
    )


@pytest.mark.parametrize("text", ["[1]", "text", "5"])
def test_values_are_a_mapping(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_values(text.encode(), "v.yaml")
    assert caught.value.code == "wrongType"


@pytest.mark.parametrize("text", ["a: 1\na: 2\n", "a: 1\n---\nb: 2\n"])
def test_values_take_no_repeated_keys_and_no_second_document(text: str) -> None:
    with pytest.raises(InputError):
        read_values(text.encode(), "v.yaml")


def test_infinities_are_refused() -> None:
    for read in (read_values, read_manifests):
        with pytest.raises(InputError) as caught:
            read(b"a: 1\nb: .inf\n", "v.yaml")
        assert (caught.value.code, caught.value.problems[0].line) == ("invalidScalar", 2)


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(st.lists(st.dictionaries(st.text(), plain_values, min_size=1), max_size=3))
def test_what_is_written_reads_back(objects: list[Any]) -> None:
    text = dump_stream(objects)
    assert [value for value, _ in read_manifests(text.encode(), "out.yaml")] == objects


@pytest.mark.parametrize("text", json.loads((GOLDENS / "config" / "scalars.json").read_text())["values"])
def test_ambiguous_texts_are_quoted(text: str) -> None:
    assert read_manifests(dump_stream([{text: [text]}]).encode(), "out.yaml") == (({text: [text]}, 2),)


def test_the_stream_is_readable() -> None:
    made = {
        "kind": "ConfigMap",
        "data": {"script": "set -e\necho hi\n", "long": "word " * 40 + "end", "tag": "3842e10", "on": "yes"},
        "list": [{"a": 1}, []],
    }
    assert dump_stream([made, {"b": None}]) == (
        "---\nkind: ConfigMap\ndata:\n  script: |\n    set -e\n    echo hi\n"
        f"  long: {'word ' * 40}end\n"
        '  tag: "3842e10"\n  "on": "yes"\nlist:\n- a: 1\n- []\n---\nb: null\n'
    )


def test_shared_objects_are_written_out() -> None:
    shared = {"x": 1}
    assert "&" not in dump_stream([{"a": shared, "b": shared}])


WITHOUT_LIBYAML = r"""
import sys
sys.modules["yaml._yaml"] = None
import yaml
assert not yaml.__with_libyaml__
from fairlead.doors.yaml import dump_stream, read_document, read_manifests
data = sys.stdin.buffer.read()
print(read_document(data, "f.yaml"))
print(dump_stream([value for value, _ in read_manifests(data, "f.yaml")]))
for bad in (b"a: [1, 2\nb: 3\n", b"a: \x07", b"[" * 100000):
    try:
        read_document(bad, "f.yaml")
    except Exception as error:
        print(type(error).__name__, error.code)
"""


async def test_platforms_without_libyaml_read_and_write_the_same() -> None:
    data = (FIXTURES / "final" / "staging" / "apps.yaml").read_bytes()
    ended = await run(Program((sys.executable, "-c", WITHOUT_LIBYAML), stdin=data))
    objects = [value for value, _ in read_manifests(data, "f.yaml")]
    expected = f"{read_document(data, 'f.yaml')}\n{dump_stream(objects)}\n"
    assert ended.stdout.decode() == expected + "InputError yamlSyntax\n" * 2 + "InputError yamlTooLarge\n"


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for read in (read_document, read_values, read_manifests):
        try:
            read(data, "f.yaml")
        except InputError:
            continue


@given(st.text(alphabet="ab:-?[]{}&*!|>'\"#%@`,. \n\t0<~", max_size=60))
@settings(max_examples=1000)
def test_any_punctuation_is_read_or_refused(text: str) -> None:
    for read in (read_document, read_values, read_manifests):
        try:
            read(text.encode(), "f.yaml")
        except InputError:
            continue
