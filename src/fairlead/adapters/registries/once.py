"""The same question asked by many, put to the other side once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(slots=True)
class Once(Generic[K, V]):
    """Remembers answers, and questions under way. One that failed may be asked again."""

    _asked: dict[K, asyncio.Task[V]] = field(default_factory=dict, init=False)

    async def get(self, key: K, ask: Callable[[], Awaitable[V]]) -> V:
        """Return the answer; whoever stops waiting for it disturbs nobody else."""
        task = self._asked.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._asked[key] = asyncio.ensure_future(_awaited(ask))
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Give up what is under way."""
        under_way = [task for task in self._asked.values() if not task.done()]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _awaited(ask: Callable[[], Awaitable[V]]) -> V:
    return await ask()
