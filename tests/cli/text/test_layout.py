"""Lines and columns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from fairlead.cli.output import styled
from fairlead.cli.text.layout import columns, hanging, plural, visible


def test_columns_align_and_leave_no_trailing_blanks() -> None:
    lines = columns([("a", "bbb", "c"), ("aaaa", "b", "")], width=None)
    assert [line.plain for line in lines] == ["a     bbb  c", "aaaa  b"]


def test_the_last_column_wraps_under_itself() -> None:
    lines = columns([("name", "one two three four five six")], width=26)
    assert [line.plain for line in lines] == ["name  one two three four", "      five six"]


def test_wide_characters_count_as_wide() -> None:
    lines = columns([("日本", "x"), ("abc", "y")], width=None)
    assert [line.plain for line in lines] == ["日本  x", "abc   y"]


def test_line_feeds_in_a_cell_go_on_below() -> None:
    assert [line.plain for line in hanging(Text("- "), Text("a\n\nb"), width=None)] == ["- a", "", "  b"]


@given(st.lists(st.lists(st.text("ab日 ", max_size=9), min_size=2, max_size=3), max_size=4), st.integers(64, 90))
def test_no_line_is_wider_than_the_terminal(rows: list[list[str]], width: int) -> None:
    assert all(line.cell_len <= width for line in columns(rows, width=width))


@pytest.mark.parametrize(("count", "expected"), [(0, "0 objects"), (1, "1 object"), (2, "2 objects")])
def test_plural(count: int, expected: str) -> None:
    assert plural(count, "object") == expected


STEERING = ["\x1b[2J", "\x1b]0;owned\x07", "a\rb", "\x9b31m", "\u202egnp.exe", "\u2066x\u2069", "a\tb"]


@pytest.mark.parametrize("words", STEERING)
@pytest.mark.parametrize("color", [True, False])
def test_nothing_from_outside_can_steer_a_terminal(words: str, color: bool) -> None:
    shown = styled([Text.assemble(("red", "red"), words)], color=color)
    for code in ("\x1b[31m", "\x1b[0m"):
        shown = shown.replace(code, "")
    assert visible(words) != words
    assert all(character.isprintable() or character == "\n" for character in shown)
