"""Streams as WebSockets, as the protocol that uvicorn gives a connection to when it asks to become one.

The opening is an ordinary request to the application, with the same routes, rights and problems as any other; an
application that answers `Opened` is told to the client, and any other answer is sent as it is. Frames and the rules of
RFC 6455 are the library's (`websockets`, without I/O). What a client sends besides is read and dropped.
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.datastructures import Headers
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol

from fairlead.server.asgi import Message, Scope
from fairlead.server.streams.answering import WEBSOCKET
from fairlead.server.streams.following import serve
from fairlead.server.streams.hub import Ending, Follower, Hub
from fairlead.server.streams.telling import Wire

_MAX_MESSAGE: Final = 4 << 10  # bytes of what a client sends; nothing it says matters
_PING: Final = Frame(Opcode.PING, b"").serialize(mask=False)
_CLOSING_SECONDS: Final = 5.0
_CODES: Final = {
    Ending.COMPLETE: CloseCode.NORMAL_CLOSURE,
    Ending.REVOKED: CloseCode.POLICY_VIOLATION,
    Ending.STOPPING: CloseCode.SERVICE_RESTART,
    Ending.FAILED: CloseCode.INTERNAL_ERROR,
}

_log = logging.getLogger(__name__)


def websockets_of(hub: Hub) -> type[asyncio.Protocol]:
    """Return the protocol for uvicorn whose streams come from a hub."""

    class Bound(_WebSocket):
        __slots__ = ()

        def __init__(self, config: Config, server_state: ServerState, app_state: object) -> None:  # noqa: ARG002 - uvicorn's
            super().__init__(hub, config, server_state)

    return Bound


class _WebSocket(asyncio.Protocol):
    """One connection."""

    __slots__ = ("_answers_ping", "_app", "_connection", "_hub", "_paused", "_server_state", "_task", "_transport")

    def __init__(self, hub: Hub, config: Config, server_state: ServerState) -> None:
        self._hub, self._app, self._server_state = hub, config.loaded_app, server_state
        self._connection = ServerProtocol(max_size=_MAX_MESSAGE, logger=_log)
        self._task: asyncio.Task[None] | None = None
        self._paused: asyncio.Future[None] | None = None
        self._answers_ping = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over the connection."""
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(high=0)  # one chunk waits, not sixty-four KiB of them
        self._transport = transport
        self._server_state.connections.add(self)  # type: ignore[arg-type] # it has the `shutdown` that uvicorn calls

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - gone is gone
        """Stop telling."""
        self._server_state.connections.discard(self)
        self.resume_writing()
        if self._task is not None:
            self._task.cancel()

    def shutdown(self) -> None:
        """End, because the server ends."""
        if self._task is None or self._task.done():
            self._transport.close()  # others are ended by the hub

    def pause_writing(self) -> None:
        """Wait from now on: the client takes nothing."""
        self._paused = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """Go on."""
        paused, self._paused = self._paused, None
        if paused is not None and not paused.done():
            paused.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Take what the client sends."""
        self._connection.receive_data(data)
        for event in self._connection.events_received():
            if isinstance(event, Request):
                self._task = asyncio.ensure_future(self._open(event))
                self._server_state.tasks.add(self._task)
                self._task.add_done_callback(self._server_state.tasks.discard)
            elif isinstance(event, Frame):
                self._answers_ping = True
        self._flush()

    def _flush(self) -> None:
        for data in self._connection.data_to_send():
            if data:
                self._transport.write(data)
            else:
                self._transport.close()
        if self._connection.close_expected():
            asyncio.get_running_loop().call_later(_CLOSING_SECONDS, self._transport.abort)

    async def _open(self, request: Request) -> None:
        follower = await self._asked(request)
        if follower is not None:
            del request  # it would stay as long as the client
            self._end(await serve(self._hub, follower, Wire.WEBSOCKET, send=self._send, ping=self._ping))

    async def _asked(self, request: Request) -> Follower | None:
        """Ask the application, and answer. Return the stream that was opened, if one was."""
        follower: Follower | None = None
        start: Message = {"status": 500, "headers": []}
        body = bytearray()

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            nonlocal follower, start
            match message["type"]:
                case "http.response.start":
                    start = message
                case "http.response.body":
                    body.extend(message.get("body", b""))
                case _:
                    follower = message["follower"]

        await self._app(self._scope(request), receive, send)
        accepted = self._connection.accept(request) if follower is not None else _response(start, bytes(body))
        self._connection.send_response(accepted)
        self._flush()
        return follower if accepted.status_code == HTTPStatus.SWITCHING_PROTOCOLS else None

    def _scope(self, request: Request) -> Scope:
        path, _, query = request.path.partition("?")
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in request.headers.raw_items()],
            "client": self._transport.get_extra_info("peername"),
            "server": self._transport.get_extra_info("sockname"),
            "extensions": {WEBSOCKET: {}},
            "state": {},
        }

    async def _send(self, data: bytes) -> None:
        if self._paused is None:
            self._transport.write(data)
        if self._paused is not None:
            await self._paused

    def _ping(self) -> bytes:
        """Return a ping; who has not answered the last one is gone."""
        if not self._answers_ping:
            self._transport.abort()
        self._answers_ping = False
        return _PING

    def _end(self, why: Ending) -> None:
        if why not in _CODES or self._paused is not None:
            self._transport.abort()  # what was sent is not taken, so a farewell would not be either
        elif self._connection.state is State.OPEN:
            self._connection.send_close(_CODES[why], why.value)
            self._flush()


def _response(start: Message, body: bytes) -> Response:
    headers = Headers()
    for name, value in start["headers"]:
        headers[name.decode()] = value.decode("latin-1")
    headers["connection"] = "close"
    return Response(start["status"], HTTPStatus(start["status"]).phrase, headers, body)
