"""Asking single pods for their health.

Guarantees: nothing is asked but the given pod at the given port; no redirect is followed; an answer or the lack of one
comes within 2 seconds and a bit; no more than 64 KiB are read. What goes wrong on the way is a value, never an error:
a pod that cannot be asked is not well. No credentials of ours go to a pod.
"""

from __future__ import annotations

from typing import Protocol

from fairlead.domain.apps.probing import PodAddress, ProbeRequest, ProbeResult


class Probes(Protocol):
    """A way to pods."""

    async def ask(self, pod: PodAddress, request: ProbeRequest) -> ProbeResult:
        """Send one request to one pod and return what came back."""
        ...
