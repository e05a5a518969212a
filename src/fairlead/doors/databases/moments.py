"""Moments as databases keep them: microseconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """Return a moment as a number that is exact, which a float is not."""
    return (moment - _BEGINNING) // _MICROSECOND


def moment(number: int) -> datetime:
    """Return the moment of a number."""
    return _BEGINNING + number * _MICROSECOND
