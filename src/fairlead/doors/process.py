"""The one way Fairlead starts programs.

A program to run is a value: arguments (never a shell line), directory, environment, limits, accepted exit codes.
A child gets a process group of its own, which is killed whole on timeout, on too much output and on cancellation,
so that no grandchild outlives its reason. Children see only the environment given here.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import subprocess  # noqa: TID251 - this module is the door the ban points to
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from fairlead.domain.errors import OperationFailed, Problem

MAX_OUTPUT_BYTES = 64 * 1024 * 1024


class ProgramMissing(OperationFailed):
    """The program is not installed, or not where it was said to be."""


class ProgramFailed(OperationFailed):
    """The program ended with an exit code that was not accepted."""

    def __init__(self, problem: Problem, *, exit_code: int, stderr: str) -> None:
        super().__init__(problem)
        self.program_exit_code = exit_code
        self.stderr = stderr


class ProgramLimitExceeded(OperationFailed):
    """The program ran too long or said too much, and was killed."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program to run. Times are seconds, sizes bytes.

    `env` is the child's whole environment, not an addition. `secrets` are replaced by `***` in errors and in `shown`.
    `memory_limit` bounds the resident memory of the child itself, where the system tells it (Linux).
    """

    argv: tuple[str, ...]
    cwd: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    timeout: float = 120.0
    output_limit: int = MAX_OUTPUT_BYTES
    accepted: frozenset[int] = frozenset({0})
    secrets: tuple[str, ...] = ()
    memory_limit: int | None = None

    @property
    def shown(self) -> str:
        """The command as one could paste it into a shell, secrets left out."""
        return self.redacted(shlex.join(self.argv))

    def redacted(self, text: str) -> str:
        """Return `text` without this program's secrets."""
        for secret in self.secrets:
            if secret:
                text = text.replace(secret, "***")
        return text


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended, and what it said."""

    exit_code: int
    stdout: bytes
    stderr: bytes


def locate(name: str, *, search_path: str) -> Path | None:
    """Find a program by name on a search path (`PATH` syntax), or None."""
    found = shutil.which(name, path=search_path)
    return Path(found) if found else None


async def run(program: Program) -> Finished:
    """Run a program to its end.

    Raises:
        ProgramMissing: there is no such program.
        ProgramFailed: its exit code is not accepted.
        ProgramLimitExceeded: it took too long or printed too much.
    """
    child = await _start(program, stdin=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(program.timeout):
            finished = await _converse(child, program)
    except TimeoutError:
        raise ProgramLimitExceeded(_limit(program, f"took longer than {program.timeout:g} s")) from None
    finally:
        await stop(child)
    if finished.exit_code not in program.accepted:
        raise _failed(program, finished)
    return finished


async def start(program: Program) -> asyncio.subprocess.Process:
    """Start a program to talk with through its pipes; the caller ends it with `stop`."""
    return await _start(program, stdin=asyncio.subprocess.PIPE)


async def start_logged(program: Program, *, log: IO[bytes]) -> asyncio.subprocess.Process:
    """Start a program that only says things, to `log`; the caller waits for its end or ends it with `stop`."""
    try:
        return await asyncio.create_subprocess_exec(  # noqa: TID251 - as above
            *program.argv,
            cwd=program.cwd,
            env=dict(program.env),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except (FileNotFoundError, PermissionError):
        raise _missing(program) from None


async def stop(child: asyncio.subprocess.Process, *, grace: float = 0.0) -> None:
    """End a child and everything it started; wait `grace` seconds for it to go by itself after SIGTERM."""
    if child.returncode is None and grace > 0:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await child.wait()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    await asyncio.shield(_collected(child))


def _collected(child: asyncio.subprocess.Process) -> asyncio.Task[int]:
    """Give up the pipes of a child that ends, and return the wait for its exit code."""
    wait = asyncio.ensure_future(child.wait())
    transport = getattr(child, "_transport", None)  # asyncio has no public way to the pipes
    if transport is not None:
        # Before the wait: it ends only when the pipes have, and one that nobody reads any more never does by itself.
        for descriptor in range(3):
            if (pipe := transport.get_pipe_transport(descriptor)) is not None:
                pipe.close()
        # After it, for closing asks the system for the exit code, which is then lost to asyncio: it would say 255.
        # Nor is it left to the collector: an open transport warns when the loop is gone.
        wait.add_done_callback(lambda _: transport.close())
    return wait


def start_daemon(program: Program, *, log: IO[bytes], pass_fds: tuple[int, ...] = ()) -> int:
    """Start a program that outlives us, its output going to `log`; return its process id.

    The child leads a session of its own, so that a terminal's Ctrl-C does not reach it.
    """
    try:
        child = subprocess.Popen(  # noqa: S603 - argv is a list and there is no shell
            program.argv,
            cwd=program.cwd,
            env=dict(program.env),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=pass_fds,
        )
    except FileNotFoundError:
        raise _missing(program) from None
    # It shall outlive us: without this the collector would warn that a child still runs.
    child.returncode = 0
    return child.pid


async def _start(program: Program, *, stdin: int) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(  # noqa: TID251 - as above
            *program.argv,
            cwd=program.cwd,
            env=dict(program.env),
            stdin=stdin,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except (FileNotFoundError, PermissionError):
        raise _missing(program) from None


async def _converse(child: asyncio.subprocess.Process, program: Program) -> Finished:
    budget = _Budget(program)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_feed(child, program.stdin))
            out = tasks.create_task(budget.read(child.stdout))
            err = tasks.create_task(budget.read(child.stderr))
            watch = tasks.create_task(_watch_memory(child, program))
            await asyncio.wait((out, err))
            watch.cancel()
    except* ProgramLimitExceeded as both:
        raise both.exceptions[0] from None
    return Finished(await child.wait(), out.result(), err.result())


async def _watch_memory(child: asyncio.subprocess.Process, program: Program) -> None:
    while program.memory_limit is not None and (resident := _resident_bytes(child.pid)) is not None:
        if resident > program.memory_limit:
            used = f"used more than {program.memory_limit >> 20} MiB of memory"
            raise ProgramLimitExceeded(_limit(program, used))
        await asyncio.sleep(0.02)


def _resident_bytes(pid: int) -> int | None:
    """Return the resident memory of a process; None when it has ended or the system does not say."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return None


async def _feed(child: asyncio.subprocess.Process, data: bytes) -> None:
    if child.stdin is None:
        return
    with suppress(BrokenPipeError, ConnectionResetError):  # a child may end without reading
        child.stdin.write(data)
        await child.stdin.drain()
    child.stdin.close()


@dataclass(slots=True)
class _Budget:
    """Reads both output pipes against one common limit."""

    program: Program
    used: int = 0

    async def read(self, pipe: asyncio.StreamReader | None) -> bytes:
        chunks: list[bytes] = []
        while pipe is not None and (chunk := await pipe.read(65536)):
            self.used += len(chunk)
            if self.used > self.program.output_limit:
                raise ProgramLimitExceeded(_limit(self.program, f"printed more than {self.program.output_limit} bytes"))
            chunks.append(chunk)
        return b"".join(chunks)


def _missing(program: Program) -> ProgramMissing:
    return ProgramMissing(
        Problem(
            code="programMissing",
            message=f"the program {program.argv[0]!r} is not installed or not executable",
            remedy=f"install {Path(program.argv[0]).name} and make sure that it is on PATH",
        )
    )


def _limit(program: Program, what: str) -> Problem:
    return Problem(code="programLimit", message=f"{program.shown}: {what} and was stopped")


def _failed(program: Program, finished: Finished) -> ProgramFailed:
    stderr = program.redacted(finished.stderr.decode(errors="replace").strip())
    tail = "\n".join(stderr.splitlines()[-20:])
    message = f"{program.shown}: exit code {finished.exit_code}" + (f": {tail}" if tail else "")
    return ProgramFailed(Problem(code="programFailed", message=message), exit_code=finished.exit_code, stderr=stderr)
