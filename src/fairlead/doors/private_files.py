"""Files that only their owner may read: written in one step, and never through a link that somebody laid there."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from fairlead.domain.errors import InputError, Problem
from fairlead.doors.replacing import replace_file

LARGEST_BYTES = 256 << 20


def require_writable(path: Path) -> None:
    """Make sure, before any work is done, that a private file can be written at a path.

    Raises:
        InputError: a link, a directory or something else that is no file is in the way, or there is no directory.
    """
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        if path.parent.is_dir():
            return
        raise _refused(path, "its directory does not exist", "create the directory, or name another file") from None
    except OSError as error:
        raise _refused(path, _reason(error), "name another file") from None
    if not stat.S_ISREG(found.st_mode):
        kind = "a link" if stat.S_ISLNK(found.st_mode) else "no ordinary file"
        raise _refused(path, f"it is {kind}", "name a file that is new or an ordinary one")


def write_private(path: Path, data: bytes) -> None:
    """Write a file with mode 0600, in place of an ordinary one; readers see the old content or the new.

    Raises:
        InputError: it cannot be written there.
    """
    require_writable(path)
    try:
        replace_file(path, data, durable=True)
    except OSError as error:
        raise _refused(path, _reason(error), "make its directory writable, or name another file") from None


def read_private(path: Path) -> bytes:
    """Return the content of an ordinary file; its mode is not looked at, for CI systems carry files without it.

    Raises:
        InputError: it is missing, a link, a directory, unreadable or too large.
    """
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise _refused(path, "it is no ordinary file", "name the file that was saved")
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        reason = "it is a link" if error.errno == errno.ELOOP else _reason(error)
        raise _refused(path, reason, "name the file that was saved") from None
    if len(content) > LARGEST_BYTES:
        raise _refused(path, f"it is larger than {LARGEST_BYTES >> 20} MiB", "name the file that was saved")
    return content


def _reason(error: OSError) -> str:
    return (error.strerror or "it cannot be used").lower()


def _refused(path: Path, why: str, remedy: str) -> InputError:
    return InputError(Problem("fileRefused", why, file=str(path), remedy=remedy))
