from __future__ import annotations

import pytest

from fairlead.domain.errors import (
    FairleadError,
    InputError,
    Interrupted,
    OperationFailed,
    Problem,
    Refused,
    RemoteRefused,
    Transient,
)


@pytest.mark.parametrize(
    ("kind", "code"),
    [(InputError, 2), (OperationFailed, 1), (RemoteRefused, 1), (Transient, 1), (Refused, 4), (Interrupted, 130)],
)
def test_the_exit_code_says_who_must_act(kind: type[FairleadError], code: int) -> None:
    error = kind(Problem("x", "something"))
    assert (error.exit_code, error.code) == (code, "x")


def test_many_problems_travel_together() -> None:
    error = InputError([Problem("first", "a"), Problem("second", "b")])
    assert [problem.code for problem in error.problems] == ["first", "second"]
    assert error.code == "first"


def test_an_error_without_problems_still_has_a_code() -> None:
    assert InputError([]).code == "unknown"


def test_a_place_is_given_whole_or_not_at_all() -> None:
    placeless = Problem("x", "m").at(file="releases.yaml", line=3, column=5)
    assert (placeless.file, placeless.line, placeless.column) == ("releases.yaml", 3, 5)
    placed = Problem("x", "m", file="values.yaml").at(file="releases.yaml", line=3, column=5)
    assert (placed.file, placed.line, placed.column) == ("values.yaml", None, None)
