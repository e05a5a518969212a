"""`fairlead track`: what a track makes of some tags. It asks nobody and reads no files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated

import typer

from fairlead.cli.command import build
from fairlead.cli.options import Common
from fairlead.cli.run import Operation, Run
from fairlead.cli.text.upgrades import choice_lines
from fairlead.cli.wire.upgrades import choice_document
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.moments import parse_moment
from fairlead.domain.upgrades.candidates import Candidate, Undecidable
from fairlead.domain.upgrades.contest import open_contest
from fairlead.domain.upgrades.deciding import Times, decide
from fairlead.domain.upgrades.policy import Order, Policy
from fairlead.domain.upgrades.wishes import BadWish, Wish, make_policy

NO_TRACK = "-"
_OPTIONS = {"track": "TRACK", "minAge": "--min-age", "dateTags": "--date-tags"}  # where a key is no option of its name


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What narrows the track, as the keys of a trigger do."""

    range: Annotated[str | None, typer.Option("--range", metavar="RANGE", help="As `range`, such as ^1.2")] = None
    match: Annotated[
        str | None, typer.Option("--match", metavar="PATTERN", help="As `match`: the whole tag has to match")
    ] = None
    extract: Annotated[
        str | None, typer.Option("--extract", metavar="TEMPLATE", help="As `extract`: what a tag counts as")
    ] = None
    order: Annotated[
        Order | None,
        typer.Option("--order", metavar="ORDER", help="As `order`, for Newest: numerical or alphabetical"),
    ] = None
    prerelease: Annotated[bool, typer.Option("--prerelease", help="As `prerelease: true`")] = False
    date_tags: Annotated[bool, typer.Option("--date-tags", help="As `dateTags: true`")] = False
    min_age: Annotated[str | None, typer.Option("--min-age", metavar="AGE", help="As `minAge`, such as 3d")] = None


def track(
    track_name: Annotated[
        str,
        typer.Argument(
            metavar="TRACK", help="PatchLevel, MinorVersion, MajorVersion or Newest; - for --range without a track"
        ),
    ],
    tags: Annotated[list[str], typer.Argument(metavar="TAG", help="The tags there are, each TAG or TAG@TIME")],
    current: Annotated[
        str,
        typer.Option(
            "--current", metavar="TAG[@TIME]", help="The present tag; TIME in seconds since 1970, or RFC 3339"
        ),
    ],
    narrowing: Narrowing,
    common: Common,
) -> Operation:
    """Try a track."""
    return Operation(common, partial(_track, _policy(track_name, narrowing), _candidate(current), tags))


async def _track(policy: Policy, current: Candidate, tags: Sequence[str], run: Run) -> int:
    offered = [_candidate(tag) for tag in tags]
    created: dict[str, datetime | None] = {}
    for one in (current, *offered):  # a tag that is named twice was pushed twice; the later time counts
        known = [time for time in (created.get(one.tag), one.time) if time is not None]
        created[one.tag] = max(known, default=None)
    contest = open_contest(policy, current.tag, [one.tag for one in offered])
    times = Times(created, run.surroundings.clock.now())
    decision = contest if isinstance(contest, Undecidable) else decide(contest, times)
    if isinstance(decision, Undecidable):
        raise InputError(Problem(decision.code, decision.reason, remedy=decision.remedy))
    run.output.show(choice_document(decision), choice_lines)
    return 0


def _policy(track_name: str, narrowing: Narrowing) -> Policy:
    wish = Wish(
        track=None if track_name == NO_TRACK else track_name,
        range=narrowing.range,
        match=narrowing.match,
        extract=narrowing.extract,
        order=narrowing.order,
        prerelease=narrowing.prerelease,
        date_tags=narrowing.date_tags,
        min_age=narrowing.min_age,
    )
    try:
        policy = make_policy(wish)
    except BadWish as bad:
        raise InputError(
            Problem(fault.code, f"{_OPTIONS.get(fault.key, f'--{fault.key}')}: {fault.message}", remedy=fault.remedy)
            for fault in bad.faults
        ) from None
    if not policy.wants_new:
        raise InputError(Problem("trackMissing", "found neither a track nor --range", remedy="name a track"))
    return policy


def _candidate(word: str) -> Candidate:
    tag, at, time = word.partition("@")
    moment = parse_moment(time)
    if not tag or (at and moment is None):
        remedy = "write TAG, TAG@1767225600 or TAG@2026-01-01T00:00:00Z"
        raise InputError(Problem("invalidTag", f"found {word!r}, expected a tag, and perhaps a time", remedy=remedy))
    return Candidate(tag, moment)


app = build(track)
