"""The next number of an app: higher than every one that was ever used."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

HIGHEST: Final = 999_999_999
"""The room that names leave; see `naming`."""

_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


def version_number(version: str) -> int | None:
    """Return the number that a version is, None for a name such as `1-2-rc` and for numbers with leading zeros."""
    return int(version) if _NUMBER.fullmatch(version) else None


def highest_version(versions: Iterable[str], counter: int = 0) -> int:
    """Return the highest number in use: what the counter is to hold from now on. Names do not count."""
    return max(counter, 0, *(version_number(version) or 0 for version in versions))


def next_version(versions: Iterable[str], counter: int = 0) -> str:
    """Return the number after all of history and cluster, and after the counter, which survives undeploying.

    Raises:
        OverflowError: all numbers are used up.
    """
    number = highest_version(versions, counter) + 1
    if number > HIGHEST:
        raise OverflowError("no number is left")
    return str(number)
