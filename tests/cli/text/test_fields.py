"""One changed field."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.cli.output import styled
from fairlead.cli.text.fields import LONGEST, fields_lines, shown
from fairlead.cli.wire.deploying import FieldItem


def lines(*fields: FieldItem, width: int | None = None) -> list[str]:
    return styled(fields_lines(fields, indent=2, width=width), color=False).splitlines()


def field(path: str, old: Any, new: Any, **more: Any) -> FieldItem:
    return FieldItem(path=path, old=old, new=new, owner=more.pop("owner", None), **more)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("", '""'),
        (" padded", '" padded"'),
        ("two\nlines", '"two\\nlines"'),
        (1, "1"),
        (True, "true"),
        ({"a": [1]}, '{"a": [1]}'),
    ],
)
def test_values_on_one_line(value: Any, expected: str) -> None:
    assert shown(value) == expected


def test_a_long_value_is_cut_and_says_so() -> None:
    assert shown("x" * (LONGEST + 1)).endswith(f"({LONGEST + 1} characters)")


def test_values_stand_in_one_column() -> None:
    assert lines(field("/a", 1, 2), field("/long/path", None, 3), field("/b", 4, None)) == [
        "  /a          1 -> 2",
        "  /long/path  + 3",
        "  /b          - 4",
    ]


def test_what_is_too_wide_goes_on_the_next_line() -> None:
    found = lines(field("/a", "x" * 20, "y" * 20), width=40)
    assert found == ["  /a", f"    {'x' * 20} ->", f"    {'y' * 20}"]


def test_texts_of_several_lines_are_compared_line_by_line() -> None:
    old = "".join(f"line {number}\n" for number in range(20))
    new = old.replace("line 2\n", "line two\n").replace("line 17\n", "line seventeen\n")
    assert lines(field("/data/a", old, new)) == [
        "  /data/a",
        "     line 1",
        "    -line 2",
        "    +line two",
        "     line 3",
        "    ...",
        "     line 16",
        "    -line 17",
        "    +line seventeen",
        "     line 18",
    ]


@pytest.mark.parametrize(("equal", "expected"), [(True, "same"), (False, "changes")])
def test_masked_values_only_say_whether_they_differ(equal: bool, expected: str) -> None:
    masked = field("/data/key", "(secret)", "(secret)", masked=True, equal=equal)
    assert lines(masked) == [f"  /data/key  (secret), {expected}"]
