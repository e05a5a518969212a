"""The little of ASGI (specification 3.0) that an application of ours needs: types, answers, bodies within limits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Gone(Exception):
    """The client left before its request was complete; nobody waits for an answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: JSON, with what must never be guessed about it."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """The body as it is sent."""
        return orjson.dumps(self.body)

    @property
    def all_headers(self) -> dict[str, str]:
        """The headers, with those that every answer has."""
        return {
            "content-type": "application/problem+json" if self.status >= 400 else "application/json",
            "content-length": str(len(self.content)),
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            **self.headers,
        }

    async def send(self, send: Send) -> None:
        """Send it as one piece."""
        headers = [(name.encode(), value.encode("latin-1")) for name, value in self.all_headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.content})


def problem(status: int, code: str, title: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Return a refusal as in RFC 9457."""
    return Answer(status, {"type": "about:blank", "title": title, "status": status, "code": code}, headers or {})


class Refusal(Exception):
    """Ends the handling of a request with an answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Excess(Exception):
    """A body costs more than it may: 413, 408, or 503 when the process holds too much already."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text


@dataclass(slots=True)
class Budget:
    """How many bytes of unfinished bodies the process holds, over all requests."""

    limit: int
    held: int = 0

    def take(self, size: int) -> None:
        """Hold more, or refuse this request so that the others can go on."""
        if self.held + size > self.limit:
            raise Excess(503, "busy", "too many unfinished requests")
        self.held += size


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost: bytes of its body, and seconds until all of it is here."""

    body: int = 1 << 20
    seconds: float = 10.0


def headers_of(scope: Scope) -> dict[str, str]:
    """Return the headers; of a repeated one the first, since a later one may have been added to a signed request."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1"), value.decode("latin-1"))
    return found


@dataclass(slots=True)
class Body:
    """A body within limits, read when the application asks for it: it decides first who may send one.

    What it holds of the budget is given back with `release`.
    """

    source: Receive
    limits: Limits
    budget: Budget
    size: int = 0
    is_whole: bool = False
    _deadline: float = 0.0

    async def receive(self) -> Message:
        """Return the next message.

        Raises:
            Excess: it is too large, too slow, or the process holds too much already.
        """
        if self.is_whole:
            return await self.source()
        self._deadline = self._deadline or asyncio.get_running_loop().time() + self.limits.seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self.source()
        except TimeoutError:
            raise Excess(408, "tooSlow", f"the body took over {self.limits.seconds:g} s") from None
        piece = len(message.get("body", b""))
        if self.size + piece > self.limits.body:
            raise Excess(413, "tooLarge", f"the body is over {self.limits.body} bytes")
        self.budget.take(piece)
        self.size += piece
        self.is_whole = not message.get("more_body", False)
        return message

    def release(self) -> None:
        """Hold nothing any more."""
        self.budget.held -= self.size
        self.size = 0


async def read_body(receive: Receive, limits: Limits, budget: Budget, take: Callable[[bytes], None]) -> bytes:
    """Return the whole body; `take` sees every piece as it arrives.

    Raises:
        Refusal: it costs more than it may.
        Gone: the client left.
    """
    body, whole = Body(receive, limits, budget), bytearray()
    try:
        while not body.is_whole:
            message = await body.receive()
            if message["type"] == "http.disconnect":
                raise Gone
            piece = bytes(message.get("body", b""))
            whole += piece
            take(piece)
    except Excess as excess:
        again = {"retry-after": "5"} if excess.status == HTTPStatus.SERVICE_UNAVAILABLE else {}
        raise Refusal(problem(excess.status, excess.code, excess.text, again)) from None
    finally:
        body.release()
    return bytes(whole)
