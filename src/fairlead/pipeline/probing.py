"""Asks all pods of a version for their health, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from fairlead.domain.apps.descriptor import HealthCheckType
from fairlead.domain.apps.probing import PodAddress, PodHealth, ProbeRequest, pod_health
from fairlead.ports.probes import Asking

AT_ONCE: Final = 16


async def ask_pods(
    probes: Asking, pods: Sequence[PodAddress], request: ProbeRequest, *, kind: HealthCheckType
) -> tuple[PodHealth, ...]:
    """Return how each pod is, in the order given."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def ask(pod: PodAddress) -> PodHealth:
        async with turn:
            return pod_health(pod.name, kind, await probes.ask(pod, request))

    return tuple(await asyncio.gather(*map(ask, pods)))
