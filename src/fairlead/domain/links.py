"""Links from texts of strangers: only plain https addresses become links, everything else stays text or goes.

An image's labels are written by whoever built it. What becomes clickable in a pull request must lead where it seems to.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_SAFE = re.compile(r"https://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?")
_MAX = 300  # characters
_REVISION = re.compile(r"[0-9a-f]{7,64}")


def safe_link(text: str) -> str | None:
    """Return an https address of plain letters without user, query or fragment, or None when it is anything else."""
    return text if len(text) <= _MAX and _SAFE.fullmatch(text) and ".." not in text else None


def safe_revision(text: str) -> str | None:
    """Return a commit's name, or None when the text cannot be one."""
    return text if _REVISION.fullmatch(text) else None


def compare_link(source: str, old: str, new: str) -> str | None:
    """Return the address of the changes between two commits; None where the forge's form is not known."""
    base = source.removesuffix("/").removesuffix(".git")
    host = urlsplit(base).hostname or ""
    if host == "gitlab.com" or host.startswith("gitlab."):
        return f"{base}/-/compare/{old}...{new}"
    if host in {"github.com", "codeberg.org", "gitea.com"} or host.startswith("gitea."):
        return f"{base}/compare/{old}...{new}"
    return None
