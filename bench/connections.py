"""HTTP/1.1 from the client's side with nothing hidden: no request is ever sent a second time.

A library for applications repeats what it may, so as to succeed; whoever measures failures must see the first one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httptools

_CHUNK = 65536


class Lost(ConnectionError):
    """The connection ended before all of the answer was there. `begun` says whether any of it was."""

    def __init__(self, *, begun: bool) -> None:
        super().__init__("answer cut off" if begun else "connection lost")
        self.begun = begun


@dataclass(slots=True)
class Reply:
    """An answer as it comes in, told by the parser. `began` is when its head was there, 0.0 before that."""

    clock: Callable[[], float]
    began: float = 0.0
    status: int = 0
    body: bytearray = field(default_factory=bytearray)
    complete: bool = False
    closing: bool = False

    @property
    def stays(self) -> bool:
        """Whether the connection can be used again, as it always can in HTTP/1.1 unless the answer says otherwise."""
        return self.complete and not self.closing

    def on_header(self, name: bytes, value: bytes) -> None:
        """Hear that the server is about to close."""
        self.closing |= (name.lower(), value.lower()) == (b"connection", b"close")

    def on_headers_complete(self) -> None:
        """Take the time."""
        self.began = self.clock()

    def on_body(self, data: bytes) -> None:
        """Take a piece of the body."""
        self.body += data

    def on_message_complete(self) -> None:
        """Know that this was all."""
        self.complete = True

    def word(self, position: int) -> str:
        """Return one word of the body; empty where it has not so many."""
        words = self.body.decode(errors="replace").split()
        return words[position] if position < len(words) else ""


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go."""

    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Target:
        """Read it from a URL, of which only host and port count."""
        parts = urlsplit(url)
        return cls(parts.hostname or "127.0.0.1", parts.port or 80)

    def post(self, path: str, body: bytes) -> bytes:
        """Return a request on a connection that is kept."""
        return self._head("POST", path, f"Content-Length: {len(body)}\r\n") + body

    def get(self, path: str) -> bytes:
        """Return a request that is the only one on its connection."""
        return self._head("GET", path, "Connection: close\r\n")

    def _head(self, method: str, path: str, headers: str) -> bytes:
        return f"{method} {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n{headers}\r\n".encode()


class Connection:
    """One connection, one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, target: Target) -> Connection:
        """Connect."""
        return cls(*await asyncio.open_connection(target.host, target.port))

    @property
    def usable(self) -> bool:
        """Whether the server has not yet been seen to close it."""
        return not self._reader.at_eof() and not self._writer.is_closing()

    async def ask(self, request: bytes, reply: Reply) -> None:
        """Send a request and read its answer into `reply`.

        Raises:
            OSError: the connection broke, or ended first (Lost).
            httptools.HttpParserError: what came is no HTTP.
        """
        self._writer.write(request)
        parser = httptools.HttpResponseParser(reply)
        while not reply.complete:
            data = await self._reader.read(_CHUNK)
            if not data:
                raise Lost(begun=reply.began > 0)
            parser.feed_data(data)
            reply.status = parser.get_status_code()

    async def close(self) -> None:
        """Give it back."""
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()


async def ask_once(target: Target, request: bytes, reply: Reply) -> None:
    """Send a request on a connection of its own; raises as `Connection.ask` does."""
    connection = await Connection.open(target)
    try:
        await connection.ask(request, reply)
    finally:
        await connection.close()


def wall_clock() -> Callable[[], float]:
    """Return a clock in seconds since 1970 that a change of the machine's time does not move."""
    started = time.time() - time.perf_counter()
    return lambda: started + time.perf_counter()
