"""Limits of the machine that a sandbox meets, recognised by what its programs say when they end."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from fairlead.domain.errors import Problem
from fairlead.sandbox.status import log_tail

_READ_LINES: Final = 200
_INOTIFY: Final = ("inotify", "too many open files")
_INOTIFY_REMEDY: Final = (
    "the kernel gives no more inotify instances: end other sandboxes (`fairlead sandbox down --name NAME`), or raise "
    "the limit: sysctl -w fs.inotify.max_user_instances=1024"
)


def unstable(message: str, logs: Iterable[Path]) -> Problem:
    """Return the problem of programs that do not stay up, with the limit that their logs tell of."""
    said = "\n".join(line for log in logs for line in log_tail(log, _READ_LINES)).lower()
    if any(word in said for word in _INOTIFY):
        return Problem("sandboxLimit", message, remedy=_INOTIFY_REMEDY)
    return Problem("sandboxProcess", message, remedy="see `fairlead sandbox logs`")
