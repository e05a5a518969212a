"""What surrounds every request: limits on what is sent, who may send it from a browser, headers, figures, a log."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from fairlead.domain.errors import Problem
from fairlead.ports.clock import Clock
from fairlead.server.asgi import Body, Budget, Excess, Limits, Message, Receive, Refusal, Scope, Send, headers_of
from fairlead.server.metrics import Metrics
from fairlead.server.problems import answer, declined

_HEAD_BYTES: Final = 32 << 10
_HEADERS: Final = 100
_MAX_HELD: Final = 32 << 20  # bytes of unfinished bodies, over all requests
# No page of ours exists that could be framed, scripted or told where somebody came from.
_ALWAYS: Final = {
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-store",
}

_log = logging.getLogger("fairlead.server.requests")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`origins` are those of pages that may call from a browser."""

    origins: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Surrounding:
    """The application with its surroundings."""

    app: Any
    surroundings: Surroundings
    metrics: Metrics
    clock: Clock
    budget: Budget = field(default_factory=lambda: Budget(_MAX_HELD))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        began, status = self.clock.monotonic(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                present = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(one for one in _ALWAYS.items() if one[0] not in present)]
            await send(message)

        try:
            await self._admitted(scope, receive, noting)
        except Refusal as refusal:
            await refusal.answer.send(noting)
        self._note(scope, status or HTTPStatus.OK, self.clock.monotonic() - began)

    async def _admitted(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        self._require_small_head(scope)
        self._require_origin(headers)
        if headers.get("content-encoding", "identity") != "identity":
            raise _refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "encoded", "bodies are taken as they are, not compressed")
        body = Body(receive, self.surroundings.limits, self.budget)

        async def received() -> Message:
            try:
                return await body.receive()
            except Excess as excess:
                raise declined(excess.status, excess.code, excess.text, "send less at once, or later") from None

        try:
            await self.app(scope, received, send)
        finally:
            body.release()

    def _require_small_head(self, scope: Scope) -> None:
        size = sum(len(name) + len(value) for name, value in scope["headers"]) + len(scope.get("raw_path", b""))
        if size + len(scope.get("query_string", b"")) > _HEAD_BYTES or len(scope["headers"]) > _HEADERS:
            message = f"the head is over {_HEAD_BYTES} bytes, or has over {_HEADERS} headers"
            raise _refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "headTooLarge", message)

    def _require_origin(self, headers: Mapping[str, str]) -> None:
        """Refuse what a page of somebody else makes a browser send."""
        origin = headers.get("origin")
        is_foreign = origin is not None and origin not in self.surroundings.origins
        if is_foreign or (headers.get("sec-fetch-site") in ("cross-site", "same-site") and origin is None):
            message = f"pages of {origin or 'another site'} may not call this server"
            raise _refusal(HTTPStatus.FORBIDDEN, "foreignOrigin", message, "name the origin with --origin")

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        self.metrics.answered(route, scope["method"], status, seconds)
        _log.info(
            "%s %s %d",
            scope["method"],
            route,
            status,
            extra={"method": scope["method"], "route": route, "status": status, "seconds": round(seconds, 6)},
        )


def _refusal(status: int, code: str, message: str, remedy: str | None = None) -> Refusal:
    return Refusal(answer(status, [Problem(code, message, remedy=remedy)]))
