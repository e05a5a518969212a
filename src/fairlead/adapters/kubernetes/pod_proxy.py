"""Asks pods by way of the API server (`pods/proxy`), where their network cannot be reached from here.

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
    PodAddress,
    ProbeRequest,
    ProbeResult,
    climbs,
)
from fairlead.domain.errors import FairleadError
from fairlead.doors.dial import Response

_OF_THE_WAY: Final = frozenset({401, 403, 404, 429, 500, 502, 503, 504})


async def ask_pod(sender: Sender, pod: PodAddress, request: ProbeRequest) -> ProbeResult:
    """Send one request to one pod and return what came back."""
    if climbs(request.target):
        return NoAnswer("its path leads out of the pod")
    try:
        async with asyncio.timeout(SECONDS), sender.stream(requests.pod_proxy(pod, request), idle=SECONDS) as reply:
            answer = Answer(reply.status, *await reply.beginning(READ_BYTES))
            headers = reply.headers
    except TimeoutError:
        return NoAnswer("no answer in time")
    except FairleadError as error:
        return NoAnswer(error.problems[0].message, reachable=False)
    status = read_status(Response(answer.status, headers, answer.body)) if answer.status in _OF_THE_WAY else None
    return answer if status is None else NoAnswer(status.message or f"status {answer.status}", reachable=False)
