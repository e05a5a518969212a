"""Asks pods at their own addresses, where the network of pods can be reached from here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from ipaddress import ip_address

from fairlead.domain.apps.probing import READ_BYTES, SECONDS, Answer, NoAnswer, PodAddress, ProbeRequest, ProbeResult
from fairlead.domain.errors import OperationFailed
from fairlead.doors.dial import Dialer
from fairlead.doors.dial_failures import Unreachable
from fairlead.doors.trust import Address, Trust, may_contact


class DirectProbes:
    """One connection for each question. `allowed` is asked about each address before anything is sent."""

    def __init__(self, *, allowed: Callable[[Address], bool] = may_contact) -> None:
        self._dialer = Dialer(Trust(allow=allowed, connect_timeout=SECONDS))

    async def ask(self, pod: PodAddress, request: ProbeRequest) -> ProbeResult:
        """Send one request to one pod."""
        try:
            address = ip_address(pod.ip)
        except ValueError:
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
