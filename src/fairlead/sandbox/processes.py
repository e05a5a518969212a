"""Which processes belong to a sandbox, and how they end.

A process is known in two ways. By `ProcessId`: its number and the moment of its start, so that a number that was used
again is never mistaken. And by a mark in its environment, which children inherit: so a process is found that a
crashed starter began and did not write down. Both read /proc, and so work on Linux only.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.sandbox.spec import ProcessId
from fairlead.sandbox.waiting import holds

MARK = "FAIRLEAD_SANDBOX"
_PROC = Path("/proc")


def marked(root: Path) -> str:
    """The environment entry of every process of the sandbox at `root`."""
    return f"{MARK}={root}"


def identify(pid: int) -> ProcessId | None:
    """The identity of a process, or None when it has ended (one that only waits to be reaped has)."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    return parse_stat(pid, stat)


def parse_stat(pid: int, stat: str) -> ProcessId | None:
    """Read /proc/PID/stat; the name in brackets may hold blanks and brackets itself (proc_pid_stat(5))."""
    fields = stat.rpartition(")")[2].split()
    state, started = fields[0], int(fields[19])
    return None if state in {"Z", "X"} else ProcessId(pid, started)


def alive(process: ProcessId | None) -> bool:
    """Whether exactly this process still runs."""
    return process is not None and identify(process.pid) == process


def find_marked(root: Path) -> Iterator[ProcessId]:
    """All processes that carry the mark of the sandbox at `root`, except ourselves."""
    wanted = marked(root).encode()
    for entry in _PROC.iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with suppress(OSError):  # ended meanwhile, or somebody else's
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                process = identify(int(entry.name))
                if process is not None:
                    yield process


def send(process: ProcessId, number: signal.Signals) -> None:
    """Send a signal to exactly this process, or to nobody."""
    with suppress(ProcessLookupError):
        handle = os.pidfd_open(process.pid)
        try:
            # The handle is of whoever has the number now; it cannot change hands after this check.
            if identify(process.pid) == process:
                signal.pidfd_send_signal(handle, number)
        finally:
            os.close(handle)
        _reap(process.pid)


async def end(processes: Iterable[ProcessId], *, grace: float = 5.0) -> None:
    """Ask processes to end, kill those that have not after `grace` seconds, and return when all are gone.

    Raises:
        OperationFailed: one cannot be killed.
    """
    left = [process for process in processes if alive(process)]
    for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, 10.0)):
        for process in left:
            send(process, number)
        left = await _remaining(left, patience)
        if not left:
            return
    raise OperationFailed(
        Problem(code="sandboxProcess", message=f"process {left[0].pid} does not end, not even when killed")
    )


async def _remaining(processes: list[ProcessId], patience: float) -> list[ProcessId]:
    async def gone() -> bool:
        return not any(alive(process) for process in processes)

    with suppress(TimeoutError):
        async with asyncio.timeout(patience):
            await holds(gone)
    return [process for process in processes if alive(process)]


def _reap(pid: int) -> None:
    # A daemon's starter may still be its parent, as a test is.
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
