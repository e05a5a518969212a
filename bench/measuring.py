"""Runs whole processes and says what they took: seconds, memory, and requests that the API server counted."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_SAMPLE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Measured:
    """One process with its children, or several in a row: seconds, bytes at the peak, exit code of the last."""

    seconds: float
    peak: int
    code: int


@dataclass(frozen=True, slots=True)
class Site:
    """Where the tools work, and what they may read."""

    folder: Path
    kubeconfig: Path
    context: str
    releases: int
    environ: Mapping[str, str]

    @property
    def log(self) -> Path:
        """Where everything goes that the tools say."""
        return self.folder / "log"

    def run(self, *commands: Sequence[str], log: Path | None = None) -> Measured:
        """Run commands one after the other, counting them as one."""
        started, peak, code = time.perf_counter(), 0, 0
        sink = os.open(log or self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        actions = [(os.POSIX_SPAWN_DUP2, sink, 1), (os.POSIX_SPAWN_DUP2, sink, 2)]
        for command in commands:
            program = _found(command[0], self.environ)
            pid = os.posix_spawn(program, list(command), dict(self.environ), file_actions=actions)
            sampler = Sampler(pid)
            sampler.start()
            _, status, usage = os.wait4(pid, 0)
            code = os.waitstatus_to_exitcode(status)
            peak = max(peak, sampler.end(), usage.ru_maxrss * 1024)
            if code and log is None:
                print("\n".join(self.log.read_text().splitlines()[-20:]), file=sys.stderr)
        os.close(sink)
        return Measured(time.perf_counter() - started, peak, code)

    def read(self, *command: str) -> str:
        """Return what a command prints."""
        with tempfile.NamedTemporaryFile() as out:
            self.run(command, log=Path(out.name))
            return Path(out.name).read_text()

    def requests(self) -> int:
        """Return how many requests the API server has counted, its own components' watches and leases left out."""
        text = self.read("kubectl", "--context", self.context, "get", "--raw", "/metrics")
        lines = (line for line in text.splitlines() if line.startswith("apiserver_request_total{"))
        quiet = ('verb="WATCH"', 'resource="leases"', 'subresource="status"', 'resource="events"')
        return int(sum(float(line.rpartition(" ")[2]) for line in lines if not any(word in line for word in quiet)))


class Sampler(threading.Thread):
    """Looks every now and then how much memory a process and all below it hold together."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._peak, self._ended = pid, 0, threading.Event()

    def run(self) -> None:
        """Look until told to end. A process counts when it is seen again: one just forked shows its parent's memory."""
        before: dict[int, int] = {}
        while not self._ended.wait(_SAMPLE_SECONDS):
            now = resident(self._pid)
            self._peak = max(self._peak, sum(size for pid, size in now.items() if pid in before))
            before = now

    def end(self) -> int:
        """Return the most that was seen, in bytes."""
        self._ended.set()
        self.join()
        return self._peak


def resident(pid: int) -> dict[int, int]:
    """Return the bytes that a process and its descendants hold in memory, by pid; what they share counts for each."""
    found: dict[int, int] = {}
    with suppress(OSError, IndexError):  # it may end at any moment
        found[pid] = int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        for thread in Path(f"/proc/{pid}/task").iterdir():
            children = (thread / "children").read_text().split()
            for child in children:
                found |= resident(int(child))
    return found


def _found(program: str, environ: Mapping[str, str]) -> str:
    folders = [Path(folder) for folder in environ["PATH"].split(os.pathsep)]
    return next((str(path) for folder in folders if (path := folder / program).exists()), program)
