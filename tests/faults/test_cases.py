from __future__ import annotations

import pytest

from tests.faults.cases import Case, Story
from tests.faults.crashing import Fault, Strike
from tests.faults.soaking import Tally, summary

CASES = {
    "manifests:install:reply_lost:3": Case(False, Story.INSTALL, Strike(Fault.REPLY_LOST, 3)),
    "chart:update:killed_after:2:killed_before:7": Case(
        True, Story.UPDATE, Strike(Fault.KILLED_AFTER, 2, 7, Fault.KILLED_BEFORE)
    ),
}


@pytest.mark.parametrize(("text", "case"), CASES.items(), ids=["one strike", "two strikes"])
def test_a_case_can_be_named_to_run_it_again(text: str, case: Case) -> None:
    assert str(case) == text
    assert Case.parse(text) == case


@pytest.mark.parametrize(
    "text", ["", "chart:update", "x:update:killed_after:1", "chart:update:x:1", "chart:delete:reply_lost:1:reply_lost"]
)
def test_what_names_no_case_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="names no case"):
        Case.parse(text)


def test_the_summary_adds_up() -> None:
    lines = summary({"b": Tally(known=2, run=1), "a": Tally(known=3, diverged=1)}).splitlines()
    assert [line.split()[1] for line in lines] == ["cases", "---", "a", "b", "all"]
    assert lines[-1] == "| all | 5 | 1 | 0 | 0 | 0 | 1 |"
