"""Worker processes that render, kept within limits: started when first needed, replaced when they fail.

A worker answers one question at a time. Whatever exceeds a limit costs its worker the life and the question an error;
all others never notice. The most recently used worker is taken first, and another one starts only when questions have
been waiting for longer than a start takes: a hundred small charts are rendered sooner than a second worker is ready.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from fairlead.adapters.helm import wire
from fairlead.doors.process import Program, start, stop

# The exit code is part of the protocol; importing the worker itself would load the library into this process.
OUT_OF_MEMORY = 77
CROWDED_SECONDS = 1.0


class LimitExceededError(Exception):
    """What the worker did too much of, as the rest of a sentence."""


class WorkerDiedError(Exception):
    """The worker ended without an answer; its last words."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one rendering may use: seconds, characters of output, bytes of memory (of which Helm itself takes 80 MB)."""

    seconds: float = 20.0
    output: int = 32 * 1024 * 1024
    memory: int = 1024 * 1024 * 1024


@dataclass(slots=True)
class _Worker:
    child: asyncio.subprocess.Process
    errors: asyncio.Task[bytes]

    @property
    def alive(self) -> bool:
        return self.child.returncode is None

    async def ask(self, question: bytes, limits: Limits) -> wire.Answer:
        try:
            async with asyncio.timeout(limits.seconds):
                return await self._exchange(question, limits)
        except TimeoutError:
            raise LimitExceededError(f"it took longer than {limits.seconds:g} s and was stopped") from None
        except (asyncio.IncompleteReadError, BrokenPipeError, ConnectionResetError):
            raise await self._explained(limits) from None

    async def _exchange(self, question: bytes, limits: Limits) -> wire.Answer:
        if self.child.stdin is None or self.child.stdout is None:  # pragma: no cover - the door gives both pipes
            raise WorkerDiedError("it has no pipes")
        self.child.stdin.write(question)
        await self.child.stdin.drain()
        size = wire.body_size(await self.child.stdout.readexactly(wire.HEADER_BYTES))
        # Objects as JSON are larger than the YAML they came from, but not this much.
        if size > 8 * limits.output:
            raise LimitExceededError(f"its objects take {size} bytes; the limit is {8 * limits.output}")
        return wire.read_answer(await self.child.stdout.readexactly(size))

    async def _explained(self, limits: Limits) -> Exception:
        if await self.child.wait() == OUT_OF_MEMORY:
            return LimitExceededError(f"it needed more than {limits.memory >> 20} MiB of memory and was stopped")
        said = (await self.errors).decode(errors="replace").strip()
        return WorkerDiedError(said[-2000:] or f"exit code {self.child.returncode}")

    async def end(self) -> None:
        await stop(self.child)
        self.errors.cancel()
        with suppress(asyncio.CancelledError):
            await self.errors


@dataclass(slots=True)
class Workers:
    """A few workers under common limits. Must be closed.

    `crowded_seconds` is how long questions have to wait until another worker is started.
    """

    limits: Limits = field(default_factory=Limits)
    most: int = field(default_factory=lambda: min(2, os.cpu_count() or 1))
    crowded_seconds: float = CROWDED_SECONDS
    _idle: list[_Worker] = field(default_factory=list, init=False)
    _slots: asyncio.Semaphore | None = field(default=None, init=False)
    _busy: int = field(default=0, init=False)
    _crowded_since: float | None = field(default=None, init=False)
    _returned: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    async def ask(self, question: wire.Question) -> wire.Answer:
        """Return the answer of a worker.

        Raises:
            LimitExceededError: too long, too large, too much memory.
            WorkerDiedError: the worker ended for a reason of its own.
        """
        data = wire.pack(question)
        try:
            return await self._asked(data)
        except WorkerDiedError:
            # It may have ended while nobody asked it anything; only a second death is about the question.
            return await self._asked(data)

    async def close(self) -> None:
        """End all workers."""
        while self._idle:
            await self._idle.pop().end()

    async def _asked(self, question: bytes) -> wire.Answer:
        async with self._worker() as worker:
            return await worker.ask(question, self.limits)

    @asynccontextmanager
    async def _worker(self) -> AsyncIterator[_Worker]:
        self._slots = self._slots or asyncio.Semaphore(self.most)
        async with self._slots:
            await self._someone_returned()
            self._busy += 1
            healthy, worker = False, None
            try:
                worker = await self._taken()
                yield worker
                healthy = True
            finally:
                self._busy -= 1
                self._returned.set()
                # After an error or a cancellation an answer may still be on its way: that worker is not used again.
                if worker is not None and healthy:
                    self._idle.append(worker)
                elif worker is not None:
                    await worker.end()

    async def _someone_returned(self) -> None:
        """Wait for a worker that is busy, but not for longer than it is worth."""
        clock = asyncio.get_running_loop()
        if self._idle or not self._busy:
            self._crowded_since = None
            return
        self._crowded_since = clock.time() if self._crowded_since is None else self._crowded_since
        self._returned.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._crowded_since + self.crowded_seconds):
                await self._returned.wait()

    async def _taken(self) -> _Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
            await worker.end()
        # Isolated (-I): neither the environment nor the current directory decides what the worker imports.
        argv = (sys.executable, "-I", "-X", "utf8", "-m", "fairlead.adapters.helm.worker")
        limits = (str(self.limits.memory), str(self.limits.output))
        child = await start(Program(argv=argv + limits, env={}))
        return _Worker(child, asyncio.create_task(_last_words(child)))


async def _last_words(child: asyncio.subprocess.Process) -> bytes:
    kept = b""
    while child.stderr is not None and (piece := await child.stderr.read(65536)):
        kept = (kept + piece)[-8192:]
    return kept
