"""Objects without their secrets, and with them again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.changes import MASKED
from fairlead.domain.masking import LAST_APPLIED
from fairlead.domain.withholding import Withheld, refilled, withhold, without_places
from tests.fakes.releases import config_map, secret

MARKER = "hunter2hunter2"


def _with(obj: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**obj, **more}


@pytest.mark.parametrize(
    ("obj", "secrets", "places"),
    [
        (config_map(a="b"), (), ()),
        (secret(b="2", a="1"), (), ("/stringData/a", "/stringData/b")),
        (_with(secret(a="1"), stringData=None, data={"a": "MQ=="}), (), ("/data/a",)),
        (_with(secret(), data="broken"), (), ("/data",)),
        (config_map(a=f"x {MARKER}", b="c"), (MARKER,), ("/data/a",)),
        (_with(config_map(), data={"a": ["b", MARKER]}), (MARKER,), ("/data/a/1",)),
        (_with(config_map(), data={"in": {MARKER: "a"}}), (MARKER,), ("/data/in",)),
        (config_map("web", role="web"), ("web",), ("/data/role",)),
        (config_map("settings"), ("name", "data", "kind", "metadata"), ()),
    ],
    ids=["none", "a Secret", "encoded", "broken", "a text", "a list", "a key", "its own name", "common words"],
)
def test_secrets_are_left_out_and_their_places_known(
    obj: dict[str, Any], secrets: tuple[str, ...], places: tuple[str, ...]
) -> None:
    kept = withhold(obj, secrets)
    assert kept.places == places
    assert MARKER not in json.dumps(kept.data)
    assert refilled(kept, obj) == obj


def test_the_copy_of_kubectl_is_left_out_too() -> None:
    obj = secret(a="1")
    obj["metadata"]["annotations"] = {LAST_APPLIED: MARKER, "other": "x"}
    kept = withhold(obj, ())
    assert kept.data["metadata"]["annotations"] == {LAST_APPLIED: MASKED, "other": "x"}
    assert refilled(kept, obj) == obj


def test_a_place_inside_another_is_filled_with_it() -> None:
    obj = _with(secret(), stringData={MARKER: "a", "b": "c"})
    assert refilled(withhold(obj, (MARKER,)), obj) == obj


def test_another_rendering_gives_the_secrets_and_nothing_else() -> None:
    kept = withhold(_with(secret(a="1"), metadata={"name": "token", "labels": {"run": "1"}}), ())
    filled = refilled(kept, _with(secret(a="2"), metadata={"name": "token", "labels": {"run": "2"}}))
    assert filled == _with(secret(a="2"), metadata={"name": "token", "labels": {"run": "1"}})


def test_what_has_no_value_there_gives_none() -> None:
    assert refilled(withhold(secret(a="1"), ()), secret(b="1")) is None
    assert refilled(Withheld(config_map(), ("/data/no",)), config_map(no="1")) is None


def test_places_are_masked_as_far_as_they_are_there() -> None:
    assert without_places(secret(a="1"), ("/stringData/a", "/stringData/b")) == secret(a=MASKED)


_leaf = st.sampled_from(["plain", MARKER, f"x{MARKER}y", "aHVudGVyMmh1bnRlcjI=", "1", 2, None, True])
_tree = st.recursive(
    _leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", MARKER]), inner)
)


@given(st.dictionaries(st.sampled_from(["data", "spec"]), _tree))
def test_no_marker_stays_and_nothing_is_lost(parts: dict[str, Any]) -> None:
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, **parts}
    kept = withhold(obj, (MARKER,))
    assert MARKER not in json.dumps(kept.data)
    assert "aHVudGVyMmh1bnRlcjI" not in json.dumps(kept.data)
    assert refilled(kept, obj) == obj
