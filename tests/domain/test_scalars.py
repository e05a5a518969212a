from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.scalars import NotFinite, resolve_key, resolve_plain
from tests.conftest import GOLDENS

# Produced by sigs.k8s.io/yaml 1.6.0, the library of kubectl, Helm and the API server; {} stands for its refusal.
TABLE = json.loads((GOLDENS / "config" / "scalars.json").read_text())


@pytest.mark.parametrize(("text", "meaning"), TABLE["values"].items())
def test_a_plain_scalar_means_what_it_means_to_kubectl(text: str, meaning: object) -> None:
    if meaning == {}:
        with pytest.raises(NotFinite):
            resolve_plain(text)
    else:
        assert repr(resolve_plain(text)) == repr(meaning)


@pytest.mark.parametrize(("text", "key"), TABLE["keys"].items())
def test_a_plain_key_becomes_the_text_that_it_becomes_for_kubectl(text: str, key: str | None) -> None:
    assert resolve_key(text) == key


@pytest.mark.parametrize(
    ("text", "key"), [("3.4028235e38", "3.4028235e+38"), ("9e99", ".inf"), ("-9e99", "-.inf"), ("1e-50", "0")]
)
def test_float_keys_at_the_ends_of_32_bits(text: str, key: str) -> None:
    assert resolve_key(text) == key


def test_a_key_that_is_no_finite_number_is_refused() -> None:
    with pytest.raises(NotFinite):
        resolve_key(".nan")


def test_thousands_of_digits_are_answered_at_once() -> None:
    assert resolve_plain("9" * 100_000) == "9" * 100_000


@given(st.text(min_size=1))
def test_everything_means_something(text: str) -> None:
    try:
        value = resolve_plain(text)
    except NotFinite:
        return
    assert value is None or isinstance(value, (str, bool, int)) or math.isfinite(value)
    if isinstance(value, str):
        assert value == text


@given(st.integers(min_value=-(2**63), max_value=2**64 - 1))
def test_whole_numbers_keep_every_digit(number: int) -> None:
    assert resolve_plain(str(number)) == number
