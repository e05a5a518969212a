"""Moments as numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from fairlead.doors.databases.moments import microseconds, moment


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_comes_back_exactly(at: datetime) -> None:
    assert moment(microseconds(at)) == at


def test_it_is_counted_from_1970_wherever_it_was_said() -> None:
    assert microseconds(datetime(1970, 1, 1, 1, 0, 0, 7, tzinfo=timezone(timedelta(hours=1)))) == 7
