"""Whether the work at hand may still write. Who sends a write asks before each attempt, not only before the first.

The fence travels with the task (a context variable), because between who holds a lock and who sends a request lie
ports that know of neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Fence(Protocol):
    """What stands between a run and its writes."""

    def is_sure(self) -> bool:
        """Return whether nobody else can have begun to write by now."""
        ...

    async def make_sure(self) -> None:
        """Find out whether the lock is still ours, and hold it anew.

        Raises:
            OperationFailed: it is not, or that cannot be told.
        """
        ...


_FENCE: ContextVar[Fence | None] = ContextVar("fence", default=None)


@contextmanager
def behind(fence: Fence | None) -> Iterator[None]:
    """Put a fence, or none, before all writes of a block."""
    token = _FENCE.set(fence)
    try:
        yield
    finally:
        _FENCE.reset(token)


def is_sure() -> bool:
    """Return whether the work at hand may write as it is."""
    fence = _FENCE.get()
    return fence is None or fence.is_sure()


async def make_sure() -> None:
    """Return when the work at hand may write.

    Raises:
        OperationFailed: it must not.
    """
    fence = _FENCE.get()
    if fence is not None and not fence.is_sure():
        await fence.make_sure()
