"""A web server that does to its clients, on purpose, whatever a broken one would."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bench.connections import Target


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as the server saw it: its number from 1 on, and which of the connections brought it."""

    number: int
    connection: int
    method: str
    path: str


Behaviour = Callable[["Server", Seen], Awaitable[bytes | None]]
"""What is sent for a request; None closes the connection at once."""


@dataclass(slots=True)
class Server:
    """What it has seen so far. `version` is what it says of itself."""

    behave: Behaviour
    port: int = 0
    version: str = "1"
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0

    @property
    def target(self) -> Target:
        """Where it listens."""
        return Target("127.0.0.1", self.port)

    def fine(self, *, status: str = "200 OK", headers: str = "") -> bytes:
        """A complete answer."""
        body = f"{self.version} pod-a\n".encode()
        return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until either side has enough of it."""
        self.connections += 1
        connection = self.connections
        try:
            while head := await _head(reader):
                method, path, _ = head.split(b"\r\n")[0].decode().split(" ")
                one = Seen(len(self.seen) + 1, connection, method, path)
                self.seen.append(one)
                if method == "POST":
                    json.loads(await reader.readexactly(int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])))
                answer = await self.behave(self, one)
                if answer is None or b"Connection: close" in answer or b"Connection: close" in head:
                    writer.write(answer or b"")
                    break
                writer.write(answer)
        finally:
            writer.close()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (OSError, EOFError):
        return b""


@asynccontextmanager
async def serving(behave: Behaviour) -> AsyncIterator[Server]:
    """Run one on loopback."""
    server = Server(behave)
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server


async def well(server: Server, _one: Seen) -> bytes | None:
    """Answer as one should."""
    return server.fine()


def busy(seconds: float) -> None:
    """Keep the whole process from doing anything else, server and client alike."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass
