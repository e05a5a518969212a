"""Health of objects: a word and a sentence each, and the report of a wait over many of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fairlead.domain.identity import ObjectRef


class HealthState(StrEnum):
    """The words for how a live object relates to what it should become."""

    CURRENT = "current"
    PROGRESSING = "progressing"
    FAILED = "failed"
    TERMINATING = "terminating"
    NOT_FOUND = "notFound"
    UNKNOWN = "unknown"


# From bad to good: what one word for many objects must not hide.
WORST_FIRST: tuple[HealthState, ...] = (
    HealthState.FAILED,
    HealthState.NOT_FOUND,
    HealthState.TERMINATING,
    HealthState.UNKNOWN,
    HealthState.PROGRESSING,
    HealthState.CURRENT,
)


@dataclass(frozen=True, slots=True)
class Health:
    """The judgement of one object. `message` is a stable sentence without times or counters that flap."""

    state: HealthState
    message: str = ""


@dataclass(frozen=True, slots=True)
class ObjectHealth:
    """How one object is, as a wait or a status finds it."""

    ref: ObjectRef
    health: Health

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {"object": self.ref.to_json(), "health": str(self.health.state), "message": self.health.message}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why something is not healthy, from its root cause.

    `code` is the cause in camelCase, `sentence` names object, container and reason, `details` are lines to print
    below it (pods, log lines, further objects), `remedy` says what to do. `ref` is the object it is mainly about.
    """

    code: str
    sentence: str
    details: tuple[str, ...] = ()
    remedy: str = ""
    ref: ObjectRef | None = None

    @property
    def text(self) -> str:
        """All of it as lines for people."""
        return "\n".join(line for line in (self.sentence, *self.details, self.remedy) if line)

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {
            "code": self.code,
            "message": self.sentence,
            "details": list(self.details),
            "remedy": self.remedy,
            "object": None if self.ref is None else self.ref.to_json(),
        }


@dataclass(frozen=True, slots=True)
class HealthReport:
    """What a wait, or one look, found. `explanation` is there exactly when a wait ended without success."""

    objects: tuple[ObjectHealth, ...]
    explanation: Explanation | None = None
    duration_seconds: float = 0.0
    timed_out: bool = False

    @property
    def state(self) -> HealthState:
        """The worst word among the objects; `current` when there are none."""
        return worst(tuple(each.health.state for each in self.objects))

    @property
    def healthy(self) -> bool:
        """Whether every object is current."""
        return self.state is HealthState.CURRENT

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {
            "health": str(self.state),
            "objects": [each.to_json() for each in self.objects],
            "explanation": None if self.explanation is None else self.explanation.to_json(),
            "durationSeconds": round(self.duration_seconds, 3),
            "timedOut": self.timed_out,
        }


def worst(states: tuple[HealthState, ...]) -> HealthState:
    """Return the one word for many: the worst of them, `current` for none."""
    return min(states, key=WORST_FIRST.index, default=HealthState.CURRENT)
