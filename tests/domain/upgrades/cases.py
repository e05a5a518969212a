"""What is chosen, case by case: the tests run these, and the reference of triggers shows those with a heading.

Tags may carry a time, `TAG@SECONDS`, in seconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from fairlead.domain.upgrades.candidates import Candidate, Decision, Undecidable
from fairlead.domain.upgrades.contest import open_contest
from fairlead.domain.upgrades.deciding import Times, decide
from fairlead.domain.upgrades.wishes import Wish, make_policy

DAY = 86400
NOW = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=100)


@dataclass(frozen=True)
class Case:
    """One decision. `chosen` None means that the current tag stays; `code` that nothing can be decided."""

    wish: Wish
    current: str
    offered: str
    chosen: str | None = None
    code: str | None = None
    rejected: dict[str, str] = field(default_factory=dict)


def wish(track: str | None = None, **keys: str | bool) -> Wish:
    return Wish(track, **keys)  # type: ignore[arg-type] # the keys of each case are checked by running it


PATCH, MINOR, MAJOR, NEWEST = wish("PatchLevel"), wish("MinorVersion"), wish("MajorVersion"), wish("Newest")

SECTIONS: dict[str, tuple[Case, ...]] = {
    "How far each track goes": (
        Case(PATCH, "1.0.0", "0.9.0 2.0.0 1.0.1 1.2.0", "1.0.1", rejected={"0.9.0": "older", "1.2.0": "outsideTrack"}),
        Case(MINOR, "1.0.0", "0.9.0 2.0.0 1.0.1 1.2.0", "1.2.0", rejected={"1.0.1": "surpassed"}),
        Case(MAJOR, "1.0.0", "0.9.0 2.0.0 1.0.1 1.2.0", "2.0.0"),
        Case(PATCH, "1.0.3", "0.9.0 2.0.0 1.0.1 1.2.0", None, rejected={"1.0.1": "older", "2.0.0": "outsideTrack"}),
        Case(NEWEST, "1.0@5", "latest@9 a@6 b@6 1.0@5", "a", rejected={"latest": "latest", "b": "surpassed"}),
        Case(NEWEST, "1.0@5", "2.0@4 1.0@5", None, rejected={"2.0": "older", "1.0": "current"}),
    ),
    "Spellings": (
        Case(PATCH, "1.0", "0.9.0 1.0.1 1.1 2.0", "1.0.1"),
        Case(MINOR, "1.0", "0.9.0 1.0.1 v1.1 2.0", "v1.1"),
        Case(MAJOR, "1.0.1", "v1.0.1 1.0.1+build.7 01.00.01", None, rejected={"v1.0.1": "sameVersion"}),
        Case(MAJOR, "1.0", "v1.1 1.1", "1.1"),
        Case(MAJOR, "v1.0", "1.1 v1.1 1.1.0 v1.1.0", "v1.1", rejected={"v1.1.0": "surpassed"}),
        Case(MAJOR, "1.0.0", "latest main 3842bd0 1.2.3.4 1.x V2", None, rejected={"3842bd0": "notVersion"}),
    ),
    "Pre-releases": (
        Case(MINOR, "1.0.0", "1.1.0-rc.1 1.0.1", "1.0.1", rejected={"1.1.0-rc.1": "prerelease"}),
        Case(MINOR, "1.1.0-rc.1", "1.1.0-rc.2 1.1.0-rc.10 1.0.9", "1.1.0-rc.10", rejected={"1.0.9": "older"}),
        Case(MINOR, "1.1.0-rc.1", "1.1.0-rc.2 1.1.0", "1.1.0"),
        Case(wish("MinorVersion", prerelease=True), "1.0.0", "1.1.0-rc.1 1.0.1", "1.1.0-rc.1"),
        Case(PATCH, "1.2.0-rc.1", "1.3.0-rc.1", None, rejected={"1.3.0-rc.1": "outsideTrack"}),
        Case(wish("MinorVersion", match=".*-alpine"), "1.2-alpine", "1.3 1.3-slim 1.3-alpine", "1.3-alpine"),
    ),
    "Dates and hashes of digits": (
        Case(
            MAJOR, "1.0.0", "20260131 123456 v20260131-0926 20260131.1 2.0.0", "2.0.0", rejected={"123456": "dateTag"}
        ),
        Case(wish("MajorVersion", date_tags=True), "20260131", "20260202 20251231", "20260202"),
        Case(MAJOR, "20260131", "20260202", code="currentNotVersion"),
    ),
    "Ranges": (
        Case(wish(range="^1.2"), "1.2.0", "1.1.0 1.9.4 2.0.0", "1.9.4", rejected={"2.0.0": "outsideRange"}),
        Case(wish("PatchLevel", range=">=1.2.5"), "1.2.0", "1.2.4 1.2.6 1.3.0", "1.2.6"),
        Case(wish(range=">=2.0.0-rc.1 <2.1"), "1.9.0", "2.0.0-rc.1 2.1.0-rc.1", "2.0.0-rc.1"),
        Case(wish(range="1.x"), "1.2.0", "1.3.0-rc.1", None, rejected={"1.3.0-rc.1": "prerelease"}),
        Case(wish("Newest", range="1.x"), "1.9.0@5", "2.0.0@9 1.8.5@8 main@9", "1.8.5"),
    ),
    "Patterns and what is taken out of a tag": (
        Case(wish("PatchLevel", match="v?[0-9.]+"), "1.0.0", "1.0.1-debug 1.0.1", "1.0.1"),
        Case(
            wish("MinorVersion", match="release-(?P<version>.+)", extract="$version"),
            "release-1.0.0",
            "release-1.1.0 1.2.0",
            "release-1.1.0",
            rejected={"1.2.0": "notMatched"},
        ),
        Case(
            wish("Newest", match="main-[0-9a-f]+-([0-9]+)", extract="$1", order="numerical"),
            "main-0c3a-9",
            "main-77aa-10 main-ffff-8 dev-1111-99",
            "main-77aa-10",
            rejected={"main-ffff-8": "older", "dev-1111-99": "notMatched"},
        ),
        Case(
            wish("Newest", match="RELEASE\\..+", order="alphabetical"),
            "RELEASE.2026-01-31",
            "RELEASE.2025-12-01 RELEASE.2026-02-01 RELEASE.2026-02-02",
            "RELEASE.2026-02-02",
        ),
        Case(wish("Newest", match="v.*"), "main@1", "v1@2 other@3", "v1"),
        Case(wish("Newest", match="(v.*)", extract="$1", order="alphabetical"), "main", "v1", code="currentNotMatched"),
    ),
    "Age (now is day 100)": (
        Case(
            wish("MinorVersion", min_age="3d"),
            "1.0.0",
            f"1.1.0@{90 * DAY} 1.2.0@{97 * DAY} 1.3.0@{98 * DAY} 1.4.0",
            "1.2.0",
            rejected={"1.3.0": "tooYoung", "1.4.0": "timeUnknown", "1.1.0": "surpassed"},
        ),
        Case(wish("Newest", min_age="3d"), f"a@{90 * DAY}", f"b@{98 * DAY} c@{91 * DAY}", "c"),
    ),
}

MORE: tuple[Case, ...] = (
    # KubeCD specification 12.1
    Case(PATCH, "1.0", "0.9.0 1.0.1 1.1.0", "1.0.1"),
    Case(PATCH, "1.0", "0.9.0 1.0.1 1.1", "1.0.1"),
    Case(MINOR, "1.0", "0.9.0 1.0.1 1.1 2.0", "1.1"),
    Case(MAJOR, "1.0", "0.9.0 1.0.1 1.1 2.0", "2.0"),
    Case(PATCH, "1.0", "0.9.0 v1.0.1 1.1 2.0", "v1.0.1"),
    Case(MINOR, "1.0", "0.9.0 1.0.1 v1.1 2.0", "v1.1"),
    Case(MAJOR, "1.0", "0.9.0 1.0.1 1.1 v2.0", "v2.0"),
    Case(MAJOR, "1.0", "0.9", None),
    Case(MINOR, "1.0", "1.1", "1.1"),
    Case(MINOR, "1.0", "1.0", None, rejected={"1.0": "current"}),
    # 12.2
    Case(NEWEST, "foo@0", "c@0 b@1 a@2", "a"),
    Case(NEWEST, "foo@0", "a@0 b@1 c@2", "c"),
    Case(NEWEST, "0.9@0", "0.9@2 1.0@1", None, rejected={"1.0": "older"}),
    Case(NEWEST, "1.0@5", "a@5 1.0@5", None),
    Case(NEWEST, "latest@5", "x@6", "x"),
    # beyond
    Case(NEWEST, "1.0", "a@5", code="timeUnknown"),
    Case(NEWEST, "1.0@5", "a b@6", "b", rejected={"a": "timeUnknown"}),
    Case(NEWEST, "1.0@5", "", None),
    Case(wish(), "1.0", "1.1 2.0", None, rejected={"2.0": "notWanted"}),
    Case(MAJOR, "latest", "1.0", code="currentNotVersion"),
    Case(MAJOR, "1.2.3", "1.2.3-rc.1 1.2.3+a", None, rejected={"1.2.3-rc.1": "older", "1.2.3+a": "sameVersion"}),
    Case(wish("MajorVersion", match="v(.+)", extract="$1"), "1.0", "v2.0", code="currentNotMatched"),
    Case(wish("Newest", match="b(.+)", extract="$1", order="numerical"), "bx", "b2", code="currentNotNumber"),
    Case(
        wish("Newest", order="numerical"), "9", "10 10.5 x -11", "10.5", rejected={"x": "notNumber", "-11": "notNumber"}
    ),
    Case(
        wish("Newest", match=".-(.+)", extract="$1", order="numerical"), "a-9", "b-9", None, rejected={"b-9": "older"}
    ),
    Case(wish("Newest", order="numerical", min_age="1d"), "9", f"10@{DAY} 11@{100 * DAY} 12", "10"),
    Case(wish("Newest", range="1.x"), "main@5", "1.0@6 1.1-rc@7", "1.0", rejected={"1.1-rc": "prerelease"}),
    Case(
        wish("Newest", range="1.x", date_tags=True), "main@5", "20260131@6", None, rejected={"20260131": "outsideRange"}
    ),
    Case(wish("Newest", range="1.x", order="alphabetical"), "1.2", "1.5 1.10 2.0 main", "1.5"),
    Case(wish("Newest", range="*"), "main@5", "20260131@6", None, rejected={"20260131": "dateTag"}),
    Case(wish("Newest", match="(x).*", extract="$1"), "main@5", "x1@6 x2@7", "x2"),
)


def candidate(text: str) -> Candidate:
    tag, _, seconds = text.partition("@")
    return Candidate(tag, datetime.fromtimestamp(int(seconds), UTC) if seconds else None)


def run(case: Case) -> Decision | Undecidable:
    """Decide a case as a command would: the current tag is at least as new as any mention of it says."""
    current = candidate(case.current)
    offered = [candidate(word) for word in case.offered.split()]
    contest = open_contest(make_policy(case.wish), current.tag, [one.tag for one in offered])
    if isinstance(contest, Undecidable):
        return contest
    created: dict[str, datetime | None] = {}
    for one in (current, *offered):
        known = [time for time in (created.get(one.tag), one.time) if time is not None]
        created[one.tag] = max(known, default=None)
    return decide(contest, Times(created, NOW))
