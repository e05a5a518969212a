from __future__ import annotations

import pytest

from fairlead.domain.durations import brief, duration_seconds, limited


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("5m", 300), ("1h30m", 5400), ("1.5h", 5400), ("250ms", 0.25), ("168h", 604800), ("1m1s1ms", 61.001)],
)
def test_durations(text: str, seconds: float) -> None:
    assert duration_seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["1xs", "-1s", "9e99h", "", "5", "s", "0s", "169h", "1 m", "1h ", "99999999h", "٣s"])
def test_what_is_no_duration(text: str) -> None:
    assert duration_seconds(text) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "0s"),
        (45, "45s"),
        (59.8, "1m"),
        (598, "9m58s"),
        (600, "10m"),
        (3900, "1h5m"),
        (3605, "1h"),
        (90061, "25h1m"),
    ],
)
def test_a_duration_for_people(seconds: float, text: str) -> None:
    assert brief(seconds) == text


def test_what_is_done_says_how_much_time_is_left() -> None:
    assert (limited("it waits", 90), limited("it waits", None), limited("it waits", -1)) == (
        "it waits, 1m30s left",
        "it waits",
        "it waits, 0s left",
    )
