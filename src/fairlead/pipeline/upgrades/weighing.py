"""One watch against the versions there are: asks for as few facts as the decision needs, and decides.

What is certain to fail again (a tag without an image, without the platform) speaks against that tag alone. What may
work later leaves the whole decision for later: from a part of the answers, none would be the newest.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from fairlead.domain.errors import FairleadError, Transient
from fairlead.domain.joining import joined
from fairlead.domain.published import ImageFacts
from fairlead.domain.upgrades.candidates import Decision, Undecidable
from fairlead.domain.upgrades.contest import Contest, open_contest
from fairlead.domain.upgrades.deciding import Times, decide, ripe
from fairlead.domain.upgrades.updates import Skipped, Update
from fairlead.pipeline.engine import at_once
from fairlead.pipeline.upgrades.watching import Watch

Look = Callable[[str], Awaitable[ImageFacts]]
Outcome = Update | Skipped | Decision


@dataclass(frozen=True, slots=True)
class Scales:
    """How a watch is weighed: `look` tells the facts of one version. `new_at_least` is as in `Times`."""

    watch: Watch
    look: Look
    now: datetime
    new_at_least: bool = False


@dataclass(slots=True)
class _Looks:
    """What was seen so far."""

    facts: dict[str, ImageFacts] = field(default_factory=dict)
    unavailable: dict[str, str] = field(default_factory=dict)


async def weigh(scales: Scales, offered: Sequence[str]) -> Outcome:
    """Return what becomes of a watch when these versions are offered; a `Decision` when everything stays."""
    try:
        return await _weighed(scales, offered)
    except FairleadError as error:
        return failure(scales.watch, error)


def failure(watch: Watch, error: FairleadError) -> Skipped:
    """Return the failure of a question as the reason why a watch is skipped."""
    return Skipped.because(watch.release, error)


async def _weighed(scales: Scales, offered: Sequence[str]) -> Outcome:
    watch = scales.watch
    contest = open_contest(watch.policy, watch.current, offered)
    if isinstance(contest, Undecidable):
        return _undecided(watch, contest)
    looks = await _looks(scales, contest)
    created = {tag: facts.created for tag, facts in looks.facts.items()}
    decision = decide(contest, Times(created, scales.now, looks.unavailable, scales.new_at_least))
    if isinstance(decision, Undecidable):
        return _undecided(watch, decision)
    if decision.choice is not None:
        return _taken(watch, decision.choice.tag, looks.facts[decision.choice.tag], decision.reason)
    if watch.follows_digest and watch.current in offered:
        return await _followed(scales) or decision
    return decision


async def _looks(scales: Scales, contest: Contest) -> _Looks:
    """Look at every version where times decide, and else at the best ones until one will do."""
    looks = _Looks()
    if contest.policy.by_time:
        tags = dict.fromkeys((contest.current, *contest.ranked)) if contest.ranked else {}
        await at_once(_look(scales, tag, looks) for tag in tags)
        return looks
    for tag in contest.ranked:
        await _look(scales, tag, looks)
        if tag in looks.facts and ripe(contest.policy, looks.facts[tag].created, scales.now):
            break
    return looks


async def _look(scales: Scales, tag: str, looks: _Looks) -> None:
    try:
        looks.facts[tag] = await scales.look(tag)
    except Transient:
        raise
    except FairleadError as error:
        looks.unavailable[tag] = str(error)


def _taken(watch: Watch, tag: str, facts: ImageFacts, reason: str) -> Update | Skipped:
    if watch.pins_digest and not facts.digest:
        return _digest_unknown(watch, tag)
    return _update(watch, tag, facts, reason)


async def _followed(scales: Scales) -> Update | Skipped | None:
    """Return what becomes of a tag that stays but may name something else now."""
    watch = scales.watch
    facts = await scales.look(watch.current)
    if not facts.digest:
        return _digest_unknown(watch, watch.current)
    if facts.digest == watch.digest or not ripe(watch.policy, facts.created, scales.now):
        return None
    reason = f"{watch.current} names another image now" if watch.digest else f"pins what {watch.current} names"
    return _update(watch, watch.current, facts, reason)


def _update(watch: Watch, tag: str, facts: ImageFacts, reason: str) -> Update:
    return Update(
        watch.release,
        watch.standing,
        watch.subject_name,
        watch.current,
        tag,
        watch.policy.name,
        reason,
        digest=facts.digest if watch.pins_digest else None,
        from_digest=watch.digest,
        time=facts.created,
    )


def _undecided(watch: Watch, found: Undecidable) -> Skipped:
    return Skipped(watch.release, found.code, joined((found.reason, found.remedy)))


def _digest_unknown(watch: Watch, tag: str) -> Skipped:
    message = f"the digest of {tag} is to be written, but is not known; announce TAG@DIGEST, or ask the registry"
    return Skipped(watch.release, "digestUnknown", message)
