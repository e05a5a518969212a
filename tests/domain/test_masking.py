from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.changes import MASKED, FieldChange
from fairlead.domain.differences import Difference
from fairlead.domain.masking import LAST_APPLIED, field_changes, holds_secret, masked_object

SECRET: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
CONFIG: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}


def _shown(obj: dict[str, Any], *found: Any, secrets: tuple[str, ...] = ()) -> list[FieldChange]:
    return list(field_changes(obj, Difference(*found), owners=("kubectl",), secrets=secrets))


def test_a_secret_value_is_masked_on_both_sides_and_still_told_apart() -> None:
    assert _shown(SECRET, ("data", "k"), "b2xk", "bmV3") == [
        FieldChange("/data/k", MASKED, MASKED, "kubectl", masked=True, equal=False)
    ]
    assert _shown(SECRET, ("data", "k"), "b2xk", "b2xk")[0].equal is True


def test_a_whole_map_of_secrets_is_shown_key_by_key() -> None:
    shown = _shown(SECRET, ("data",), {"a": "1", "b": "1"}, {"b": "1", "c": "2"})
    assert [(one.path, one.old, one.new, one.equal) for one in shown] == [
        ("/data/a", MASKED, None, False),
        ("/data/b", MASKED, MASKED, True),
        ("/data/c", None, MASKED, False),
    ]


def test_the_last_applied_copy_of_a_secret_is_masked_wherever_it_shows() -> None:
    copy = {LAST_APPLIED: "{data: clear}", "other": "x"}
    steps = ("metadata", "annotations")
    assert _shown(SECRET, (*steps, LAST_APPLIED), "clear", None)[0].old == MASKED
    assert _shown(SECRET, steps, copy, None)[0].old == {LAST_APPLIED: MASKED, "other": "x"}
    assert _shown(SECRET, ("metadata",), {"annotations": copy}, None)[0].old == {
        "annotations": {LAST_APPLIED: MASKED, "other": "x"}
    }
    assert _shown(CONFIG, steps, copy, None)[0].old == copy


def test_a_field_that_is_no_secret_is_shown_with_its_owner() -> None:
    assert _shown(CONFIG, ("data", "k"), "a", "b") == [FieldChange("/data/k", "a", "b", "kubectl")]
    assert _shown(SECRET, ("type",), "Opaque", "x") == [FieldChange("/type", "Opaque", "x", "kubectl")]


@pytest.mark.parametrize("value", ["pass-word-1", {"deep": ["x", "is pass-word-1!"]}, {"pass-word-1": 1}])
def test_a_value_that_holds_a_known_secret_is_masked(value: Any) -> None:
    assert _shown(CONFIG, ("data", "k"), "a", value, secrets=("pass-word-1",))[0].new == MASKED


@pytest.mark.parametrize(
    "shown",
    [
        base64.b64encode(b"p&ss w0rd/7").decode(),
        base64.b64encode(b"user:p&ss w0rd/7").decode(),
        f"Basic {base64.urlsafe_b64encode(b'p&ss w0rd/7:x').decode().rstrip('=')}, more",
        "postgres://u:p%26ss+w0rd%2F7@db",
        "postgres://u:p%26ss%20w0rd%2f7@db",
        '{"password": "p\\u0026ss w0rd/7"}',
        "P&SS W0RD/7",
    ],
)
def test_a_value_that_holds_a_secret_as_templates_encode_it_is_masked_on_both_sides(shown: str) -> None:
    (change,) = _shown(CONFIG, ("data", "k"), "what it was before", shown, secrets=("p&ss w0rd/7",))
    assert (change.old, change.new) == (MASKED, MASKED)


@pytest.mark.parametrize("shown", ["", "a", "abcdefg", "abcdefghi", "registry.example.com/shop/web:1.10", "é" * 9])
def test_what_only_looks_encoded_is_shown(shown: str) -> None:
    assert not holds_secret(shown, ("p&ss w0rd/7",))


@given(st.text(min_size=4), st.text(), st.text())
def test_a_secret_in_base64_never_shows_whatever_surrounds_it(secret: str, before: str, after: str) -> None:
    assert holds_secret(base64.b64encode(f"{before}{secret}{after}".encode()).decode(), (secret,))


def test_short_secrets_are_only_masked_as_whole_values() -> None:
    assert holds_secret("no", ("no",))
    assert not holds_secret("nothing", ("no",))
    assert not holds_secret("anything", ("",))


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.text(min_size=9, alphabet="XYZ"), max_size=4))
def test_no_value_of_a_secret_survives_masking(data: dict[str, str]) -> None:
    meta = {"name": "s", "annotations": {LAST_APPLIED: str(data), "kept": "yes"}}
    shown = masked_object({**SECRET, "metadata": meta, "data": data, "stringData": data})
    assert not any(value in str(shown) for value in data.values())
    assert set(shown["data"]) == set(data)
    assert shown["metadata"]["annotations"]["kept"] == "yes"


def test_other_objects_are_not_masked() -> None:
    obj = {**CONFIG, "data": {"k": "v"}}
    assert masked_object(obj) == obj
    assert masked_object({**SECRET, "data": None})["data"] == MASKED
