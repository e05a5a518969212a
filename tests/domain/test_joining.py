"""Statements in one line."""

from __future__ import annotations

import pytest

from fairlead.domain.errors import InputError, Problem
from fairlead.domain.joining import joined


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ((), ""),
        (("",), ""),
        (("one",), "one"),
        (("One.",), "One."),
        (("one", "two"), "one; two"),
        (("One.", "two"), "One; two"),
        (("One.", "Two."), "One; Two."),
        (("One. And more.", "two"), "One. And more; two"),
        (("It is not in the registry.", "", "16 stays live"), "It is not in the registry; 16 stays live"),
        (("one.\n", "  ", " two "), "one; two"),
        (("cut...", "two"), "cut...; two"),
        (("cut…", "two"), "cut…; two"),
        (("Really?", "two"), "Really?; two"),
    ],
    ids=range(13),
)
def test_statements_follow_each_other(said: tuple[str, ...], line: str) -> None:
    assert joined(said) == line


def test_an_error_says_all_of_its_problems() -> None:
    assert str(InputError([Problem("a", "One."), Problem("b", "two")])) == "One; two"
