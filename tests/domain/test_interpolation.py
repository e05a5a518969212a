from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.interpolation import BadInterpolation, interpolate

ENVIRON = {"HOME": "/home/ada", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("plain", "plain"),
        ("$HOME/ca.pem", "/home/ada/ca.pem"),
        ("${HOME}/ca.pem", "/home/ada/ca.pem"),
        ("${NONE:-/etc/ca.pem}", "/etc/ca.pem"),
        ("${EMPTY:-x}", "x"),
        ("${EMPTY}y", "y"),
        ("${NONE:-}", ""),
        ("cost$$5", "cost$5"),
        ("$HOME$HOME", "/home/ada/home/ada"),
    ],
)
def test_variables_are_replaced(text: str, result: str) -> None:
    assert interpolate(text, ENVIRON) == result


@pytest.mark.parametrize("text", ["$", "${", "${HOME", "${}", "$1", "${HOME:+x}", "${A${B}}", "$NONE", "${NONE}"])
def test_malformed_and_unset_is_refused(text: str) -> None:
    with pytest.raises(BadInterpolation):
        interpolate(text, ENVIRON)


@given(st.text(alphabet=st.characters(exclude_characters="$")))
def test_texts_without_dollars_stay(text: str) -> None:
    assert interpolate(text, {}) == text
