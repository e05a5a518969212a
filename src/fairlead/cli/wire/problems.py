"""Problems, from the domain to the wire."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fairlead.cli.wire.documents import Error, GradedProblem, ProblemItem, Problems
from fairlead.domain.errors import Problem


def error_document(problems: Iterable[Problem]) -> Error:
    """Return the document of a command that failed."""
    return Error(errors=[ProblemItem(**_told(problem)) for problem in problems])


def problems_document(problems: Iterable[Problem]) -> Problems:
    """Return the document of `lint`."""
    return Problems(problems=[GradedProblem(severity=problem.severity.value, **_told(problem)) for problem in problems])


def _told(problem: Problem) -> dict[str, Any]:
    return {name: getattr(problem, name) for name in ProblemItem.__struct_fields__}
