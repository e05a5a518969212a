"""Kubeconfig files on disk: read like kubectl, written by one at a time and never half.

The lock is kubectl's own: `FILE.lock`, created exclusively. A write goes to a temporary file beside the target and
replaces it by a rename; the mode of an existing file stays, a new one is readable by its owner only. Comments do not
survive a rewrite, as they do not survive kubectl's; a file that needs no change is not written.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from fairlead.domain.errors import InputError, OperationFailed, Problem
from fairlead.domain.kubeconfig import Kubeconfig, KubeconfigDocument, merge
from fairlead.doors import yaml
from fairlead.doors.replacing import replace_file
from fairlead.ports.clock import Clock

LOCK_SECONDS = 10.0


class KubeconfigStore:
    """Reads and writes kubeconfig files."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def read(self, files: Iterable[Path]) -> Kubeconfig:
        """Read those files that exist, as one.

        Raises:
            InputError: a file is unreadable or has not the shape of a kubeconfig.
        """
        documents = await asyncio.to_thread(lambda: [_document(file) for file in files if file.exists()])
        return merge(documents)

    async def content(self, file: Path) -> dict[str, Any]:
        """Return one file's content, empty when there is no such file."""
        return await asyncio.to_thread(_content, file)

    async def write(self, file: Path, content: Mapping[str, Any]) -> None:
        """Replace a file's content at once; call it inside `locked`."""
        await asyncio.to_thread(_write, file, yaml.dump_stream([dict(content)]).removeprefix("---\n").encode())

    async def read_bytes(self, file: str) -> bytes:
        """Return the content of a certificate file; `InputError` when it cannot be read."""
        return await asyncio.to_thread(_bytes, Path(file))

    @asynccontextmanager
    async def locked(self, file: Path) -> AsyncIterator[None]:
        """Keep every other writer, kubectl included, out of a file.

        Raises:
            OperationFailed: `kubeconfigLocked` when another holds it for longer than 10 seconds.
        """
        lock = file.with_name(f"{file.name}.lock")
        deadline = self._clock.monotonic() + LOCK_SECONDS
        while not await asyncio.to_thread(_create, lock):
            if self._clock.monotonic() >= deadline:
                raise OperationFailed(_locked(file, lock))
            await self._clock.sleep(0.1)
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


def _document(file: Path) -> KubeconfigDocument:
    documents = [content for content, _ in yaml.read_manifests(_bytes(file), str(file))]
    if len(documents) > 1:
        message = f"the file holds {len(documents)} YAML documents, expected one"
        raise InputError(Problem("kubeconfigInvalid", message, file=str(file)))
    return KubeconfigDocument(str(file.absolute()), documents[0] if documents else None)


def _content(file: Path) -> dict[str, Any]:
    content = _document(file).content if file.exists() else None
    return dict(content) if isinstance(content, Mapping) else {}


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        remedy = "check the path and its permissions"
        raise InputError(Problem("kubeconfigUnreadable", f"{file}: {reason}", file=str(file), remedy=remedy)) from None


def _create(lock: Path) -> bool:
    try:
        lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            return True
    except OSError as error:
        raise OperationFailed(_unwritable(lock.parent, error)) from None
    return False


def _write(file: Path, data: bytes) -> None:
    # A link stays a link: what it leads to is replaced.
    target = file.resolve()
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o600
        replace_file(target, data, mode=mode, durable=True)
    except OSError as error:
        raise OperationFailed(_unwritable(target, error)) from None


def _unwritable(path: Path, error: OSError) -> Problem:
    reason = (error.strerror or "not writable").lower()
    remedy = "make it writable, or name another kubeconfig with --kubeconfig or KUBECONFIG"
    return Problem("kubeconfigUnwritable", f"{path}: {reason}", file=str(path), remedy=remedy)


def _locked(file: Path, lock: Path) -> Problem:
    return Problem(
        code="kubeconfigLocked",
        message=f"{file} is locked by another program",
        file=str(file),
        remedy=f"wait for it, or remove {lock} when no kubectl or fairlead is running",
    )
