"""The `WhoAmI` port on this machine's process table (`proc(5)`)."""

from __future__ import annotations

import os
import platform
import pwd
from pathlib import Path
from typing import Final

from fairlead import __version__
from fairlead.domain.locking import Holder

_PROC: Final = Path("/proc")
_STARTED: Final = 19  # of the fields after the name in `stat`: when the process started, in ticks since boot


class ThisProcess:
    """This process. `proc` is where the process table is mounted; without one nobody can be said to be dead."""

    def __init__(self, proc: Path = _PROC) -> None:
        self._proc = proc

    def me(self) -> Holder:
        """Return who runs this process."""
        pid = os.getpid()
        return Holder(_user(), platform.node(), self._boot(), pid, self._started(pid) or "", __version__)

    def is_dead(self, holder: Holder) -> bool:
        """Return whether a process of this boot, and of the pids that we see, has ended."""
        boot = self._boot()
        return bool(boot and holder.started) and holder.boot == boot and self._started(holder.pid) != holder.started

    def _boot(self) -> str:
        """Name the boot and the pid namespace: a container sees other pids than its neighbour."""
        try:
            boot = (self._proc / "sys/kernel/random/boot_id").read_text().strip()
            return f"{boot}/{(self._proc / 'self/ns/pid').readlink()}"
        except OSError:
            return ""

    def _started(self, pid: int) -> str | None:
        try:
            stat = (self._proc / str(pid) / "stat").read_text()
        except OSError:
            return None
        fields = stat.rpartition(")")[2].split()  # the name may hold spaces and parentheses
        return fields[_STARTED] if len(fields) > _STARTED and fields[0] not in ("Z", "X") else None


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run under a number without a name
        return str(os.getuid())
