"""What answers say together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.answers import Answer, Kind, Span, first_of, quantile, read, shown, summarize, too_early, too_late, write


def answer(due: float, takes: float = 0.1, **more: Any) -> Answer:
    fields = {"kind": Kind.NEW, "sent": due, "answered": due + takes, "status": 200, "version": "1", "pod": "a"}
    return Answer(**{**fields, "due": due, "ended": due + takes, "error": "", **more})


ANSWERS = [
    answer(12, 0.3, version="2"),
    answer(10, 0.2, kind=Kind.KEPT, sent=10.02),
    answer(11, 10, kind=Kind.LONG, answered=11.1),
    answer(13, 1, status=0, version="", answered=0.0, error="timed out"),
    answer(14, 0.1, status=500, version="2"),
]


def test_failures_count_by_cause_and_long_requests_do_not_lengthen_the_times() -> None:
    summary = summarize(ANSWERS)
    assert (summary.requests, summary.late) == ({"kept": 1, "new": 3, "long": 1}, 1)
    assert (summary.failed, summary.failures) == (2, {"timed out": 1, "status 500": 1})
    assert (summary.p50, summary.p99, summary.slowest) == pytest.approx((0.2, 1, 1))
    assert summary.versions == (Span("1", 2, 10.2, 11.1), Span("2", 2, 12.3, 14.1))


def test_nothing_was_sent() -> None:
    summary = summarize([])
    assert (summary.failed, summary.slowest, summary.versions) == (0, 0.0, ())
    assert shown(summary)


@pytest.mark.parametrize(
    ("share", "expected"), [(0, 1), (0.01, 1), (0.5, 50), (0.501, 51), (0.99, 99), (0.991, 100), (1, 100)]
)
def test_a_quantile_is_a_value_that_was_measured(share: float, expected: float) -> None:
    assert quantile(range(1, 101), share) == expected


@pytest.mark.parametrize(("moment", "count"), [(12.2, 0), (12.3, 0), (12.4, 1), (20, 2)])
def test_an_answer_is_too_early_when_it_began_before_the_switch(moment: float, count: int) -> None:
    assert len(too_early(ANSWERS, "2", moment)) == count
    assert first_of(ANSWERS, "2") == 12.3
    assert first_of(ANSWERS, "3") == float("inf")


@pytest.mark.parametrize(("moment", "count"), [(9, 1), (10.5, 1), (11, 0)])
def test_only_new_connections_can_be_too_late_for_a_side(moment: float, count: int) -> None:
    assert len(too_late(ANSWERS, "1", moment)) == count


def test_a_log_is_read_as_it_was_written(tmp_path: Path) -> None:
    log = tmp_path / "log"
    write(log, ANSWERS)
    assert read(log) == ANSWERS
