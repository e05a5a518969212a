"""The first half of a decision: which candidates may win at all, and how they rank.

It needs no times. Those are asked of a registry one tag at a time, so only for what is left here (`deciding`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from fairlead.domain.upgrades.candidates import LATEST, Objection, Rejection, Undecidable
from fairlead.domain.upgrades.policy import Order, Policy, Track
from fairlead.domain.upgrades.versions import Version, parse_version

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?", re.ASCII)
_SHARED = {Track.PATCH_LEVEL: 2, Track.MINOR_VERSION: 1}  # numbers that stay as they are


@dataclass(frozen=True, slots=True)
class Contest:
    """Who may win. `ranked` is in order of preference, or as offered where times decide; `offered` holds them all."""

    policy: Policy
    current: str
    offered: tuple[str, ...]
    ranked: tuple[str, ...]
    rejected: tuple[Rejection, ...]


def open_contest(policy: Policy, current: str, tags: Sequence[str]) -> Contest | Undecidable:
    """Sort out what a policy cannot want after the current version."""
    standard = _standard(policy, current)
    if isinstance(standard, Undecidable):
        return standard
    offered = tuple(dict.fromkeys(tags))
    rejected: list[Rejection] = []
    ranks: dict[str, Any] = {}
    for tag in offered:
        rank = standard.rank(tag)
        if isinstance(rank, Rejection):
            rejected.append(rank)
        else:
            ranks[tag] = rank
    ranked = list(ranks) if policy.by_time else sorted(ranks, key=ranks.__getitem__, reverse=True)
    return Contest(policy, current, offered, tuple(ranked), tuple(rejected))


@dataclass(frozen=True, slots=True)
class _Standard:
    """What candidates are measured by. `value` is what the current version counts as, where that matters."""

    policy: Policy
    current: str
    version: Version | None = None
    value: Any = None
    spelled: str = field(default="", kw_only=True)

    def rank(self, tag: str) -> Any:
        """Return a value that is greater for a better candidate, or what speaks against this one."""
        if tag == self.current:
            return Rejection(tag, Objection.CURRENT, "it is the current one")
        if tag == LATEST:
            return Rejection(tag, Objection.LATEST, "`latest` names no version")
        if not self.policy.wants_new:
            return Rejection(tag, Objection.NOT_WANTED, "neither a track nor a range wants anything new")
        pattern = self.policy.pattern
        text = tag if pattern is None else pattern.matched(tag)
        if text is None:
            assert pattern is not None
            return Rejection(tag, Objection.NOT_MATCHED, f"does not match {pattern.text}")
        if self.policy.by_version or self.policy.range is not None:
            ranked = self._version_rank(tag, text)
            if self.policy.by_version or isinstance(ranked, Rejection):
                return ranked
        return None if self.policy.order is None else self._order_rank(tag, text)

    def _order_rank(self, tag: str, text: str) -> Any:
        value = _ordered(self.policy.order, text)
        if value is None:
            return Rejection(tag, Objection.NOT_NUMBER, f"{text!r} is no number")
        if value <= self.value:
            return Rejection(tag, Objection.OLDER, f"{text!r} does not come after {self.spelled!r}")
        return value

    def _version_rank(self, tag: str, text: str) -> Any:
        version = parse_version(text)
        if version is None:
            return Rejection(tag, Objection.NOT_VERSION, f"{text!r} is no version")
        if version.is_date and not self.policy.date_tags:
            return Rejection(tag, Objection.DATE, "is a date or a hash; `dateTags: true` takes it as a version")
        return self._against_current(tag, version) or self._against_bounds(tag, version) or self._precedence(version)

    def _precedence(self, version: Version) -> Any:
        spelling = (False, False) if self.version is None else version.spelled_like(self.version)
        return version.precedence, spelling, version.text

    def _against_current(self, tag: str, version: Version) -> Rejection | None:
        current = self.version
        if not self.policy.by_version or current is None:
            return None
        if version.precedence == current.precedence:
            return Rejection(tag, Objection.SAME, f"is the same version as {self.current}")
        if version.precedence < current.precedence:
            return Rejection(tag, Objection.OLDER, f"is older than {self.current}")
        shared = _SHARED.get(self.policy.track) if self.policy.track else None
        if _numbers(version)[:shared] != _numbers(current)[:shared] and shared is not None:
            return Rejection(
                tag, Objection.OUTSIDE_TRACK, f"{self.policy.track} does not leave {_kept(current, shared)}"
            )
        return None

    def _against_bounds(self, tag: str, version: Version) -> Rejection | None:
        wanted = self.policy.prerelease or (self.version is not None and bool(self.version.pre))
        if self.policy.range is not None:
            if self.policy.range.holds(version, prereleases=wanted):
                return None
            if self.policy.range.holds(version, prereleases=True):
                return _prerelease(tag)
            return Rejection(tag, Objection.OUTSIDE_RANGE, f"is not in the range {self.policy.range.text}")
        return _prerelease(tag) if version.pre and not wanted else None


def _standard(policy: Policy, current: str) -> _Standard | Undecidable:
    """Return what the current version counts as under a policy."""
    text: str | None = current
    if policy.pattern is not None and policy.pattern.extract is not None:
        text = policy.pattern.matched(current)
    if text is None and (policy.by_version or policy.order is not None):
        assert policy.pattern is not None
        return Undecidable(
            "currentNotMatched",
            f"the current {current!r} does not match {policy.pattern.text}, so nothing can be compared with it",
            "set a tag that matches once by hand, or correct `match`",
        )
    version = None if text is None else parse_version(text)
    if policy.by_version:
        if version is None or (version.is_date and not policy.date_tags):
            return _no_version(policy, current)
        return _Standard(policy, current, version)
    if policy.order is None:
        return _Standard(policy, current, version)
    assert text is not None
    value = _ordered(policy.order, text)
    if value is None:
        return Undecidable(
            "currentNotNumber", f"the current {current!r} counts as {text!r}, which is no number", "correct `extract`"
        )
    return _Standard(policy, current, version, value, spelled=text)


def _no_version(policy: Policy, current: str) -> Undecidable:
    return Undecidable(
        "currentNotVersion",
        f"the current {current!r} is no version such as 1.2.3, so {policy} cannot tell what is newer",
        "set a version once by hand, use the track Newest, or `dateTags: true` for dates as versions",
    )


def _ordered(order: Order | None, text: str) -> Any:
    """Return a text as what an order compares; None for what is no number where it has to be one."""
    if order is Order.ALPHABETICAL:
        return text
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _prerelease(tag: str) -> Rejection:
    return Rejection(tag, Objection.PRERELEASE, "is a pre-release, and the current one is not; see `prerelease`")


def _numbers(version: Version) -> tuple[int, int, int]:
    return version.major, version.minor, version.patch


def _kept(version: Version, shared: int) -> str:
    return ".".join(map(str, _numbers(version)[:shared]))


def remaining(contest: Contest, rejected: Iterable[Rejection]) -> tuple[Rejection, ...]:
    """Return all rejections of a contest and after it, in the order in which the candidates were offered."""
    found = {each.tag: each for each in (*contest.rejected, *rejected)}
    return tuple(found[tag] for tag in contest.offered if tag in found)
