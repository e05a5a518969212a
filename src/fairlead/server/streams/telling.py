"""One event as it goes over the wire: encoded once, shared by everybody who follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from websockets.frames import Frame, Opcode


class Wire(Enum):
    """How a client is told: frames of a WebSocket (RFC 6455), or server-sent events (WHATWG HTML, section 9.2)."""

    WEBSOCKET = "websocket"
    EVENTS = "events"


@dataclass(frozen=True, slots=True)
class Told:
    """One event as it was stored. Numbers of one deployment grow and never repeat; `body` is JSON on one line."""

    number: int
    kind: str
    body: bytes

    def encoded(self, wire: Wire) -> bytes:
        """Return what is sent of it."""
        match wire:
            case Wire.WEBSOCKET:
                return Frame(Opcode.TEXT, self.body).serialize(mask=False)
            case Wire.EVENTS:
                return b"id: %d\nevent: %s\ndata: %s\n\n" % (self.number, self.kind.encode(), self.body)


@dataclass(frozen=True, slots=True)
class Past:
    """What a journal holds after a number. `is_complete` when nothing will ever follow."""

    events: Sequence[Told]
    is_complete: bool


class Journal(Protocol):
    """What was stored of deployments."""

    async def past(self, deployment: str, *, after: int, limit: int) -> Past:
        """Return the events that follow a number, oldest first, up to a limit."""
        ...


@dataclass(frozen=True, slots=True)
class Chunk:
    """The events after a number up to and with `last`, ready to be sent."""

    after: int
    data: bytes
    last: int


class Quiet(Enum):
    """Nothing happened for a while."""

    QUIET = "quiet"
