"""Charts on this machine, by the digest of their content.

Everything in the cache is an archive named by the SHA-256 of its bytes, so it is verified by hashing it again, which
happens on every use. Entries appear complete or not at all (written aside, then renamed), so any number of processes
may share a cache. A damaged entry counts as absent. The folder is the user's alone (0700).

A pin remembers which archive a published chart version was when it was first fetched: versions do not change, and one
that did would not be noticed by the people who reviewed it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.identity import sha256_bytes, sha256_json
from fairlead.doors.replacing import replace_file

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class ChartCache:
    """A folder of archives."""

    folder: Path

    def path(self, digest: str) -> Path:
        """Return where the archive of a digest lies or would lie.

        Raises:
            OperationFailed: `digestUnsupported` for any but SHA-256.
        """
        found = _DIGEST.fullmatch(digest)
        if found is None:
            raise OperationFailed(Problem("digestUnsupported", f"{digest!r} is not a SHA-256 digest"))
        return self.folder / "sha256" / f"{found[1]}.tgz"

    def load(self, digest: str) -> bytes | None:
        """Return an archive, verified; None when it is not here."""
        try:
            data = self.path(digest).read_bytes()
        except OSError:
            return None
        return data if sha256_bytes(data) == digest else None

    def save(self, data: bytes) -> str:
        """Keep an archive and return its digest."""
        digest = sha256_bytes(data)
        if self.load(digest) is None:
            _write(self.path(digest), data)
        return digest

    def pinned(self, *what: str) -> str | None:
        """Return the digest of the archive that this published chart was when it was first fetched."""
        try:
            pin = json.loads(self._pin(what).read_bytes())
        except (OSError, ValueError):
            return None
        digest = pin.get("digest") if isinstance(pin, dict) and pin.get("what") == list(what) else None
        return digest if isinstance(digest, str) and _DIGEST.fullmatch(digest) else None

    def pin(self, *what: str, digest: str) -> None:
        """Remember which archive a published chart is."""
        _write(self._pin(what), json.dumps({"what": what, "digest": digest}).encode())

    def _pin(self, what: tuple[str, ...]) -> Path:
        return self.folder / "pins" / f"{sha256_json(what).removeprefix('sha256:')}.json"


def _write(path: Path, data: bytes) -> None:
    try:
        for folder in (path.parent.parent, path.parent):  # the mode only counts for the last part of a path
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(path, data)
    except OSError as error:
        message = f"cannot write to the chart cache {path.parent}: {error.strerror}"
        raise OperationFailed(
            Problem("cacheUnwritable", message, remedy="set FAIRLEAD_CACHE to a folder of yours")
        ) from None
