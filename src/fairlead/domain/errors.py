"""Every way Fairlead can say no.

The branches answer one question: who must act.

    FairleadError
    |- InputError        the person who wrote the files or the command line (exit 2)
    |- OperationFailed   whoever runs the thing that failed: a program, a chart, a pod (exit 1)
    |  |- RemoteRefused  whoever runs the other side: it understood and said no (exit 1)
    |  `- Transient      nobody yet: try again after `delay_seconds` (exit 1)
    |- Refused           a person must decide first: approval, hold, guard, lock, foreign owner (exit 4)
    `- Interrupted       a signal ended the run at a clean point (exit 130)

Anything else that escapes is a bug in Fairlead and is reported as such.
Each error carries `problems`, so that many mistakes of one file travel together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from fairlead.domain.joining import joined


class Severity(StrEnum):
    """How bad a problem is: only an error changes the exit code."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake or failure, located and with a way out.

    `code` is stable and in camelCase; programs branch on it. `line` and `column` count from 1.
    `path` is the place inside the document, such as `environments[0].clusterName`.
    """

    code: str
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    path: str | None = None
    remedy: str | None = None
    severity: Severity = Severity.ERROR

    def at(self, *, file: str | None = None, line: int | None = None, column: int | None = None) -> Problem:
        """Return the same problem with a place, unless it has one: half of another place would mislead."""
        return self if self.file is not None else replace(self, file=file, line=line, column=column)


class FairleadError(Exception):
    """Root of all errors that Fairlead raises on purpose."""

    exit_code = 1

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(joined(problem.message for problem in self.problems))

    @property
    def code(self) -> str:
        """The code of the first problem: what the error is mainly about."""
        return self.problems[0].code if self.problems else "unknown"


class InputError(FairleadError):
    """What a person wrote is wrong; nothing was done."""

    exit_code = 2


class OperationFailed(FairleadError):
    """Something was tried and did not work."""

    exit_code = 1


class RemoteRefused(OperationFailed):
    """The other side understood the request and refused it.

    `status` is its HTTP status (or 0 where there is none).
    """

    def __init__(self, problems: Problem | Iterable[Problem], *, status: int = 0, reason: str = "") -> None:
        super().__init__(problems)
        self.status = status
        self.reason = reason


class Transient(OperationFailed):
    """The other side may answer later; `delay_seconds` is the earliest sensible retry."""

    def __init__(self, problems: Problem | Iterable[Problem], *, delay_seconds: float = 1.0) -> None:
        super().__init__(problems)
        self.delay_seconds = delay_seconds


class Refused(FairleadError):
    """Fairlead itself declines until a person decides."""

    exit_code = 4


class Interrupted(FairleadError):
    """A signal ended the run at a clean point."""

    exit_code = 130
