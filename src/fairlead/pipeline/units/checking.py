"""What is asked of a unit's anchor before an intent is stored there: whether it may be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.intents import Intent
from fairlead.domain.rollout.refusing import NotTaken, Ways, refusal

Check = Callable[[Anchor, Intent], Awaitable[None]]
"""Raises when an intent may not be stored; nothing that belongs to it is stored then, either."""


async def unchecked(_anchor: Anchor, _intent: Intent) -> None:
    """Let everything pass: the machine decides what becomes of it."""


def as_taken(name: str, ways: Ways) -> Check:
    """Return a check that refuses, in the terms of whoever asks, what the unit of an app would refuse now."""

    async def check(anchor: Anchor, intent: Intent) -> None:
        if (problem := refusal(name, anchor, intent, ways)) is not None:
            raise NotTaken(problem)

    return check
