"""Keeps what is stored within its limits while a server runs."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final, Protocol

from fairlead.domain.errors import OperationFailed
from fairlead.ports.clock import Clock

EVERY: Final = 60.0  # seconds between two rounds
_log = logging.getLogger(__name__)


class Tidied(Protocol):
    """What can remove what is beyond its limits."""

    async def tidy(self, now: datetime) -> None:
        """Remove it."""
        ...


async def keep_tidy(tidied: Tidied, clock: Clock) -> None:
    """Tidy at once and then again and again, until cancelled; what fails is tried again at the next round."""
    while True:
        try:
            await tidied.tidy(clock.now())
        except OperationFailed as error:
            _log.warning("nothing was tidied away: %s", error)
        await clock.sleep(EVERY)
