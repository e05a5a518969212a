"""The second half of a decision: with the times that were needed, which candidate is taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fairlead.domain.moments import rfc3339
from fairlead.domain.upgrades.candidates import Candidate, Decision, Objection, Rejection, Undecidable
from fairlead.domain.upgrades.contest import Contest, remaining
from fairlead.domain.upgrades.policy import Policy


@dataclass(frozen=True, slots=True)
class Times:
    """What is known of times: when tags were created (UTC), and what time it is now.

    `unavailable` holds tags that cannot be had after all, with the reason. `new_at_least` takes a current version of
    unknown age for older than any other: right for an announcement, which is of something new.
    """

    created: Mapping[str, datetime | None]
    now: datetime
    unavailable: Mapping[str, str] = field(default_factory=dict)
    new_at_least: bool = False


def ripe(policy: Policy, created: datetime | None, now: datetime) -> bool:
    """Tell whether something is old enough; what has no known age is not, where age matters."""
    if policy.min_age_seconds is None:
        return True
    return created is not None and created <= now - timedelta(seconds=policy.min_age_seconds)


def decide(contest: Contest, times: Times) -> Decision | Undecidable:
    """Take the best candidate that nothing speaks against.

    Where the order is known without times, those of worse candidates are not needed once a better one is taken.
    """
    return _newest(contest, times) if contest.policy.by_time else _best(contest, times)


def _best(contest: Contest, times: Times) -> Decision:
    choice: str | None = None
    rejected: list[Rejection] = []
    for tag in contest.ranked:
        if choice is not None:
            rejected.append(Rejection(tag, Objection.SURPASSED, f"{choice} is higher"))
        elif (objection := _objection(tag, contest.policy, times)) is not None:
            rejected.append(objection)
        else:
            choice = tag
    chosen = None if choice is None else Candidate(choice, times.created.get(choice))
    return _settled(contest, chosen, rejected)


def _newest(contest: Contest, times: Times) -> Decision | Undecidable:
    current = times.created.get(contest.current)
    if current is None and not times.new_at_least:
        return Undecidable(
            "timeUnknown",
            f"when the current {contest.current!r} was created is not known, so nothing can be called newer",
            "set a newer tag once by hand, or use a track of versions or an `order`",
        )
    rejected = list(_without_chance(contest, times, current))
    hopeless = {each.tag for each in rejected}
    dated = [(tag, times.created.get(tag)) for tag in contest.ranked if tag not in hopeless]
    known = [Candidate(tag, created) for tag, created in dated if created is not None]
    # Of equal times the first one offered wins: max keeps the first.
    choice = max(known, key=_time, default=None)
    if choice is not None:
        rejected += [
            Rejection(one.tag, Objection.SURPASSED, f"{choice.tag} is newer") for one in known if one is not choice
        ]
    return _settled(contest, choice, rejected)


def _without_chance(contest: Contest, times: Times, current: datetime | None) -> Iterator[Rejection]:
    for tag in contest.ranked:
        created = times.created.get(tag)
        if (objection := _objection(tag, contest.policy, times)) is not None:
            yield objection
        elif created is None:
            yield Rejection(tag, Objection.TIME_UNKNOWN, "when it was created is not known")
        elif current is not None and created <= current:
            yield Rejection(tag, Objection.OLDER, f"was created {rfc3339(created)}, not after {contest.current}")


def _objection(tag: str, policy: Policy, times: Times) -> Rejection | None:
    if tag in times.unavailable:
        return Rejection(tag, Objection.UNAVAILABLE, times.unavailable[tag])
    created = times.created.get(tag)
    if ripe(policy, created, times.now):
        return None
    if created is None:
        return Rejection(tag, Objection.TIME_UNKNOWN, "its age is not known, and `minAge` asks for one")
    return Rejection(tag, Objection.TOO_YOUNG, f"was created {rfc3339(created)}, which `minAge` calls too young")


def _time(candidate: Candidate) -> datetime:
    assert candidate.time is not None
    return candidate.time


def _settled(contest: Contest, choice: Candidate | None, rejected: list[Rejection]) -> Decision:
    everything = remaining(contest, rejected)
    if choice is None:
        return Decision(None, f"{contest.current} stays: nothing is newer by {contest.policy}", everything)
    when = f", created {rfc3339(choice.time)}" if choice.time is not None else ""
    return Decision(choice, f"newest after {contest.current} by {contest.policy}{when}", everything)
