"""Follows a collection without gaps, over any number of connections.

Theory: each event carries the version after it; a broken connection is resumed from the last version seen, and
whoever cannot be resumed (410) is told to list again. Bookmarks move the version while nothing happens. A connection
that says nothing for longer than the server promised to keep it is taken for dead. Knows nothing of sockets.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from typing import Any

import orjson

from fairlead.adapters.kubernetes.retrying import Patience
from fairlead.adapters.kubernetes.verdicts import Status
from fairlead.domain.errors import OperationFailed, Problem, Transient
from fairlead.doors.dial import Response, Stream
from fairlead.ports.clock import Clock
from fairlead.ports.cluster import WatchEvent, WatchType

MAX_LINE = 32 * 1024 * 1024
_GONE = 410
_SETTLED = 5.0  # seconds after which a connection counts as having worked
_TYPES = {kind.value: kind for kind in (WatchType.ADDED, WatchType.MODIFIED, WatchType.DELETED, WatchType.BOOKMARK)}
_EXPIRED = WatchEvent(WatchType.EXPIRED, {})

Open = Callable[[str], AbstractAsyncContextManager[Stream]]
Refuse = Callable[[Response], OperationFailed]
Met = Callable[[str], None]


@dataclass(slots=True)
class Follower:
    """One watch. `open_from` asks from a version on; `refuse` says what an answer other than 200 means.

    `met` is told each version before its event.
    """

    open_from: Open
    refuse: Refuse
    clock: Clock
    patience: Patience
    version: str
    met: Met = lambda _version: None
    _failures: int = 0

    async def events(self) -> AsyncGenerator[WatchEvent, None]:
        """Yield events until the version is too old (EXPIRED, the last one) or the server refuses for good."""
        while True:
            asked, opened = 0.0, self.clock.monotonic()
            try:
                async with aclosing(self._connection()) as connection:
                    async for event in connection:
                        yield event
                        if event is _EXPIRED:
                            return
            except Transient as error:
                asked = error.delay_seconds if error.code == "apiBusy" else 0.0
                self._failures += 1
            else:
                # The server ends watches now and then; one that only hangs up must not be asked in a tight loop.
                self._failures = 0 if self.clock.monotonic() - opened > _SETTLED else self._failures + 1
            if self._failures:
                await self.clock.sleep(self.patience.pause(self._failures - 1, asked))

    async def _connection(self) -> AsyncGenerator[WatchEvent, None]:
        """Yield the events of one connection."""
        async with self.open_from(self.version) as stream:
            if stream.status != 200:
                refusal = Response(stream.status, stream.headers, await stream.read(MAX_LINE))
                if refusal.status == _GONE:
                    yield _EXPIRED
                    return
                raise self.refuse(refusal)
            async for line in lines(stream.chunks()):
                event = self._read(line)
                self._failures = 0
                yield event
                if event is _EXPIRED:
                    return

    def _read(self, line: bytes) -> WatchEvent:
        value = parse(line)
        kind = _TYPES.get(value["type"])
        if kind is None:
            status = Status.of(value["object"])
            if status.code == _GONE or status.reason in {"Expired", "Gone"}:
                return _EXPIRED
            raise Transient(Problem(code="watchBroken", message=f"the watch failed: {status.reason or status.code}"))
        self.version = value["object"]["metadata"]["resourceVersion"]
        self.met(self.version)
        return WatchEvent(kind, value["object"])


async def lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the complete lines of a stream; a rest without an end is part of a broken event and is dropped.

    Raises:
        Transient: `watchBroken`, a line has no end.
    """
    rest = bytearray()
    async for chunk in chunks:
        *complete, last = chunk.split(b"\n")
        for index, line in enumerate(complete):
            if index == 0 and rest:
                line = bytes(rest) + line  # noqa: PLW2901 - the first line began in earlier chunks
                rest.clear()
            if line:
                yield line
        rest += last
        if len(rest) > MAX_LINE:
            raise Transient(Problem(code="watchBroken", message=f"the watch sent a line over {MAX_LINE} bytes"))


def parse(line: bytes) -> dict[str, Any]:
    """Return one event as JSON with a type and an object; `Transient` when the line is none."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict) or not isinstance(value.get("type"), str) or not _is_object(value.get("object")):
        raise Transient(Problem(code="watchBroken", message="the watch sent something that is no event"))
    return value


def _is_object(value: object) -> bool:
    return isinstance(value, dict) and (value.get("kind") == "Status" or "resourceVersion" in value.get("metadata", {}))
