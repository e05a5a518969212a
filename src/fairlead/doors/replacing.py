"""Files that are written whole or not at all: aside first, then in place of what was there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def replace_file(path: Path, data: bytes, *, mode: int = 0o600, durable: bool = False) -> None:
    """Write a file; readers see the old content or the new, and a write that fails leaves nothing behind.

    The same holds for a crash of the machine when it is `durable`, which costs a wait for the disk.

    Raises:
        OSError: it cannot be written there.
    """
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            if durable:
                os.fsync(file.fileno())
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
