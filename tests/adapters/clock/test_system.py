"""The system clock keeps the promises of its port."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fairlead.adapters.clock.system import SystemClock
from fairlead.ports.clock import Clock
from tests.fakes.clock import FakeClock


@pytest.fixture(params=[SystemClock, FakeClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param()
    return made


async def test_waiting_moves_both_clocks_forward(clock: Clock) -> None:
    wall, monotonic = clock.now(), clock.monotonic()
    await clock.sleep(0.01)
    assert clock.now() - wall >= timedelta(milliseconds=9)
    assert clock.monotonic() - monotonic >= 0.009


def test_the_time_is_utc(clock: Clock) -> None:
    assert clock.now().utcoffset() == timedelta(0)
