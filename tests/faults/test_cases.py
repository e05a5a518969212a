from __future__ import annotations

import pytest

from tests.faults.cases import Case, Story
from tests.faults.crashing import Fault, Strike
from tests.faults.soaking import Tally, summary
from tests.faults.unit_courses import UnitFault, UnitStrike
from tests.faults.unit_operations import OPERATIONS, Operation
from tests.faults.unit_soaking import UnitCase, cases_of, in_order

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


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_a_case_of_a_unit_can_be_named_to_run_it_again(operation: Operation) -> None:
    for case in (UnitCase(operation), UnitCase(operation, UnitStrike(UnitFault.KILLED_AFTER, 7))):
        assert UnitCase.parse(str(case)) == case


@pytest.mark.parametrize(
    "text", ["unit", "unit:sell", "unit:next:stopped", "unit:next:shot:1", "unit:next:stopped:x", "x:next"]
)
def test_what_names_no_case_of_a_unit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="names no case"):
        UnitCase.parse(text)


def test_an_order_stays_when_an_operation_writes_once_more() -> None:
    few, more = (in_order(list(cases_of(OPERATIONS[0], writes)), 7) for writes in (20, 21))
    assert few != list(cases_of(OPERATIONS[0], 20))
    assert [case for case in more if case in few] == few


def test_the_summary_adds_up() -> None:
    lines = summary({"b": Tally(known=2, run=1), "a": Tally(known=3, diverged=1)}).splitlines()
    assert [line.split()[1] for line in lines] == ["cases", "---", "a", "b", "all"]
    assert lines[-1] == "| all | 5 | 1 | 0 | 0 | 0 | 1 |"
