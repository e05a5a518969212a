"""Streams of deployments: the same route for WebSockets and server-sent events."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Final

import orjson
from fastapi import Query
from starlette.responses import Response

from fairlead.domain.authorising.actions import Action
from fairlead.domain.keeping.journals import Entry
from fairlead.ports.store import Store
from fairlead.server.api.asking import Asked
from fairlead.server.api.routing import HandedOver, Row
from fairlead.server.api.subjects import deployment_in_path
from fairlead.server.problems import declined
from fairlead.server.streams.answering import Opened, wants_websocket
from fairlead.server.streams.telling import Past, Told

_EVENT_STREAM: Final = "text/event-stream"


def told(entry: Entry) -> Told:
    """Return an entry of a journal as it is told: the wire form of an event, on one line."""
    said = {"sequence": entry.sequence, "at": _to_the_millisecond(entry.at), "type": entry.kind, "data": entry.document}
    return Told(entry.sequence, entry.kind, orjson.dumps(said))


def _to_the_millisecond(moment: datetime) -> str:
    """Return a moment as text: what happened is compared with what clients saw."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


class StoredJournal:
    """The journals of a store, as streams read them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def past(self, deployment: str, *, after: int, limit: int) -> Past:
        """Return the events that follow a number; nothing follows where the deployment has ended or is gone."""
        record = await self._store.deployments.read(deployment)
        entries = await self._store.journals.read(deployment, after=after, limit=limit)
        is_over = record is None or not record.status.is_under_way
        return Past([told(entry) for entry in entries], is_complete=is_over and not entries)


async def stream(call: Asked, after: Annotated[int, Query(ge=0, description="Go on after this number")] = 0) -> Any:
    """Follow a deployment: everything so far, then what happens, until it has ended.

    Asked to become a WebSocket, one text message for each event; else server-sent events with the same JSON. A browser
    that comes back says by `Last-Event-ID` where it was.
    """
    accepted = call.request.headers.get("accept", "*/*")
    if not wants_websocket(call.request.scope) and _EVENT_STREAM not in accepted and "*/*" not in accepted:
        message = f"found Accept: {accepted}, expected {_EVENT_STREAM} or the opening of a WebSocket"
        raise declined(HTTPStatus.NOT_ACCEPTABLE, "notAcceptable", message)
    last = call.request.headers.get("last-event-id", "")
    start = int(last) if last.isascii() and last.isdecimal() and len(last) < 16 else after
    deployment = call.deployment.identifier
    is_over = not call.deployment.status.is_under_way
    if is_over and last and not await call.api.store.journals.read(deployment, after=start, limit=1):
        return Response(status_code=HTTPStatus.NO_CONTENT)  # a browser comes back for ever unless it is told so
    return HandedOver(Opened(call.api.hub.follower(deployment, start, call.caller)))


ROWS: Final = (Row("GET", "/api/v1/deployments/{identifier}/stream", Action.READ_LOGS, stream, deployment_in_path),)
