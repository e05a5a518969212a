"""Which units a scope means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.scopes import EVERYTHING, Scope, one_unit, scope_of
from fairlead.domain.units import UnitKey

_NAMES = st.none() | st.frozensets(st.sampled_from("abc"), max_size=2)
_SCOPES = st.builds(Scope, _NAMES, _NAMES, _NAMES)
_UNITS = st.builds(UnitKey, *[st.sampled_from("abc")] * 3)


@given(_SCOPES, _SCOPES, _UNITS)
def test_what_both_mean_is_what_each_means(one: Scope, other: Scope, unit: UnitKey) -> None:
    assert (one & other).holds(unit) == (one.holds(unit) and other.holds(unit))


@given(_SCOPES, _SCOPES, _UNITS)
def test_what_is_covered_is_meant(one: Scope, other: Scope, unit: UnitKey) -> None:
    if one.covers(other) and other.holds(unit):
        assert one.holds(unit)


@given(_SCOPES, _UNITS)
def test_an_empty_scope_means_nothing(scope: Scope, unit: UnitKey) -> None:
    if scope.is_empty:
        assert not scope.holds(unit)


@pytest.mark.parametrize(
    ("one", "other", "covered"),
    [
        (EVERYTHING, EVERYTHING, True),
        (EVERYTHING, scope_of(apps=["web"]), True),
        (scope_of(apps=["web"]), EVERYTHING, False),
        (scope_of(namespaces=["a", "b"]), scope_of(namespaces=["a"], apps=["web"]), True),
        (scope_of(namespaces=["a"]), scope_of(namespaces=["a", "b"]), False),
    ],
    ids=["all by all", "one by all", "all by one", "narrower", "wider"],
)
def test_a_scope_covers_what_is_not_wider(one: Scope, other: Scope, covered: bool) -> None:
    assert one.covers(other) == covered


def test_a_unit_is_no_prefix() -> None:
    scope = one_unit(UnitKey("prod", "shop", "web"))

    assert scope.holds(UnitKey("prod", "shop", "web"))
    assert not scope.holds(UnitKey("prod", "shop", "web-1"))
    assert not scope.holds(UnitKey("prod", "shop-1", "web"))


def test_the_wire_form_tells_every_name_from_no_name() -> None:
    scope = Scope(None, frozenset({"b", "a"}), frozenset())

    assert scope.to_json() == {"clusters": None, "namespaces": ["a", "b"], "apps": []}
