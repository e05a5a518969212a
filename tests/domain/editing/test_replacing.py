"""One scalar changes, byte by byte nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.editing.replacing import Edit, edited, is_plain, replacing, written
from fairlead.domain.editing.spans import AliasSpan, MappingSpan, ScalarSpan, Style, at_path, end_of, mapping_at
from fairlead.domain.valuepaths import parse_path
from fairlead.doors.yaml import read_values
from fairlead.doors.yaml_spans import read_spans


def change(text: str, path: str, new: str) -> str:
    span = at_path(read_spans(text), parse_path(path))
    assert isinstance(span, ScalarSpan | AliasSpan)
    return edited(text, [replacing(text, span, new)])


@pytest.mark.parametrize(
    ("text", "path", "new", "expected"),
    [
        ("a: 1.2 # why\nb: 2\n", "a", "v1.3", "a: v1.3 # why\nb: 2\n"),
        ("a: 1.2\n", "a", "1.10", 'a: "1.10"\n'),
        ("a: '1.2'   # why\n", "a", "1.3", "a: '1.3'   # why\n"),
        ('a: "1.2"\n', "a", "1.3", 'a: "1.3"\n'),
        ("a: 'x'\n", "a", "it's", "a: 'it''s'\n"),
        ('a: "x"\n', "a", 'say "hi"', 'a: "say \\"hi\\""\n'),
        ("a: {b: {c: x, d: y}}\n", "a.b.c", "z", "a: {b: {c: z, d: y}}\n"),
        ("a: [x, y]\n", "a[1]", "z", "a: [x, z]\n"),
        ("a:\n  - b: x\n  - b: y\n", "a[1].b", "z", "a:\n  - b: x\n  - b: z\n"),
        ("a: x\r\nb: y\r\n", "a", "z", "a: z\r\nb: y\r\n"),
        ("é😀: x\na: '😀' # 😀\nb: 1\n", "a", "z", "é😀: x\na: 'z' # 😀\nb: 1\n"),
        ("a: &tag v1\nb: *tag\n", "a", "v2", "a: &tag v2\nb: *tag\n"),
        ("a: &tag v1\nb: *tag\n", "b", "v2", "a: &tag v1\nb: v2\n"),
        ("a: !!str 12\n", "a", "v2", "a: !!str v2\n"),
        ("a: &x\nb: 1\n", "a", "v2", "a: &x v2\nb: 1\n"),
        ("a:\nb: 1\n", "a", "v2", "a: v2\nb: 1\n"),
        ("a: # why\nb: 1\n", "a", "v2", "a: v2 # why\nb: 1\n"),
        ("a: |-\n  v1\nb: 1\n", "a", "1.10", "a: |-\n  1.10\nb: 1\n"),
        ("a: >- # why\n  v1\n\n# why\nb: 1\n", "a", "v2", "a: >- # why\n  v2\n\n# why\nb: 1\n"),
        ("a: |-\r\n  v1\r\nb: 1\r\n", "a", "v2", "a: |-\r\n  v2\r\nb: 1\r\n"),
        ("a: |-\n  v1\n\nb: 1\n", "a", " v2", 'a: " v2"\n\nb: 1\n'),
        ("a: |-\n  v1\nb: 1\n", "a", "v\n2", 'a: "v\\n2"\nb: 1\n'),
        ("a: |-\n  v1\n  v1\nb: 1\n", "a", "v2", "a: v2\nb: 1\n"),
        ("a: |-\n\n  v1\nb: 1\n", "a", "v2", "a: v2\nb: 1\n"),
        ("a: |2-\n   v1\nb: 1\n", "a", "v2", "a: v2\nb: 1\n"),
        ("a: |-\nb: 1\n", "a", "v2", "a: v2\nb: 1\n"),
        ("a: |\n  v1\nb: 1\n", "a", "v2", "a: v2\nb: 1\n"),
        ("a: v1\n  more\nb: 1\n", "a", "v2", "a: v2\nb: 1\n"),
        ("---\na: v1\n---\na: v1\n", "a", "v2", "---\na: v2\n---\na: v1\n"),
        ("a: v1", "a", "v2", "a: v2"),
    ],
)
def test_the_text_around_stays(text: str, path: str, new: str, expected: str) -> None:
    assert change(text, path, new) == expected


@pytest.mark.parametrize(
    "new",
    [
        *("1.10", "1e3", "0123", "0x1F", "0b1", "true", "no", "y", "~", "null", "", "12:30", "1:30:00", "2026-11-21"),
        *("1_000", ".inf", ".NaN", "-", "?", "@a", "`a", "&a", "*a", "!a", "#a", "a #b", "a: b", "{a", "[a", "a]"),
        *("a, b", "%a", "=", "<<", 'v1"\n  command: x #', "x\ny", "\ttab", "\x07", "\u2028", "é😀", "\U0001f600'\""),
        *("\x85", "\ufeff", "a\\b", " a", "a "),
    ],
)
@pytest.mark.parametrize("style", list(Style))
def test_a_text_stays_this_text_in_any_style(new: str, style: Style) -> None:
    text = f"a: {written(new, style)}\nb: {{c: {written(new, style)}, d: 1}}\n"

    assert read_values(text.encode(), "f") == {"a": new, "b": {"c": new, "d": 1}}


@pytest.mark.parametrize(
    "text", ["v1.2.3", "main-82b3d5a", "registry.example.org:5000/shop/web:1.2@sha256:ab", "latest"]
)
def test_usual_texts_need_no_quotes(text: str) -> None:
    assert is_plain(text)


@pytest.mark.parametrize("text", ["1.10", "1e400", "1234e567", "12:30", "2026-11-21", "true", "0123", ""])
def test_what_some_reader_takes_for_more_than_text_is_quoted(text: str) -> None:
    assert not is_plain(text)


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_can_be_written(new: str) -> None:
    for style in Style:
        assert read_values(f"a: {written(new, style)}\n".encode(), "f") == {"a": new}


# Documents with the target somewhere among comments, other keys, quotes, several line ends.
_WORDS = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x1F64F, codec="utf-8", exclude_characters="\x7f"), max_size=8
)
_COMMENT = _WORDS.map(lambda word: f"# {''.join(letter for letter in word if letter.isprintable())}")
_OTHER = st.builds(lambda number, word: f"key{number}: {written(word, Style.DOUBLE)}", st.integers(0, 99), _WORDS)
_OLD = st.sampled_from(["1.2", "'1.2'", '"1.2"', "&a 1.2", "!!str 1.2", "v1 # x", "", "|-\n    v1", ">-\n    v1"])
_NEW = st.text(st.characters(codec="utf-8")) | st.sampled_from(["1.10", "v2", 'v1"\n  command: x #', "true"])


@given(
    st.lists(_COMMENT | st.just(""), max_size=3),
    st.lists(_OTHER, max_size=3, unique_by=lambda line: line.partition(":")[0]),
    _OLD,
    st.lists(_COMMENT, max_size=2),
    st.sampled_from(["\n", "\r\n"]),
    _NEW,
)
def test_every_byte_outside_the_scalar_stays(
    before: list[str], others: list[str], old: str, after: list[str], newline: str, new: str
) -> None:
    lines = [*before, "image:", *(f"  {line}" for line in others), f"  tag: {old}", *after, "last: 1"]
    text = newline.join(lines).replace("\n", newline).replace("\r\r", "\r") + newline
    span = at_path(read_spans(text), ("image", "tag"))
    assert isinstance(span, ScalarSpan)
    was = read_values(text.encode(), "f")

    edit = replacing(text, span, new)
    changed = edited(text, [edit])

    head, tail = text[: edit.start], text[edit.end :]
    assert changed.startswith(head)
    assert changed.endswith(tail)
    assert len(changed) == len(head) + len(edit.new) + len(tail)
    assert read_values(changed.encode(), "f") == {**was, "image": {**was["image"], "tag": new}}
    again = at_path(read_spans(changed), ("image", "tag"))
    assert isinstance(again, ScalarSpan)
    assert again.text == new


def test_edits_are_made_from_the_end_and_the_same_one_once() -> None:
    assert edited("abcdef", [Edit(0, 1, "X"), Edit(4, 6, "YZW"), Edit(0, 1, "X")]) == "XbcdYZW"


def test_edits_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        edited("abc", [Edit(0, 2, "x"), Edit(1, 3, "y")])
    with pytest.raises(ValueError, match="overlap"):
        edited("abc", [Edit(0, 2, "x"), Edit(0, 2, "y")])


def test_paths_that_lead_nowhere_find_nothing() -> None:
    root = read_spans("a: {b: [1]}\n? [x]\n: 1\n")

    assert [at_path(root, parse_path(path)) for path in ("x", "a.b.c", "a[0]", "a.b[1]")] == [None] * 4
    assert read_spans("") is None
    assert mapping_at(root, 9, 9) is None
    assert at_path(None, ("a",)) is None


def test_mappings_are_found_by_their_place_and_end_with_their_last_scalar() -> None:
    text = "a:\n  - b: 1\n    c:\n      - d # x\n\ne: []\nf: {}\n"
    root = read_spans(text)
    found = mapping_at(root, 2, 5)

    assert isinstance(found, MappingSpan)
    assert text[: end_of(found)].endswith("- d")
    assert isinstance(root, MappingSpan)
    assert text[: end_of(root)].endswith("{}")


def test_a_key_without_a_value_ends_with_the_key() -> None:
    text = "a:\n  b:\n\n"
    root = read_spans(text)

    assert isinstance(root, MappingSpan)
    assert text[: end_of(root)].rstrip() == "a:\n  b:"
