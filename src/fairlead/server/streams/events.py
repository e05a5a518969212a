"""Streams as server-sent events, around an application that answers with `Opened`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from fairlead.server.asgi import Message, Receive, Scope, Send
from fairlead.server.connection import ABORT
from fairlead.server.streams.answering import OPENED, wants_websocket
from fairlead.server.streams.following import serve
from fairlead.server.streams.hub import Ending, Follower, Hub
from fairlead.server.streams.telling import Wire

_PING = b": ping\n\n"
_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-accel-buffering", b"no"),  # or nginx collects events before it passes them on
]


@dataclass(frozen=True, slots=True)
class EventStreams:
    """The application, with its streams served."""

    app: Any
    hub: Hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, and the stream if it opens one."""
        opened: Follower | None = None

        async def forward(message: Message) -> None:
            nonlocal opened
            if message["type"] == OPENED:
                opened = message["follower"]
            else:
                await send(message)

        if scope["type"] != "http" or wants_websocket(scope):
            await self.app(scope, receive, send)
            return
        await self.app(scope, receive, forward)
        if opened is not None:
            await self._stream(opened, scope, receive, send)

    async def _stream(self, follower: Follower, scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(data: bytes) -> None:
            await send({"type": "http.response.body", "body": data, "more_body": True})

        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await tell(_PING)  # so that a proxy passes the head on
        serving = asyncio.ensure_future(serve(self.hub, follower, Wire.EVENTS, send=tell, ping=lambda: _PING))
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait((serving, leaving), return_when=asyncio.FIRST_COMPLETED)
            if not serving.done():
                return
            if serving.result() is Ending.COMPLETE:
                await send({"type": "http.response.body", "body": b"event: end\ndata: {}\n\n"})
                return
            await _abort(scope)
        finally:
            serving.cancel()
            leaving.cancel()
            await asyncio.gather(serving, leaving, return_exceptions=True)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _abort(scope: Scope) -> None:
    """Drop the connection: a client that takes nothing would otherwise keep what was sent to it for ever."""
    connection = scope.get("extensions", {}).get(ABORT)
    if connection is not None:
        connection["abort"]()
        await asyncio.sleep(0)  # the server learns of it in the next turn of its loop
