"""How long things may take, as people write it."""

from __future__ import annotations

import re

LONGEST_SECONDS = 7 * 24 * 3600.0

_WHOLE = re.compile(r"(?:[0-9]{1,6}(?:\.[0-9]{1,3})?(?:ms|s|m|h))+")
_PART = re.compile(r"([0-9.]+)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def duration_seconds(text: str) -> float | None:
    """Return the seconds of a duration such as `90s`, `5m` or `1h30m`; None for anything else.

    Zero and more than seven days are no durations either: both are typing mistakes.
    """
    if not _WHOLE.fullmatch(text):
        return None
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
    return seconds if 0 < seconds <= LONGEST_SECONDS else None
