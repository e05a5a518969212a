"""Asks pods and Services at their own addresses, where their network can be reached from here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from ipaddress import ip_address

from fairlead.domain.apps.probing import (
    READ_BYTES,
    SECONDS,
    Answer,
    Knock,
    NoAnswer,
    Probed,
    ProbeRequest,
    ProbeResult,
)
from fairlead.domain.errors import OperationFailed
from fairlead.doors.dial import Dialer
from fairlead.doors.dial_failures import Unreachable
from fairlead.doors.knocking import listens
from fairlead.doors.trust import Address, Trust, may_contact


class DirectProbes:
    """One connection for each question. `allowed` is asked about each address before anything is sent."""

    def __init__(self, *, allowed: Callable[[Address], bool] = may_contact) -> None:
        self._allowed = allowed
        self._dialer = Dialer(Trust(allow=allowed, connect_timeout=SECONDS))

    async def knock(self, whom: Probed, port: int, *, seconds: float) -> Knock:
        """Open a connection, and close it again."""
        address = _address(whom)
        if address is None or not self._allowed(address):
            return Knock.SILENT
        found = await listens(address, port, seconds=seconds)
        return Knock.SILENT if found is None else (Knock.OPEN if found else Knock.CLOSED)

    async def ask(self, whom: Probed, request: ProbeRequest) -> ProbeResult:
        """Send one request to one pod or Service."""
        address = _address(whom)
        if address is None:
            return NoAnswer("it has no usable address", reachable=False)
        host = f"[{address}]" if address.version == 6 else str(address)
        url = f"http://{host}:{request.port}{request.target}"
        headers = {"Connection": "close"}
        if request.content_type is not None:
            headers["Content-Type"] = request.content_type
        try:
            async with (
                asyncio.timeout(SECONDS),
                self._dialer.stream(request.method, url, headers=headers, idle=SECONDS) as reply,
            ):
                return Answer(reply.status, *await reply.beginning(READ_BYTES))
        except TimeoutError:
            return NoAnswer("no answer in time", reachable=False)
        except Unreachable as error:
            return NoAnswer(error.reason, reachable=error.sent)
        except OperationFailed as error:
            return NoAnswer(error.problems[0].message)

    async def close(self) -> None:
        """Close every connection."""
        await self._dialer.close()


def _address(whom: Probed) -> Address | None:
    try:
        return ip_address(whom.ip)
    except ValueError:
        return None
