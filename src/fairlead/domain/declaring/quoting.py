"""How a message shows what somebody wrote: short, and without the password in a URL."""

from __future__ import annotations

import re

LONGEST = 60

_CREDENTIALS = re.compile(r"(://)[^/\s@]+@")


def quoted(text: str) -> str:
    """Return a text in quotes, cut when it is long."""
    text = _CREDENTIALS.sub(r"\1***@", text)
    return repr(text if len(text) <= LONGEST else text[: LONGEST - 3] + "...")
