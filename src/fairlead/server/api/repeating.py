"""Requests with an `Idempotency-Key`: done once, and answered as the first time.

Sent again by the same caller, a request is not carried out but answered with what it was answered before, for a day and
for as long as the deployment that it began is under way. An answer that says that nothing could be done (408, 429, 5xx)
is not kept: sending the request again tries again, and what was begun of it is gone on with. Nor is the answer to who
may not ask.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from fairlead.domain.errors import FairleadError
from fairlead.domain.keeping.answers import GivenAnswer
from fairlead.server.api.asking import Again, Call
from fairlead.server.problems import Declined, answer, answer_to

_LONGEST_BODY: Final = 64 << 10  # a longer one is made anew of what the request left behind
_TOLD: Final = ("content-type", "location", "etag")
_NOTHING_DONE: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass(slots=True)
class _Turn:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


@dataclass(slots=True)
class Turns:
    """One request at a time for each sender and key."""

    _turns: dict[tuple[str, str], _Turn] = field(default_factory=dict)

    @asynccontextmanager
    async def of(self, sender: str, key: str) -> AsyncIterator[None]:
        """Wait for those who came before."""
        turn = self._turns.setdefault((sender, key), _Turn())
        turn.waiting += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.waiting -= 1
            if not turn.waiting:
                del self._turns[sender, key]


class OnceRoute(APIRoute):
    """A route that answers a request with a key once."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        handle, turns = super().get_route_handler(), Turns()

        async def once(request: Request) -> Response:
            key = request.headers.get("idempotency-key")
            if key is None:
                return await handle(request)
            async with turns.of(request.headers.get("authorization", ""), key):
                return await _answered(request, handle)

        return once


async def _answered(request: Request, handle: Callable[[Request], Coroutine[Any, Any, Response]]) -> Response:
    request.state.call = None  # until a guard leaves one
    try:
        response = await handle(request)
    except Again as again:
        given = again.answer
        return Response(given.body, given.status, dict(given.headers))
    except Declined as error:
        refused = answer(error.status, error.problems)
        await _keep(request, GivenAnswer(refused.status, refused.all_headers, refused.content))
        raise
    except FairleadError as error:
        refused = answer_to(error)
        await _keep(request, GivenAnswer(refused.status, refused.all_headers, refused.content))
        raise
    headers = {name: response.headers[name] for name in _TOLD if name in response.headers}
    await _keep(request, GivenAnswer(response.status_code, headers, bytes(response.body)))
    return response


async def _keep(request: Request, given: GivenAnswer) -> None:
    call: Call | None = request.state.call
    if call is None or call.once is None or len(given.body) > _LONGEST_BODY:
        return
    if given.status < HTTPStatus.INTERNAL_SERVER_ERROR and given.status not in _NOTHING_DONE:
        await call.api.store.requests.answered(call.once, given, call.api.clock.now())
