"""Asking somebody outside the cluster whether a rollout may go on.

Guarantees: one POST of JSON, no redirect is followed, nothing of the answer is kept but its status, and that comes
within 10 seconds or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Judges(Protocol):
    """Who is asked by webhooks."""

    async def ask(self, url: str, question: Mapping[str, Any]) -> int | None:
        """Return the HTTP status of the answer, None without one."""
        ...
