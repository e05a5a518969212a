from __future__ import annotations

import pytest

from fairlead.domain.config import Place
from fairlead.domain.declaring.findings import Findings
from fairlead.domain.errors import InputError, Problem, Severity

PLACE = Place("b.yaml", 3, 4, "a.b")


def test_problems_are_told_once_and_in_order() -> None:
    findings = Findings()
    findings.error(PLACE, "one", "m", "r")
    findings.error(Place("a.yaml", 9, 1), "two", "m", "r")
    findings.warning(Place("b.yaml", 1, 1), "three", "m", "r")
    findings.error(PLACE, "one", "m", "r")
    assert [(problem.code, problem.line) for problem in findings.problems] == [("two", 9), ("three", 1), ("one", 3)]


def test_errors_are_raised_with_the_warnings() -> None:
    findings = Findings()
    findings.warning(PLACE, "careful", "m", "r")
    assert [problem.severity for problem in findings.raise_errors()] == [Severity.WARNING]
    findings.error(PLACE, "wrong", "m", "r")
    with pytest.raises(InputError) as caught:
        findings.raise_errors()
    assert {problem.code for problem in caught.value.problems} == {"careful", "wrong"}


def test_problems_without_a_place_get_one() -> None:
    findings = Findings()
    findings.add_at(PLACE, [Problem("x", "m", "seen.yaml"), Problem("y", "m", "c.yaml", 7, 8)])
    assert [(p.file, p.line, p.path) for p in findings.problems] == [("b.yaml", 3, "a.b"), ("c.yaml", 7, None)]
