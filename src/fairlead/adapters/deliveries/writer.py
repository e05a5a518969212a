"""One thread owns the database; what is asked of it while it writes is written together, with one sync to disk.

So the rate of commits is that of the disk, and the rate of deliveries is not.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")
MAX_TOGETHER = 1000  # jobs of one transaction


@dataclass(frozen=True, slots=True)
class _Job(Generic[T]):
    work: Callable[[sqlite3.Connection], T]
    answer: asyncio.Future[T]
    loop: asyncio.AbstractEventLoop

    def settle(self, result: T | None, error: BaseException | None) -> None:
        """Hand the answer to the event loop, from any thread."""

        def deliver() -> None:
            if self.answer.done():
                return  # whoever asked has gone
            if error is None:
                self.answer.set_result(result)  # type: ignore[arg-type] # None only where T is None
            else:
                self.answer.set_exception(error)

        self.loop.call_soon_threadsafe(deliver)


class Writer:
    """Runs jobs on a connection, in order, each answered only after its transaction is on disk."""

    def __init__(self, open_database: Callable[[], sqlite3.Connection]) -> None:
        self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        self._open = open_database
        self._thread = threading.Thread(target=self._run, name="deliveries", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what `work` returned, once it is on disk."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(work, answer, loop))
        return await answer

    async def close(self) -> None:
        """Finish what was asked, then end the thread."""
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        connection = self._open()
        try:
            while (first := self._jobs.get()) is not None:
                together = [first, *self._waiting()]
                last = None in together
                self._commit(connection, [job for job in together if job is not None])
                if last:
                    return
        finally:
            connection.close()

    def _waiting(self) -> Iterator[_Job[Any] | None]:
        for _ in range(MAX_TOGETHER - 1):
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            yield job
            if job is None:
                return

    def _commit(self, connection: sqlite3.Connection, jobs: list[_Job[Any]]) -> None:
        try:
            connection.execute("BEGIN IMMEDIATE")
            results = [job.work(connection) for job in jobs]
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            for job in jobs:
                job.settle(None, error)
            return
        for job, result in zip(jobs, results, strict=True):
            job.settle(result, None)
