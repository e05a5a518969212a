from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from fairlead.domain.moments import parse_moment, rfc3339


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("1423821895", 1423821895),
        ("1.5", 1.5),
        ("1970-01-01T02:00:00Z", 7200),
        ("1970-01-01t02:00:00z", 7200),
        ("2015-02-13T10:04:55.62062787Z", 1423821895.620627),
        ("2017-12-19 14:33:08+01:00", 1513690388),
        ("2017-11-30T16:57:43+01:00", 1512057463),
        ("999999999999", None),
        ("0001-01-01T00:00:00+12:00", None),
        *(
            (text, None)
            for text in ("", "bad", "-1", "1e3", "2015-02-13", "2015-02-13T10:04:55", "2015-13-01T00:00:00Z")
        ),
    ],
)
def test_moments(text: str, seconds: float | None) -> None:
    found = parse_moment(text)
    assert (None if found is None else found.timestamp()) == seconds


def test_the_text_of_a_moment_is_in_utc() -> None:
    moment = datetime(2026, 1, 2, 1, 30, 59, 9999, tzinfo=timezone(timedelta(hours=2)))
    assert rfc3339(moment) == "2026-01-01T23:30:59Z"
    assert parse_moment(rfc3339(moment)) == datetime(2026, 1, 1, 23, 30, 59, tzinfo=UTC)
