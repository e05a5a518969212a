from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.reading import branch, condition, entries, is_true, one_line, owner_uids, text, texts, whole

ODD: list[Any] = [None, True, 3, 2.5, "x", [], [1, "x", {"a": 1}], {"a": {"b": 7}}]


@pytest.mark.parametrize("value", ODD)
def test_what_has_another_type_reads_as_empty(value: Any) -> None:
    assert branch(value, "a", "zz") == {}
    assert text(value, "a", "zz") == ""
    assert whole(value, "a", "zz", default=4) == 4
    assert entries(value, "zz") == ()
    assert texts(value, "zz") == ()
    assert not is_true(value, "zz")


def test_what_is_there_is_read() -> None:
    obj = {"a": {"n": 3, "t": "x", "b": True, "l": ["x", 1, {"y": 1}]}}

    assert whole(obj, "a", "n") == 3
    assert text(obj, "a", "t") == "x"
    assert is_true(obj, "a", "b")
    assert texts(obj, "a", "l") == ("x",)
    assert entries(obj, "a", "l") == ({"y": 1},)


def test_a_boolean_is_no_number() -> None:
    assert whole({"n": True}, "n", default=5) == 5


def test_a_condition_says_one_line() -> None:
    obj = {"status": {"conditions": [{"type": "Ready", "status": "False", "message": "a\nb\x1b[2J", "reason": "R"}]}}

    found = condition(obj, "Ready")

    assert found is not None
    assert (found.status, found.reason, found.message) == ("False", "R", "a b [2J")
    assert condition(obj, "Other") is None


def test_long_text_is_cut() -> None:
    assert one_line("x" * 500, 10) == "x" * 9 + "…"
    assert one_line("a \t b") == "a b"


def test_owners_are_known_by_uid() -> None:
    assert owner_uids({"metadata": {"ownerReferences": [{"uid": "u1"}, {"uid": "u2"}]}}) == ("u1", "u2")
