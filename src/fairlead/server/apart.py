"""Runs work on a thread with an event loop of its own, so that long calculations keep no request waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


async def apart(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Return what `work` returns. Being cancelled cancels it, and waits until it has ended."""
    thread = _Thread(work)
    running = asyncio.ensure_future(asyncio.to_thread(thread.run))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        thread.cancel()
        await asyncio.gather(running, return_exceptions=True)
        raise


class _Thread(Generic[T]):
    """The side that works. Whether it is still there to be cancelled is settled under a lock."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._task: asyncio.Task[T] | None = None
        self._is_cancelled = False

    def run(self) -> T:
        with asyncio.Runner() as runner:
            return runner.run(self._main())

    async def _main(self) -> T:
        task = asyncio.ensure_future(self._work())
        with self._lock:
            self._task = task
            if self._is_cancelled:
                task.cancel()
        try:
            return await task
        finally:
            with self._lock:
                self._task = None

    def cancel(self) -> None:
        with self._lock:
            self._is_cancelled = True
            if self._task is not None:
                self._task.get_loop().call_soon_threadsafe(self._task.cancel)
