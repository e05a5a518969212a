"""Webhooks in, as an ASGI application that runs alone or mounted in a server.

    POST /hooks/RECEIVER            signed, or with the secret in a header
    POST /hooks/RECEIVER/SECRET     for senders that can set nothing but an address

A delivery is answered with 202 once it is on disk, and acted on later. What is not authentic is never parsed.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count

import orjson

from fairlead.domain.errors import InputError, OperationFailed
from fairlead.domain.webhooks.deliveries import Announcement, Delivery
from fairlead.domain.webhooks.payload import Payload, refusal
from fairlead.domain.webhooks.receivers import Receiver
from fairlead.ports.deliveries import DeliveryQueue
from fairlead.server.asgi import (
    Answer,
    Budget,
    Gone,
    Limits,
    Receive,
    Refusal,
    Scope,
    Send,
    headers_of,
    problem,
    read_body,
)

_log = logging.getLogger(__name__)
_DENIED = problem(401, "notAuthentic", "the delivery is not from who may send here")
# What tells deliveries apart that say the same: asking the system for chance each time would cost more than all else.
_RUN, _COUNTED = secrets.token_hex(16), count()
_MAX_HELD = 24 << 20  # bytes of unfinished bodies, over all requests
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The application. `arrived` is called after each new delivery."""

    receivers: Mapping[str, Receiver]
    queue: DeliveryQueue
    arrived: Callable[[], None] = lambda: None
    limits: Limits = field(default_factory=Limits)
    budget: Budget = field(default_factory=lambda: Budget(_MAX_HELD))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            answer = await self._answered(scope, receive)
            if answer is not None:
                await answer.send(send)

    async def _answered(self, scope: Scope, receive: Receive) -> Answer | None:
        try:
            return await self._route(scope, receive)
        except Refusal as refusal:
            return refusal.answer
        except Gone:
            return None
        except InputError as error:
            return problem(400, error.code, str(error))
        except OperationFailed as error:
            _log.error("%s", error)
            return problem(503, error.code, "the delivery could not be stored; send it again", {"retry-after": "30"})

    async def _route(self, scope: Scope, receive: Receive) -> Answer:
        match scope["path"].removeprefix(scope.get("root_path", "")).split("/"):
            case ["", "healthz"]:
                return Answer(200, {"status": "ok"})
            case ["", "hooks", name]:
                return await self._delivered(scope, receive, name, None)
            case ["", "hooks", name, token]:
                return await self._delivered(scope, receive, name, token)
            case _:
                return problem(404, "notFound", "there is nothing here")

    async def _delivered(self, scope: Scope, receive: Receive, name: str, token: str | None) -> Answer:
        if scope["method"] != "POST":
            return problem(405, "wrongMethod", "deliveries are POST requests", {"allow": "POST"})
        headers = headers_of(scope)
        receiver = self.receivers.get(name)
        check = receiver.provider.begin(headers, token, receiver.secret) if receiver is not None else None
        if receiver is None or check is None:
            return _DENIED
        _require_readable(headers, self.limits)
        body = await read_body(receive, self.limits, self.budget, check.update)
        if not check.is_authentic():
            return _DENIED
        return await self._accepted(receiver, headers, body)

    async def _accepted(self, receiver: Receiver, headers: Mapping[str, str], body: bytes) -> Answer:
        announcements = tuple(receiver.provider.parse(Payload(_decoded(body)), headers))
        if any(not receiver.allows(each) for each in announcements):
            return problem(403, "notAllowed", "the receiver may not announce this")
        if not announcements:
            return Answer(202, {"status": "ignored"})
        is_new = await self.queue.accept(Delivery(receiver.name, _identifier(body, announcements), announcements))
        if is_new:
            self.arrived()
        return Answer(202, {"status": "accepted" if is_new else "repeated"})


def _require_readable(headers: Mapping[str, str], limits: Limits) -> None:
    """Refuse what would have to be unpacked or read in another form, and what says itself that it is too large."""
    if headers.get("content-encoding", "identity") != "identity":
        raise Refusal(problem(415, "encoded", "bodies are taken as they are, not compressed"))
    if headers.get("content-type", "").partition(";")[0].strip().lower() in _FORMS:
        raise Refusal(problem(415, "notJson", "set the webhook's content type to application/json"))
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > limits.body:
        raise Refusal(problem(413, "tooLarge", f"the body is over {limits.body} bytes"))


def _decoded(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise refusal("the body is no JSON") from None


def _identifier(body: bytes, announcements: Iterable[Announcement]) -> str:
    """Return what is the same when a delivery is repeated: headers with numbers are not part of what is signed."""
    told_apart = all(each.tells_apart for each in announcements)
    return hashlib.sha256(body).hexdigest() if told_apart else f"{_RUN} {next(_COUNTED)}"


async def _live(receive: Receive, send: Send) -> None:
    """Follow the host's start and stop; what belongs to the application is opened and closed by its owner."""
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
