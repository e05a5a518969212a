"""The `Judges` port over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from fairlead.domain.errors import FairleadError
from fairlead.doors.dial import Dialer
from fairlead.doors.trust import Address, Trust, may_contact

SECONDS: Final = 10.0


class WebhookJudges:
    """Whoever answers at a URL. `allowed` is asked about each address before anything is sent."""

    def __init__(self, *, allowed: Callable[[Address], bool] = may_contact) -> None:
        self._dialer = Dialer(Trust(allow=allowed, connect_timeout=SECONDS))

    async def ask(self, url: str, question: Mapping[str, Any]) -> int | None:
        """Return the HTTP status of the answer."""
        headers = {"Content-Type": "application/json", "User-Agent": "fairlead"}
        try:
            async with (
                asyncio.timeout(SECONDS),
                self._dialer.stream("POST", url, headers=headers, body=orjson.dumps(question), idle=SECONDS) as reply,
            ):
                return reply.status
        except (TimeoutError, FairleadError):
            return None

    async def close(self) -> None:
        """Close every connection."""
        await self._dialer.close()
