"""Asking single pods for their health, by themselves or through a Service.

Guarantees: nothing is asked but what was given, at the given port; no redirect is followed; an answer or the lack of
one comes within 2 seconds and a bit; no more than 64 KiB are read. What goes wrong on the way is a value, never an
error: a pod that cannot be asked is not well. No credentials of ours go to a pod.
"""

from __future__ import annotations

from typing import Protocol

from fairlead.domain.apps.probing import Knock, Probed, ProbeRequest, ProbeResult


class Asking(Protocol):
    """A way of requests to pods and Services."""

    async def ask(self, whom: Probed, request: ProbeRequest) -> ProbeResult:
        """Send one request to one pod or Service and return what came back."""
        ...


class Probes(Asking, Protocol):
    """All ways to pods and Services."""

    async def knock(self, whom: Probed, port: int, *, seconds: float) -> Knock:
        """Open a TCP connection at its own address, and close it again; nothing is sent."""
        ...
