"""`fmt`, `json2yaml` and `yaml2json` on files and standard input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.doors.yaml import json_to_yaml, read_manifests
from tests.fakes.terminal import Terminal

UGLY, NEAT = "a:\n    - b:  1 # why\n", "a:\n  - b: 1 # why\n"


def test_a_file_is_brought_into_form(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(UGLY)
    (tmp_path / "b.yaml").write_text(NEAT)
    (tmp_path / "a.yaml").chmod(0o640)

    ended = Terminal(tmp_path).run("fmt", "a.yaml", "b.yaml", "--output", "json")

    assert ended.code == 0
    assert ended.document["files"] == [{"file": "a.yaml", "changed": True}, {"file": "b.yaml", "changed": False}]
    assert (tmp_path / "a.yaml").read_text() == NEAT
    assert (tmp_path / "a.yaml").stat().st_mode & 0o777 == 0o640


def test_a_check_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(UGLY)

    assert Terminal(tmp_path).run("fmt", "--check", "a.yaml").code == 1
    assert (tmp_path / "a.yaml").read_text() == UGLY
    (tmp_path / "a.yaml").write_text(NEAT)
    assert Terminal(tmp_path).run("fmt", "--check", "a.yaml").code == 0


def test_one_broken_file_leaves_all_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(UGLY)
    (tmp_path / "broken.yaml").write_text("a: [\n")

    ended = Terminal(tmp_path).run("fmt", "a.yaml", "broken.yaml", "missing.yaml", "--output", "json")

    assert ended.code == 2
    assert {(one["code"], one["file"]) for one in ended.document["errors"]} == {
        ("yamlSyntax", "broken.yaml"),
        ("missingFile", "missing.yaml"),
    }
    assert (tmp_path / "a.yaml").read_text() == UGLY


@pytest.mark.parametrize(
    ("command", "text", "expected"),
    [
        (
            "json2yaml",
            '{"a": 1.10, "b": [1e3, 20, true, null, "1.0"]}',
            'a: 1.10\nb:\n- 1e3\n- 20\n- true\n- null\n- "1.0"\n',
        ),
        ("json2yaml", '{"a": 1}\n{"b": 2}', "---\na: 1\n---\nb: 2\n"),
        ("json2yaml", "12345678901234567890", "12345678901234567890\n"),
        ("yaml2json", "a: 1.10\n---\nb: yes\n", '{\n  "a": 1.1\n}\n{\n  "b": true\n}\n'),
        ("yaml2json", "a: é😀\n", '{\n  "a": "é😀"\n}\n'),
    ],
)
def test_conversions(tmp_path: Path, command: str, text: str, expected: str) -> None:
    (tmp_path / "file").write_text(text)

    from_file = Terminal(tmp_path).run(command, "file")
    from_input = Terminal(tmp_path, answers=text).run(command)

    assert (from_file.code, from_file.stdout) == (0, expected)
    assert from_input.stdout == expected


@pytest.mark.parametrize(
    ("command", "content", "code", "line"),
    [
        ("json2yaml", b'{"a": 1,\n "b": }', "jsonSyntax", 2),
        ("json2yaml", b'{"a": NaN}', "jsonSyntax", 1),
        ("json2yaml", b"[" * 100_000, "jsonSyntax", 1),
        ("json2yaml", b"\xff", "notUtf8", None),
        ("yaml2json", b"a: [\n", "yamlSyntax", 2),
        ("yaml2json", b"a: 1\na: 2\n", "duplicateKey", 2),
        ("yaml2json", b"a: .inf\n", "invalidScalar", 1),
        ("yaml2json", b"a: !!python/object:x {}\n", "customTag", 1),
    ],
)
def test_what_cannot_be_carried_over_is_refused(
    tmp_path: Path, command: str, content: bytes, code: str, line: int | None
) -> None:
    (tmp_path / "file").write_bytes(content)

    ended = Terminal(tmp_path).run(command, "file", "--output", "json")

    assert ended.code == 2
    (problem,) = ended.document["errors"]
    assert (problem["code"], problem["file"], problem["line"]) == (code, "file", line)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert Terminal(tmp_path).run("yaml2json", "missing").code == 2


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e15, 1e15) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(_JSON)
def test_json_means_the_same_as_yaml(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False)

    ((again, _),) = read_manifests(json_to_yaml(text, "f").encode(), "f") or ((None, 1),)

    assert again == value
