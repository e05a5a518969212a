"""What the health checks of a deployment's pods answered last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

LARGEST: Final = 4096  # bytes of UTF-8 that are kept of an answer
MOST_PODS: Final = 200  # of one deployment; those heard of longest ago give way


@dataclass(frozen=True, slots=True)
class HealthData:
    """The last answer of one pod."""

    pod: str
    value: str
    at: datetime

    def __post_init__(self) -> None:
        """Keep what fits, no half of a character, and nothing that is no character."""
        fitting = self.value.encode(errors="replace")[:LARGEST].decode(errors="ignore")
        object.__setattr__(self, "value", fitting)
