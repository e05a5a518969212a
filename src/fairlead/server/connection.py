"""A connection of uvicorn's with limits that it has not: on the head of a request, and on what waits to be sent."""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

ABORT: Final = "fairlead.abort"  # the extension of ASGI that drops a connection together with what it still holds
_HEAD_BYTES: Final = 64 << 10  # of a head that is not complete yet; what a whole one may have, applications say
_HEAD_SECONDS: Final = 10.0
_WAITING_BYTES: Final = 8 << 10  # in a connection whose client takes nothing, before its sender has to wait
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class LimitedConnection(HttpToolsProtocol):
    """One connection. Nobody keeps it without asking something, or asks without end."""

    _head_bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Expect a request."""
        transport.set_write_buffer_limits(high=_WAITING_BYTES)
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing."""
        self._head_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take some bytes, unless they belong to a head that does not end."""
        super().data_received(data)
        if self._deadline is not None:
            self._head_bytes += len(data)
            if self._head_bytes > _HEAD_BYTES:
                self.transport.write(_TOO_LARGE)
                self.transport.close()

    def on_message_begin(self) -> None:
        """Begin a request, the first or a later one."""
        super().on_message_begin()
        self.scope["extensions"] = {ABORT: {"abort": self.transport.abort}}
        self._expect_head()

    def on_headers_complete(self) -> None:
        """Take the head."""
        self._head_is_here()
        super().on_headers_complete()

    def _expect_head(self) -> None:
        self._head_is_here()
        self._deadline = self.loop.call_later(_HEAD_SECONDS, self.transport.abort)

    def _head_is_here(self) -> None:
        self._head_bytes = 0
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
