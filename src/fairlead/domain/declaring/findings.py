"""Problems gathered while reading, so that all mistakes are reported at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from fairlead.domain.config import Place
from fairlead.domain.errors import InputError, Problem, Severity


@dataclass(slots=True)
class Findings:
    """What was found wrong so far; each problem once, though a file may be read for several environments."""

    _problems: dict[Problem, None] = field(default_factory=dict)

    def error(self, place: Place, code: str, message: str, remedy: str) -> None:
        """Note a mistake."""
        self.add_all([_problem(place, code, message, remedy)])

    def warning(self, place: Place, code: str, message: str, remedy: str) -> None:
        """Note something that works but is probably not meant."""
        self.add_all([replace(_problem(place, code, message, remedy), severity=Severity.WARNING)])

    def add_all(self, problems: Iterable[Problem]) -> None:
        """Note problems found elsewhere, which know their place."""
        self._problems.update(dict.fromkeys(problems))

    def add_at(self, place: Place, problems: Iterable[Problem]) -> None:
        """Note problems of something that is declared at a place, such as a path; they keep a place of their own."""
        self.add_all(
            replace(problem, file=place.file, line=place.line, column=place.column, path=place.path or None)
            if problem.line is None
            else problem
            for problem in problems
        )

    @property
    def has_errors(self) -> bool:
        """Whether anything was a mistake."""
        return any(problem.severity is Severity.ERROR for problem in self._problems)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All of them, by file and line."""
        return tuple(sorted(self._problems, key=lambda one: (one.file or "", one.line or 0, one.column or 0)))

    def raise_errors(self) -> tuple[Problem, ...]:
        """Return the warnings when there is nothing worse.

        Raises:
            InputError: with every problem, when at least one is an error.
        """
        if self.has_errors:
            raise InputError(self.problems)
        return self.problems


def _problem(place: Place, code: str, message: str, remedy: str) -> Problem:
    return Problem(code, message, place.file, place.line, place.column, place.path or None, remedy)
