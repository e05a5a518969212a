from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.errors import InputError
from fairlead.doors.json import read_json
from fairlead.doors.yaml import read_manifests


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{\n\t"a": 1\n}\n', {"a": 1}),
        ('{"a": "\\ud83d\\ude00 \\/"}', {"a": "😀 /"}),
        ('  {"a": 1.0, "b": 1.5, "c": 1e3}', {"a": 1, "b": 1.5, "c": 1000}),
        ('{"a": 18446744073709551615}', {"a": 18446744073709551615}),
    ],
)
def test_json_is_read_as_json(text: str, value: object) -> None:
    assert repr(read_json(text, "f.json")) == repr(value)
    assert read_manifests(text.encode(), "f.json") == ((value, 1),)


@pytest.mark.parametrize("text", ["a: 1", "{a: b}", '{"a": 1, "a": 2}', '{"a": 1', "[1]", "", '{"a":' * 100_000])
def test_everything_else_is_left_to_yaml(text: str) -> None:
    assert read_json(text, "f.json") is None


@pytest.mark.parametrize("name", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_what_is_no_number_is_refused(name: str) -> None:
    with pytest.raises(InputError) as caught:
        read_json(f'{{"a": 1,\n"b": {name}}}', "f.json")
    assert (caught.value.code, caught.value.problems[0].line) == ("invalidScalar", 2)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text(), values), st.sampled_from([None, 2, "\t"]))
def test_what_python_writes_reads_back(value: dict[str, Any], indent: int | str | None) -> None:
    assert read_json(json.dumps(value, indent=indent), "f.json") == value
