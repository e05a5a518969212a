from __future__ import annotations

import time

import pytest

from fairlead.domain.upgrades.contest import open_contest
from fairlead.domain.upgrades.patterns import BadPattern, TagPattern, parse_pattern
from fairlead.domain.upgrades.wishes import Wish, make_policy

A_CATASTROPHE = 60.0
"""Seconds of processor time: some fifty times what is needed here, and nothing beside what backtracking takes."""


@pytest.mark.parametrize(
    ("pattern", "extract", "tag", "counts_as"),
    [
        ("v.*", None, "v1", "v1"),
        ("v.*", None, "xv1", None),
        ("v[0-9]", None, "v10", None),
        ("^v[0-9]$", None, "v1", "v1"),
        ("a|b", None, "ab", None),
        ("v(.*)", "$1", "v1.2", "1.2"),
        ("v(.*)", "${1}", "v1.2", "1.2"),
        ("(?P<n>[0-9]+)-(?P<x>.)?", "$x.$n", "12-", ".12"),
        ("(?P<n>[0-9]+)-(?P<x>.)?", "${n}0$0", "12-a", "12012-a"),
    ],
)
def test_what_a_tag_counts_as(pattern: str, extract: str | None, tag: str, counts_as: str | None) -> None:
    assert parse_pattern(pattern, extract).matched(tag) == counts_as


@pytest.mark.parametrize(
    ("pattern", "extract"),
    [
        ("(a", None),
        (r"(a)\1", None),
        ("(?=a)", None),
        ("((a{1,999}){1,999}){1,999}", None),
        ("a" * 1001, None),
        ("(a)", "a"),
        ("(a)", "$2"),
        ("(a)", "$name"),
        ("(?P<name>a)", "${nam}"),
    ],
)
def test_refused(pattern: str, extract: str | None) -> None:
    with pytest.raises(BadPattern):
        parse_pattern(pattern, extract)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*)*x", "(a*)*b"])
def test_no_pattern_is_slow_on_any_tag(pattern: str) -> None:
    """S22: a backtracking engine needs longer than the universe for the first of these tags."""
    tags = [f"{'a' * 120}-{index}!" for index in range(100_000)]
    policy = make_policy(Wish("Newest", match=pattern))
    assert policy.pattern == TagPattern(pattern)
    started = time.process_time()
    assert [tag for tag in tags if policy.pattern.matched(tag)] == []
    assert time.process_time() - started < A_CATASTROPHE


def test_many_tags_are_weighed_at_once() -> None:
    tags = [f"1.{index}.{index % 7}" for index in range(100_000)]
    started = time.process_time()
    contest = open_contest(make_policy(Wish("MajorVersion", match="[0-9.]+")), "1.0.0", tags)
    assert not hasattr(contest, "code")
    assert time.process_time() - started < A_CATASTROPHE
