"""What competes to be the next version of a release, and what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LATEST = "latest"


class Objection(StrEnum):
    """Why a candidate is not taken."""

    CURRENT = "current"
    LATEST = "latest"
    NOT_WANTED = "notWanted"
    NOT_MATCHED = "notMatched"
    NOT_VERSION = "notVersion"
    NOT_NUMBER = "notNumber"
    DATE = "dateTag"
    SAME = "sameVersion"
    OLDER = "older"
    PRERELEASE = "prerelease"
    OUTSIDE_TRACK = "outsideTrack"
    OUTSIDE_RANGE = "outsideRange"
    TIME_UNKNOWN = "timeUnknown"
    TOO_YOUNG = "tooYoung"
    UNAVAILABLE = "unavailable"
    SURPASSED = "surpassed"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tag or chart version, and when it was created, where that is known (UTC)."""

    tag: str
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A candidate that is not taken. `reason` is for people."""

    tag: str
    objection: Objection
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The next version, None when the current one stays; and what was not taken, in the order it was offered."""

    choice: Candidate | None
    reason: str
    rejected: tuple[Rejection, ...] = ()


@dataclass(frozen=True, slots=True)
class Undecidable:
    """Nothing can be decided, because the current version says too little. `code` is stable, in camelCase."""

    code: str
    reason: str
    remedy: str
