"""What a route answers to open a stream.

The answer goes to whoever holds the connection, so that nothing of the framework stays in memory as long as the client.
"""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.server.asgi import Receive, Scope, Send
from fairlead.server.streams.hub import Follower

OPENED = "fairlead.stream.opened"  # a message of our own, beside those of ASGI
WEBSOCKET = "fairlead.websocket"  # the extension that says: this request wants to become a WebSocket


@dataclass(frozen=True, slots=True)
class Opened:
    """An ASGI application that answers with a stream."""

    follower: Follower

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's arguments
        """Hand the stream to whoever holds the connection."""
        await send({"type": OPENED, "follower": self.follower})


def wants_websocket(scope: Scope) -> bool:
    """Return whether a request is the opening of a WebSocket."""
    return WEBSOCKET in scope.get("extensions", {})
