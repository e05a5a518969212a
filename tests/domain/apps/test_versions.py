from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.apps.versions import HIGHEST, highest_version, next_version, version_number


@pytest.mark.parametrize(
    ("version", "number"),
    [("1", 1), ("12", 12), ("0", None), ("007", None), ("1-1a", None), ("", None), (str(HIGHEST), HIGHEST)],
)
def test_numbers(version: str, number: int | None) -> None:
    assert version_number(version) == number


@pytest.mark.parametrize(
    ("versions", "counter", "expected"),
    [
        ([], 0, "1"),
        (["1"], 0, "2"),
        (["1", "2", "rc"], 0, "3"),
        (["9", "10"], 0, "11"),
        ([], 7, "8"),
        (["3"], 7, "8"),
        (["9"], 7, "10"),
        (["1-1a"], 0, "1"),
    ],
)
def test_next(versions: list[str], counter: int, expected: str) -> None:
    assert next_version(versions, counter) == expected


@given(st.lists(st.sampled_from(["deploy", "fail", "undeploy", "named"])))
def test_no_number_is_ever_used_twice(history: list[str]) -> None:
    used: list[str] = []
    present: set[str] = set()
    counter = 0
    for event in history:
        if event == "undeploy":
            present.clear()
        elif event == "named":
            present.add("1-2-rc")
        else:
            version = next_version(present, counter)
            assert version not in used
            counter = highest_version([version], counter)
            used.append(version)
            present |= {version} if event == "deploy" else set()


def test_no_number_is_left() -> None:
    with pytest.raises(OverflowError):
        next_version([str(HIGHEST)])
