"""Problems, from the domain to the wire."""

from __future__ import annotations

from collections.abc import Iterable

from fairlead.cli.wire.documents import Error, GradedProblem, ProblemItem, Problems
from fairlead.domain.errors import Problem


def error_document(problems: Iterable[Problem]) -> Error:
    """Return the document of a command that failed."""
    return Error(
        errors=[
            ProblemItem(
                code=problem.code,
                message=problem.message,
                file=problem.file,
                line=problem.line,
                column=problem.column,
                path=problem.path,
                remedy=problem.remedy,
            )
            for problem in problems
        ]
    )


def problems_document(problems: Iterable[Problem]) -> Problems:
    """Return the document of `lint`."""
    return Problems(
        problems=[
            GradedProblem(
                severity=problem.severity.value,
                code=problem.code,
                message=problem.message,
                file=problem.file,
                line=problem.line,
                column=problem.column,
                path=problem.path,
                remedy=problem.remedy,
            )
            for problem in problems
        ]
    )
