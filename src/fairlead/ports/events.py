"""Where the engine says what happens. Terminal, JSON, WebSocket, notifiers and tests are subscribers."""

from __future__ import annotations

from typing import Protocol

from fairlead.domain.events import Event
from fairlead.domain.unit_news import UnitNews


class EventSink(Protocol):
    """Takes every event in order; must not block and must not raise."""

    def emit(self, event: Event) -> None:
        """Take one event."""
        ...


class UnitSink(Protocol):
    """Takes the news of units in order; must not block and must not raise."""

    def announce(self, news: UnitNews) -> None:
        """Take one piece of news."""
        ...
