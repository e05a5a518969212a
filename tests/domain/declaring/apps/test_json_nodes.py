from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.declaring.apps.json_nodes import DEEPEST, LARGEST, MOST_VALUES, json_node
from fairlead.domain.errors import InputError
from fairlead.domain.resolving import to_object
from fairlead.domain.scalars import as_json_number

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).map(as_json_number)
    | st.text(st.characters(codec="utf-8"), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON)
def test_values_stay_what_they_are(value: Any) -> None:
    assert to_object(json_node([value]), "") == [value]


def test_nothing_at_the_top_is_not_written() -> None:
    assert to_object(json_node({"a": None, "b": {"c": None}}), "") == {"b": {"c": None}}


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (nested(DEEPEST + 1), "documentTooDeep"),
        (nested(100_000), "documentTooDeep"),
        ("x" * (LARGEST + 1), "documentTooLarge"),
        ({"k" * LARGEST: "vv"}, "documentTooLarge"),
        ([1] * (MOST_VALUES + 2), "documentTooLarge"),
        (math.nan, "invalidScalar"),
        ([math.inf], "invalidScalar"),
        ({"a": "\ud800"}, "invalidScalar"),
        ({"\udfff": "a"}, "invalidScalar"),
        (b"x", "invalidScalar"),
    ],
    ids=range(10),
)
def test_what_is_refused(value: Any, code: str) -> None:
    with pytest.raises(InputError) as refused:
        json_node(value)
    assert refused.value.code == code


def test_as_deep_as_allowed() -> None:
    assert to_object(json_node(nested(DEEPEST)), "") == nested(DEEPEST)
