"""The little of ASGI (specification 3.0) that an application of ours needs: types, answers, bodies within limits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
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


@dataclass(slots=True)
class Budget:
    """How many bytes of unfinished bodies the process holds, over all requests."""

    limit: int
    held: int = 0

    def take(self, size: int) -> None:
        """Hold more, or refuse this request so that the others can go on."""
        if self.held + size > self.limit:
            raise Refusal(problem(503, "busy", "too many unfinished requests", {"retry-after": "5"}))
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


async def chunks(receive: Receive) -> AsyncIterator[bytes]:
    """Yield the body as it arrives.

    Raises:
        Gone: the client left.
    """
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        more = bool(message.get("more_body", False))
        yield bytes(message.get("body", b""))


async def read_body(receive: Receive, limits: Limits, budget: Budget, take: Callable[[bytes], None]) -> bytes:
    """Return the whole body; `take` sees every piece as it arrives.

    Raises:
        Refusal: it is too large (413), too slow (408), or the process holds too much already (503).
        Gone: the client left.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(limits.seconds):
            async for chunk in chunks(receive):
                if len(body) + len(chunk) > limits.body:
                    raise Refusal(problem(413, "tooLarge", f"the body is over {limits.body} bytes"))
                budget.take(len(chunk))
                body += chunk
                take(chunk)
    except TimeoutError:
        raise Refusal(problem(408, "tooSlow", f"the body took over {limits.seconds:g} s")) from None
    finally:
        budget.held -= len(body)
    return bytes(body)
