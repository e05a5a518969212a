"""What a driver announces of a unit, as it happens. A closed union: subscribers match on it.

Every piece says which unit and when; `deployment` is empty for what belongs to none. Nothing here is remembered by the
driver: who subscribes late reads the anchor.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fairlead.domain.rollout.following import Progress
from fairlead.domain.rollout.phases import Phase, UnitOutcome, VersionState
from fairlead.domain.units import UnitKey


@dataclass(frozen=True, slots=True)
class IntentAccepted:
    """An intent is stored in the anchor, and will be looked at. `intent` is its id, `kind` what is asked.

    `reason` is what was said when it was asked for.
    """

    key: UnitKey
    at: datetime
    deployment: str
    intent: str
    kind: str
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StateEntered:
    """The rollout entered a phase."""

    key: UnitKey
    at: datetime
    deployment: str
    phase: Phase
    version: str
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Progressed:
    """What the rollout does just now is something else: it went a step, or something is in the way."""

    key: UnitKey
    at: datetime
    deployment: str
    phase: Phase
    version: str
    progress: Progress


@dataclass(frozen=True, slots=True)
class VersionChanged:
    """A version entered a state."""

    key: UnitKey
    at: datetime
    deployment: str
    version: str
    state: VersionState


@dataclass(frozen=True, slots=True)
class HealthObserved:
    """A pod was asked how it is. `body` is what it answered, cut to 4 KiB."""

    key: UnitKey
    at: datetime
    deployment: str
    pod: str
    healthy: bool
    body: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a deployment's log, for people. `explanation` is what the end of the deployment says again."""

    key: UnitKey
    at: datetime
    deployment: str
    text: str
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Notified:
    """Somebody should know; with `alarm`, somebody has to act. `code` is stable."""

    key: UnitKey
    at: datetime
    deployment: str
    code: str
    text: str
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class DeploymentEnded:
    """An intent ended; the same news may come again from a driver that took over."""

    key: UnitKey
    at: datetime
    deployment: str
    intent: str
    outcome: UnitOutcome
    explanation: str = ""


UnitNews = (
    IntentAccepted | StateEntered | Progressed | VersionChanged | HealthObserved | LogLine | Notified | DeploymentEnded
)
