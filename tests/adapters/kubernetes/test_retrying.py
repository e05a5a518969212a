"""Backoff as numbers."""

from __future__ import annotations

import pytest

from fairlead.adapters.kubernetes.retrying import Patience
from fairlead.domain.errors import Problem, Transient

STEADY = Patience(first=0.1, longest=1.0, known=10.0, unknown=1.0, jitter=lambda: 1.0)


def test_pauses_double_up_to_the_longest() -> None:
    assert [STEADY.pause(attempt) for attempt in range(5)] == [0.1, 0.2, 0.4, 0.8, 1.0]


def test_a_pause_stays_the_longest_however_long_it_has_lasted() -> None:
    assert STEADY.pause(100_000) == 1.0


def test_jitter_halves_at_most() -> None:
    assert Patience(first=0.1, jitter=lambda: 0.0).pause(0) == pytest.approx(0.05)


def test_what_the_server_asks_for_comes_on_top() -> None:
    assert STEADY.pause(0, asked=3.0) == pytest.approx(3.1)


@pytest.mark.parametrize(
    ("code", "waited", "known", "expected"),
    [
        ("unreachable", 0.0, True, 0.1),
        ("unreachable", 9.95, True, None),
        ("unreachable", 0.95, False, None),
        ("apiBusy", 0.0, True, 5.1),
        ("apiBusy", 0.0, False, None),
    ],
)
def test_patience_ends(code: str, waited: float, known: bool, expected: float | None) -> None:
    failure = Transient(Problem(code=code, message=""), delay_seconds=5.0)
    pause = STEADY.next_pause(failure, attempt=0, waited=waited, known=known)
    assert pause == (expected if expected is None else pytest.approx(expected))
