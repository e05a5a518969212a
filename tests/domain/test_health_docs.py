"""The page on health says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from fairlead.domain.causes import Cause, Patience
from fairlead.domain.health import HealthState
from fairlead.domain.judging import KIND_RULES, SETTLED_KINDS

PAGE = (Path(__file__).parents[2] / "docs" / "topics" / "health.md").read_text()


def first_column(head: str) -> list[str]:
    """Return the names in the first column of the table with that heading."""
    table = PAGE.split(f"| {head} |", 1)[1].split("\n\n", 1)[0]
    return re.findall(r"^\| `(\w+)`", table, re.MULTILINE)


def named_between(start: str, end: str) -> list[str]:
    return re.findall(r"`(\w+)`", PAGE.split(start, 1)[1].split(end, 1)[0])


def test_every_word_is_explained() -> None:
    assert first_column("word") == [state.value for state in HealthState]


def test_every_kind_has_its_row() -> None:
    assert sorted(first_column("kind")) == sorted(kind for _, kind in KIND_RULES)


def test_kinds_with_nothing_to_wait_for_are_listed() -> None:
    assert named_between("not read at all while waiting:", "An Ingress") == sorted(kind for _, kind in SETTLED_KINDS)


def test_every_cause_is_named_once() -> None:
    passing = named_between("These only explain a timeout", "A container without")
    assert set(first_column("code")) | set(passing) - {"timeout"} == {cause.value for cause in Cause}
    assert not set(first_column("code")) & set(passing)


def test_the_times_are_the_defaults() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \|[^|]*\| ([^|]*) \|$", PAGE, re.MULTILINE))
    given = Patience()
    assert {code: float(re.findall(r"\d+", rows[code])[0]) for code in rows if re.search(r"\d", rows[code])} == {
        "imagePull": given.pull_seconds,
        "containerConfig": given.start_seconds,
        "containerStart": given.start_seconds,
        "outOfMemory": given.crashes,
        "crashLoop": given.crashes,
        "quota": given.refusal_seconds,
        "podRefused": given.refusal_seconds,
        "unschedulable": given.scheduling_seconds,
        "notFound": given.missing_seconds,
    }
    assert f"({given.timeout_seconds:g} s, `timeout`" in PAGE
    assert f"current for {given.steady_seconds:g} s" in PAGE
    assert f"| {given.short_seconds:g} s, none in back-off |" in PAGE
