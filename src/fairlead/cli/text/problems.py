"""Problems for people: where, what, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.text import Text

from fairlead.cli.text.layout import hanging, plural
from fairlead.domain.errors import Problem, Severity

_STYLE = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow"}


def problem_lines(problems: Iterable[Problem], *, width: int | None) -> Iterator[Text]:
    """Return one block per problem: `FILE:LINE:COLUMN: error: message`, then the path in the document and the remedy.

    The first line has the form that editors and CI systems know how to jump to.
    """
    for problem in problems:
        yield from _problem(problem, width)


def tally(problems: Iterable[Problem]) -> str:
    """Return `2 errors, 1 warning`, or an empty string."""
    found = list(problems)
    counts = {severity: sum(p.severity is severity for p in found) for severity in Severity}
    return ", ".join(plural(count, severity.value) for severity, count in counts.items() if count)


def _problem(problem: Problem, width: int | None) -> Iterator[Text]:
    head = Text()
    if place := _place(problem):
        head.append(f"{place}: ", "bold")
    head.append(f"{problem.severity.value}: ", _STYLE[problem.severity])
    head.append(problem.message)
    first, *rest = hanging(Text(), head, width=width)
    yield first
    for line in rest:
        yield Text.assemble("  ", line)
    if problem.path:
        yield Text.assemble("  ", ("at: ", "dim"), problem.path)
    if problem.remedy:
        yield from hanging(Text.assemble("  ", ("hint: ", "dim")), Text(problem.remedy), width=width)


def _place(problem: Problem) -> str:
    parts = [problem.file] if problem.file else []
    if parts and problem.line is not None:
        parts += [str(part) for part in (problem.line, problem.column) if part is not None]
    return ":".join(parts)
