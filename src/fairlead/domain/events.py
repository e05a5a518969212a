"""Every fact the engine may announce. A closed union: subscribers match on it exhaustively."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.domain.changes import Action
from fairlead.domain.health import Health
from fairlead.domain.identity import ObjectRef, ReleaseKey


@dataclass(frozen=True, slots=True)
class RenderStarted:
    """A release is being rendered."""

    key: ReleaseKey


@dataclass(frozen=True, slots=True)
class Rendered:
    """A release was rendered to so many objects."""

    key: ReleaseKey
    objects: int
    cached: bool


@dataclass(frozen=True, slots=True)
class Planned:
    """A release's changes are known; `changes` counts those that write."""

    key: ReleaseKey
    changes: int


@dataclass(frozen=True, slots=True)
class ApplyStarted:
    """The first write of a release is about to happen."""

    key: ReleaseKey
    changes: int


@dataclass(frozen=True, slots=True)
class Applied:
    """One change was carried out."""

    key: ReleaseKey
    ref: ObjectRef
    action: Action


@dataclass(frozen=True, slots=True)
class ApplyFailed:
    """One change could not be carried out."""

    key: ReleaseKey
    ref: ObjectRef
    message: str


@dataclass(frozen=True, slots=True)
class HealthChanged:
    """The health of one object is now this."""

    key: ReleaseKey
    ref: ObjectRef
    health: Health


@dataclass(frozen=True, slots=True)
class WaitStarted:
    """Waiting for objects to become current; `seconds` is the limit."""

    key: ReleaseKey
    objects: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RolloutTold:
    """The rollout of an app has something to say to people."""

    key: ReleaseKey
    text: str


@dataclass(frozen=True, slots=True)
class RolloutMoved:
    """What the rollout of an app does just now, and what is in the way; `left` is how many seconds more at most."""

    key: ReleaseKey
    doing: str
    trouble: str
    left: float | None


@dataclass(frozen=True, slots=True)
class ReleaseFinished:
    """A release ended; `outcome` is a word of the CLI contract."""

    key: ReleaseKey
    outcome: str
    message: str


Event = (
    RenderStarted
    | Rendered
    | Planned
    | ApplyStarted
    | Applied
    | ApplyFailed
    | HealthChanged
    | WaitStarted
    | RolloutTold
    | RolloutMoved
    | ReleaseFinished
)
