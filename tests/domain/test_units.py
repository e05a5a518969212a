"""The key of a unit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.units import UnitKey, epoch_of

_NAMES = st.from_regex(r"[a-z0-9-]{1,4}", fullmatch=True)
_KEYS = st.builds(UnitKey, _NAMES, _NAMES, _NAMES)


@given(_KEYS, _KEYS)
def test_two_units_never_share_a_text(one: UnitKey, other: UnitKey) -> None:
    assert (str(one) == str(other)) == (one == other)


def test_the_wire_form_names_every_part() -> None:
    assert UnitKey("prod", "shop", "web").to_json() == {"cluster": "prod", "namespace": "shop", "app": "web"}


@pytest.mark.parametrize(
    ("annotations", "epoch"),
    [(None, 0), ({}, 0), ({"fairlead.dev/epoch": "7"}, 7), ({"fairlead.dev/epoch": "seven"}, 0)],
)
def test_an_object_without_a_legible_epoch_is_older_than_every_driver(annotations: object, epoch: int) -> None:
    assert epoch_of({"metadata": {"annotations": annotations}}) == epoch
