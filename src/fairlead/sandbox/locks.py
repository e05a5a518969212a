"""Locks between processes, as locked files."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

_POLL_SECONDS = 0.1


@asynccontextmanager
async def holding(path: Path, *, remove: bool = False) -> AsyncIterator[None]:
    """Hold the lock `path` for the length of a block, waiting for it as long as it takes.

    With `remove` the file is gone afterwards, and its folder too if it holds nothing else. The kernel drops the lock
    when the process dies.
    """
    handle = await _acquire(path)
    try:
        yield
    finally:
        _release(handle, path if remove else None)


async def _acquire(path: Path) -> int:
    while (handle := _try(path)) is None:  # noqa: ASYNC110 - another process holds it, and sends no event
        await asyncio.sleep(_POLL_SECONDS)
    return handle


def _try(path: Path) -> int | None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:  # the folder was removed in between
        return None
    with suppress(BlockingIOError, FileNotFoundError):
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever held it may have removed the file; then others lock a new one, and ours means nothing.
        if os.path.samestat(os.fstat(handle), path.stat()):
            return handle
    os.close(handle)
    return None


def _release(handle: int, remove: Path | None) -> None:
    if remove is not None:
        remove.unlink(missing_ok=True)
        with suppress(OSError):
            remove.parent.rmdir()
    os.close(handle)
