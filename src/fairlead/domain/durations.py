"""How long things may take, as people write it."""

from __future__ import annotations

import re

LONGEST_SECONDS = 7 * 24 * 3600.0

_WHOLE = re.compile(r"(?:[0-9]{1,6}(?:\.[0-9]{1,3})?(?:ms|s|m|h))+")
_PART = re.compile(r"([0-9.]+)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_AGE = re.compile(r"([0-9]{1,5})([mhdw])")
_AGE_SECONDS = {"m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
OLDEST_SECONDS = 366 * 86400.0


def duration_seconds(text: str) -> float | None:
    """Return the seconds of a duration such as `90s`, `5m` or `1h30m`; None for anything else.

    Zero and more than seven days are no durations either: both are typing mistakes.
    """
    if not _WHOLE.fullmatch(text):
        return None
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
    return seconds if 0 < seconds <= LONGEST_SECONDS else None


def age_seconds(text: str) -> float | None:
    """Return the seconds of an age such as `30m`, `12h`, `3d` or `2w`; None for anything else, or over a year."""
    found = _AGE.fullmatch(text)
    seconds = 0.0 if found is None else int(found[1]) * _AGE_SECONDS[found[2]]
    return seconds if 0 < seconds <= OLDEST_SECONDS else None


def brief(seconds: float) -> str:
    """Return a duration to the second in at most two units, as `45s`, `9m58s` or `1h5m`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "m"), (rest if not hours else 0, "s")]
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"


def limited(doing: str, left: float | None) -> str:
    """Return what is done with the time that it may still take in seconds; None: as long as it takes."""
    return doing if left is None else f"{doing}, {brief(max(0.0, left))} left"
