"""When to ask again, and when to give up."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fairlead.domain.errors import Transient

# Attempts after which pauses are long anyway: a watch that fails for hours counts further than a float can grow.
_GROWS: Final = 60


@dataclass(frozen=True, slots=True)
class Patience:
    """Backoff in seconds. A server that has answered before gets `known` seconds to come back, others `unknown`.

    The difference: an API server that restarts is worth waiting for, a wrong address is not. A watch that says nothing
    for `silence` is taken for dead; the server is asked to end it by itself earlier than that.
    """

    first: float = 0.1
    longest: float = 5.0
    known: float = 30.0
    unknown: float = 2.0
    silence: float = 70.0
    jitter: Callable[[], float] = random.random

    def pause(self, attempt: int, asked: float = 0.0) -> float:
        """Return how long to wait before attempt number `attempt` + 1; `asked` is what the server demands."""
        grown: float = min(self.longest, self.first * 2.0 ** min(attempt, _GROWS))
        return asked + grown * (0.5 + self.jitter() / 2)

    def next_pause(self, failure: Transient, *, attempt: int, waited: float, known: bool) -> float | None:
        """Return how long to wait after a failure, or None to give up."""
        asked = failure.delay_seconds if failure.code == "apiBusy" else 0.0
        pause = self.pause(attempt, asked)
        return pause if waited + pause <= (self.known if known else self.unknown) else None
