"""A small HTTP/1.1 server on loopback whose answers are given byte by byte, so that they can also be wrong.

Serves: `async with HttpServer(handler) as server: ... server.url`. The handler gets each request and returns an
`Answer`, or writes to the connection itself and returns None; the connection is then closed.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import orjson


@dataclass(frozen=True, slots=True)
class Request:
    """What came in. Header names are in lower case, `path` includes the query; `lines` are the headers as they came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes out. `declared` overrides the Content-Length, to promise more than is sent."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    declared: int | None = None

    def encode(self) -> bytes:
        length = len(self.body) if self.declared is None else self.declared
        lines = [f"HTTP/1.1 {self.status} X", f"Content-Length: {length}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


def json_answer(value: Any, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status, orjson.dumps(value), {"Content-Type": "application/json", **named})


Handler = Callable[[Request, asyncio.StreamWriter], Awaitable[Answer | None]]


class HttpServer:
    def __init__(self, handler: Handler, *, tls: ssl.SSLContext | None = None) -> None:
        self._handler = handler
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.requests: list[Request] = []
        self.url = ""
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read(reader)) is not None:
                self.requests.append(request)
                answer = await self._handler(request, writer)
                if answer is None:
                    return
                encoded = answer.encode()
                writer.write(encoded[: len(encoded) - len(answer.body)] if request.method == "HEAD" else encoded)
                await writer.drain()
                if answer.declared is not None:
                    return
        except (ConnectionError, ssl.SSLError):
            pass  # the client is gone, which is its right
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    method, path, _ = first.split(" ")
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, path, headers, body, tuple(filter(None, lines)))
