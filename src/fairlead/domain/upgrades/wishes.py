"""From what a person wrote about new versions, in a file or as options, to a policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fairlead.domain.durations import age_seconds
from fairlead.domain.joining import joined
from fairlead.domain.suggesting import near
from fairlead.domain.upgrades.patterns import BadPattern, TagPattern, parse_pattern
from fairlead.domain.upgrades.policy import Order, Policy, Track
from fairlead.domain.upgrades.ranges import BadRange, VersionRange, parse_range

ONE_OF_TRACKS = "PatchLevel, MinorVersion, MajorVersion or Newest"


@dataclass(frozen=True, slots=True)
class Wish:
    """A policy as written. Texts are not checked yet; None is what was not written.

    `pins_digest` is written beside it, and gives `min_age` a meaning without a track.
    """

    track: str | None = None
    range: str | None = None
    match: str | None = None
    extract: str | None = None
    order: str | None = None
    prerelease: bool = False
    date_tags: bool = False
    min_age: str | None = None
    pins_digest: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a wish. `key` is the declared key that it is about."""

    key: str
    code: str
    message: str
    remedy: str


class BadWish(ValueError):
    """A wish cannot be meant; `faults` says everything that is wrong with it."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(joined(fault.message for fault in faults))
        self.faults = faults


def make_policy(wish: Wish) -> Policy:
    """Return the policy that is wished for.

    Raises:
        BadWish: with every fault.
    """
    faults = [*_misfits(wish)]
    track = _track(wish, faults)
    wanted, pattern, age = _range(wish, faults), _pattern(wish, faults), _age(wish, faults)
    order = None if wish.order is None else Order(wish.order)
    if faults:
        raise BadWish(tuple(faults))
    return Policy(track, wanted, pattern, order, wish.prerelease, wish.date_tags, age)


def _misfits(wish: Wish) -> Iterator[Fault]:
    """Yield the keys that say nothing without another one."""
    written = {
        "match": wish.match is not None,
        "order": wish.order is not None,
        "prerelease": wish.prerelease,
        "dateTags": wish.date_tags,
        "minAge": wish.min_age is not None and not wish.pins_digest,
    }
    if wish.track is None and wish.range is None:
        for key in (key for key, is_written in written.items() if is_written):
            yield Fault(key, "trackMissing", f"found {key}, but neither track nor range", "add `track:` or `range:`")
    elif wish.order is not None and wish.track != Track.NEWEST:
        message = "found order, but versions have an order of their own"
        yield Fault("order", "orderWithoutNewest", message, "write `track: Newest`, or remove `order`")
    if wish.extract is not None and wish.match is None:
        message = "found extract, but no match that it could take something from"
        yield Fault("extract", "extractWithoutMatch", message, "add `match:`, with a group around what counts")


def _track(wish: Wish, faults: list[Fault]) -> Track | None:
    if wish.track is None or wish.track in list(Track):
        return None if wish.track is None else Track(wish.track)
    remedy = near(wish.track, list(Track), otherwise="tracks are")
    faults.append(Fault("track", "invalidValue", f"found the track {wish.track!r}, expected {ONE_OF_TRACKS}", remedy))
    return None


def _range(wish: Wish, faults: list[Fault]) -> VersionRange | None:
    if wish.range is None:
        return None
    try:
        return parse_range(wish.range)
    except BadRange as error:
        faults.append(Fault("range", "invalidRange", f"found no range of versions: {error}", "write it as npm does"))
        return None


def _pattern(wish: Wish, faults: list[Fault]) -> TagPattern | None:
    if wish.match is None:
        return None
    try:
        parse_pattern(wish.match)
    except BadPattern as error:
        message = f"found no pattern in RE2 syntax: {error}"
        faults.append(Fault("match", "invalidPattern", message, "correct it; it has to match the whole tag"))
        return None
    try:
        return parse_pattern(wish.match, wish.extract)
    except BadPattern as error:
        faults.append(Fault("extract", "invalidExtract", str(error), "name groups of `match`, as in $version or $1"))
        return None


def _age(wish: Wish, faults: list[Fault]) -> float | None:
    if wish.min_age is None:
        return None
    seconds = age_seconds(wish.min_age)
    if seconds is None:
        message = f"found the age {wish.min_age!r}, expected more than nothing and at most a year"
        faults.append(Fault("minAge", "invalidValue", message, "write an age such as 12h, 3d or 2w"))
    return seconds
