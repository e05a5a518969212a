"""Asks pods and Services by way of the API server (`pods/proxy`, `services/proxy`), for those who cannot reach them.

What the API server itself says, that it may not or cannot, comes as a `Status`. A pod could send the same; it would
only say of itself that it is not well.
"""

from __future__ import annotations

import asyncio
from typing import Final

from fairlead.adapters.kubernetes import requests
from fairlead.adapters.kubernetes.responses import read_status
from fairlead.adapters.kubernetes.sending import Sender
from fairlead.domain.apps.probing import (
    READ_BYTES,
    SECONDS,
    Answer,
    NoAnswer,
    Probed,
    ProbeRequest,
    ProbeResult,
    ServiceAddress,
    climbs,
)
from fairlead.domain.errors import FairleadError
from fairlead.doors.dial import Response

# What the API server says when it knew where to connect to, and could not (apimachinery, pkg/util/proxy/transport.go).
_TRIED: Final = "error trying to reach service"
_OF_THE_WAY: Final = frozenset({401, 403, 404, 429, 500, 502, 503, 504})


async def ask_by_proxy(sender: Sender, whom: Probed, request: ProbeRequest) -> ProbeResult:
    """Send one request to one pod or Service and return what came back.

    Who stands behind a Service may refuse, and that is what the Service does; of a pod it says nothing of the way.
    """
    if climbs(request.target):
        return NoAnswer("its path leads out of the pod")
    try:
        async with asyncio.timeout(SECONDS), sender.stream(requests.proxied(whom, request), idle=SECONDS) as reply:
            answer = Answer(reply.status, *await reply.beginning(READ_BYTES))
            headers = reply.headers
    except TimeoutError:
        return NoAnswer("no answer in time")
    except FairleadError as error:
        return NoAnswer(error.problems[0].message, reachable=False)
    status = read_status(Response(answer.status, headers, answer.body)) if answer.status in _OF_THE_WAY else None
    if status is None:
        return answer
    tried = isinstance(whom, ServiceAddress) and status.message.startswith(_TRIED)
    return NoAnswer(status.message or f"status {answer.status}", reachable=tried)
