"""What is kept of an answer."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.keeping.health_data import LARGEST, HealthData

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@given(st.text(st.characters(), max_size=50), st.integers(1, 400))
def test_what_fits_is_kept_and_no_half_of_a_character(text: str, times: int) -> None:
    kept = HealthData("web-1", text * times, NOON).value

    assert len(kept.encode()) <= LARGEST
    assert (text * times).encode(errors="replace").decode().startswith(kept)
    if len(text) * times * 4 <= LARGEST:
        assert kept == (text * times).encode(errors="replace").decode()
