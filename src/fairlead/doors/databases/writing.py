"""One thread writes; what is asked of it while it writes is written together, with one sync to disk.

So the rate of commits is that of the disk, and the rate of jobs is not. A job that fails is undone alone; when the
commit itself fails, all that were written together have failed.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from fairlead.doors.databases.opening import Connection

T = TypeVar("T")
MAX_TOGETHER: Final = 1000  # jobs of one transaction


@dataclass(slots=True)
class _Job(Generic[T]):
    work: Callable[[Connection], T]
    answer: asyncio.Future[T]
    loop: asyncio.AbstractEventLoop
    result: T | None = field(default=None)
    error: Exception | None = field(default=None)

    def carry_out(self, connection: Connection) -> None:
        """Do the work in a transaction within the transaction."""
        connection.execute("SAVEPOINT job")
        try:
            self.result = self.work(connection)
        except Exception as error:  # noqa: BLE001 - whoever asked for the job gets it
            self.error = error
            if connection.in_transaction:  # the worst errors have undone everything by themselves
                connection.execute("ROLLBACK TO job")
        if connection.in_transaction:
            connection.execute("RELEASE job")

    def deliver(self) -> None:
        """Give the answer, in the event loop."""
        if self.answer.done():
            return  # whoever asked has gone
        if self.error is not None:
            self.answer.set_exception(self.error)
        else:
            self.answer.set_result(self.result)  # type: ignore[arg-type] # None only where T is None


class Writer:
    """Runs jobs on a connection, in order, each answered only after its transaction is on disk."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        self._connection = connection
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[Connection], T]) -> T:
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
        try:
            while (first := self._jobs.get()) is not None:
                together = [first, *self._waiting()]
                jobs = [job for job in together if job is not None]
                _commit(self._connection, jobs)
                _deliver(jobs)
                if len(jobs) < len(together):
                    return
        finally:
            self._connection.close()

    def _waiting(self) -> Iterator[_Job[Any] | None]:
        for _ in range(MAX_TOGETHER - 1):
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            yield job
            if job is None:
                return


def _commit(connection: Connection, jobs: Iterable[_Job[Any]]) -> None:
    try:
        connection.execute("BEGIN IMMEDIATE")
        for job in jobs:
            job.carry_out(connection)
            if not connection.in_transaction and job.error is not None:
                raise job.error  # noqa: TRY301 - it has undone the jobs before it as well
        connection.execute("COMMIT")
    except Exception as error:  # noqa: BLE001 - those who asked get it
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        for job in jobs:
            job.error = error


def _deliver(jobs: list[_Job[Any]]) -> None:
    """Hand answers to the event loops that wait for them, each woken once."""
    for loop in {job.loop for job in jobs}:
        mine = [job for job in jobs if job.loop is loop]
        loop.call_soon_threadsafe(_deliver_all, mine)


def _deliver_all(jobs: list[_Job[Any]]) -> None:
    for job in jobs:
        job.deliver()
