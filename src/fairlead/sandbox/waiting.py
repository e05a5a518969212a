"""Waiting for what others do: processes and servers tell nobody when they are ready, so they are asked again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from fairlead.domain.errors import OperationFailed, Problem, RemoteRefused, Transient

_POLL_SECONDS = 0.05


async def holds(check: Callable[[], Awaitable[bool]]) -> None:
    """Return when something holds; an answer that does not come counts as "not yet"."""
    while not await _answer(check):  # noqa: ASYNC110 - it happens in other processes, which send no event
        await asyncio.sleep(_POLL_SECONDS)


async def holds_within(seconds: float, what: str, check: Callable[[], Awaitable[bool]]) -> None:
    """Return when something holds.

    Raises:
        OperationFailed: it did not hold in time.
    """
    try:
        async with asyncio.timeout(seconds):
            await holds(check)
    except TimeoutError:
        raise OperationFailed(
            Problem(
                code="sandboxTimeout",
                message=f"{what} was not ready within {seconds:g} s",
                remedy="see `fairlead sandbox logs`",
            )
        ) from None


async def _answer(check: Callable[[], Awaitable[bool]]) -> bool:
    try:
        return await check()
    except (Transient, RemoteRefused):
        return False
