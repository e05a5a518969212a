"""Health of one object: a word and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class HealthState(StrEnum):
    """The words for how a live object relates to what it should become."""

    CURRENT = "current"
    PROGRESSING = "progressing"
    FAILED = "failed"
    TERMINATING = "terminating"
    NOT_FOUND = "notFound"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Health:
    """The judgement of one object. `message` is a stable sentence without times or counters that flap."""

    state: HealthState
    message: str = ""
