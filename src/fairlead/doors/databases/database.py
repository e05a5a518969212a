"""A SQLite file with one writer and a few readers."""

from __future__ import annotations

import asyncio
import os
import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from fairlead.doors.databases.errors import Kept
from fairlead.doors.databases.opening import Connection, Form, lock, make_ready, open_reader, open_writer
from fairlead.doors.databases.writing import Writer

T = TypeVar("T")
READERS: Final = 2


class Database:
    """A file that is ready to be used.

    Raises:
        OperationFailed: what `lock` and `make_ready` say; later `...Failed`, `...Busy`, `...Damaged`.
    """

    def __init__(self, kept: Kept, form: Form) -> None:
        self._kept = kept
        self._lock = None if form.is_shared else lock(kept)
        try:
            make_ready(kept, form)
            self._idle = queue.SimpleQueue[Connection]()
            with kept.failures():
                for _ in range(READERS):
                    self._idle.put(open_reader(kept.file, form))
                self._writer = Writer(open_writer(kept.file, form), kept.word)
        except BaseException:
            self._unlock()
            raise
        self._is_open = True
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix=kept.word)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` returned, once all that it changed is on disk; when it raises, nothing was changed."""
        self._require_open()
        with self._kept.failures():
            return await self._writer.run(work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` found in one state of the file; it sees every write that was answered before."""
        self._require_open()
        with self._kept.failures():
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, work)

    async def close(self) -> None:
        """Write what was asked for, and let go of the file."""
        self._is_open = False
        await asyncio.to_thread(self._threads.shutdown)
        while not self._idle.empty():
            self._idle.get().close()
        await self._writer.close()
        self._unlock()

    def _require_open(self) -> None:
        if not self._is_open:
            raise self._kept.problem("Failed", f"{self._kept.noun} was closed", "ask before this process ends")

    def _read(self, work: Callable[[Connection], T]) -> T:
        connection = self._idle.get()
        try:
            connection.execute("BEGIN")
            try:
                return work(connection)
            finally:
                connection.execute("ROLLBACK")
        finally:
            self._idle.put(connection)

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
