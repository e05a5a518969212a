"""How often somebody may ask, and what it costs to remember who did."""

from __future__ import annotations

import pytest

from fairlead.domain.errors import Transient
from fairlead.server.rates import Rates


def taken(rates: Rates, who: str, now: float, count: int) -> int:
    """Ask so many times at once, and return how often that was one too many."""
    refused = 0
    for _ in range(count):
        try:
            rates.take(who, now)
        except Transient:
            refused += 1
    return refused


def test_a_burst_passes_and_then_as_many_as_the_time_brings() -> None:
    rates = Rates(burst=10, per_second=2)
    assert taken(rates, "ann", 0, 12) == 2
    assert taken(rates, "ann", 1.5, 5) == 2
    assert taken(rates, "ann", 100, 12) == 2


def test_who_is_refused_is_told_when_to_come_again() -> None:
    rates = Rates(burst=1)
    rates.take("ann", 0)
    with pytest.raises(Transient) as caught:
        rates.take("ann", 0)
    assert (caught.value.code, caught.value.delay_seconds) == ("tooManyRequests", 1.0)


def test_nobody_pays_for_others() -> None:
    rates = Rates(burst=1)
    assert [taken(rates, who, 0, 2) for who in ("ann", "bob")] == [1, 1]


def test_a_bounded_number_is_remembered_and_those_heard_of_longest_ago_go() -> None:
    rates = Rates(burst=1, per_second=0, most=2)
    assert taken(rates, "ann", 0, 1) == 0
    assert taken(rates, "bob", 0, 1) == 0
    assert taken(rates, "ann", 1, 1) == 1
    assert taken(rates, "eve", 1, 1) == 0  # bob goes
    assert taken(rates, "ann", 2, 1) == 1
    assert taken(rates, "bob", 2, 1) == 0
