"""The key of a unit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.units import UnitKey

_NAMES = st.from_regex(r"[a-z0-9-]{1,4}", fullmatch=True)
_KEYS = st.builds(UnitKey, _NAMES, _NAMES, _NAMES)


@given(_KEYS, _KEYS)
def test_two_units_never_share_a_text(one: UnitKey, other: UnitKey) -> None:
    assert (str(one) == str(other)) == (one == other)


def test_the_wire_form_names_every_part() -> None:
    assert UnitKey("prod", "shop", "web").to_json() == {"cluster": "prod", "namespace": "shop", "app": "web"}
