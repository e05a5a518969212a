from __future__ import annotations

import pytest

from fairlead.domain.durations import duration_seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("5m", 300), ("1h30m", 5400), ("1.5h", 5400), ("250ms", 0.25), ("168h", 604800), ("1m1s1ms", 61.001)],
)
def test_durations(text: str, seconds: float) -> None:
    assert duration_seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["1xs", "-1s", "9e99h", "", "5", "s", "0s", "169h", "1 m", "1h ", "99999999h", "٣s"])
def test_what_is_no_duration(text: str) -> None:
    assert duration_seconds(text) is None
