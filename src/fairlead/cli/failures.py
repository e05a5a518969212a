"""What a command that failed says, and its exit code. The one place where exceptions become words."""

from __future__ import annotations

import os
import platform
import tempfile
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import typer

from fairlead import __version__
from fairlead.cli.options import Format
from fairlead.cli.output import Output
from fairlead.cli.streams import Streams
from fairlead.cli.text.problems import problem_lines
from fairlead.cli.wire.encoding import to_json
from fairlead.cli.wire.problems import error_document
from fairlead.domain.errors import FairleadError, InputError, Interrupted, Problem
from fairlead.domain.joining import joined
from fairlead.doors.redaction import Redactor
from fairlead.settings import Settings


@dataclass(frozen=True, slots=True)
class Failures:
    """Says what went wrong, in the form that was asked for on this command line."""

    arguments: Sequence[str]
    settings: Settings
    streams: Streams
    redactor: Redactor = field(default_factory=Redactor)

    def report(self, error: BaseException) -> int:
        """Say what an error means and return the exit code."""
        known = explained(error)
        if known is None:
            return self._say((self._bug(error),), exit_code=1)
        return self._say(known.problems, exit_code=known.exit_code)

    def _say(self, found: Iterable[Problem], *, exit_code: int) -> int:
        problems = [replace(problem, message=self.redactor.text(problem.message)) for problem in found]
        if wants_json(self.arguments):
            self.streams.write(to_json(error_document(problems)))
            return exit_code
        if exit_code == Interrupted.exit_code:
            self.streams.report(joined(problem.message for problem in problems))
            return exit_code
        color = not self.settings.no_color and "--no-color" not in self.arguments
        width = self.streams.width if self.streams.live else None
        Output(self.streams, Format.TEXT, color).note(problem_lines(problems, width=width))
        return exit_code

    def _bug(self, error: BaseException) -> Problem:
        summary = f"{type(error).__name__} in {_origin(error)}"
        try:
            report = _write_report(self.settings.data / "reports", self.redactor.text(self._details(error)))
        except OSError as failure:
            remedy = f"please report it; the details could not be written ({failure.strerror})"
        else:
            remedy = f"please report it with the file {report}; read it first, it should hold no secrets"
        return Problem("bug", f"this is a bug in Fairlead: {summary}", remedy=remedy)

    def _details(self, error: BaseException) -> str:
        """Return what a developer needs to know. Values of variables stay out."""
        lines = [
            f"fairlead {__version__}, Python {platform.python_version()}, {platform.system()} {platform.release()}",
            f"command: {' '.join(self.arguments)}",
            "",
            *traceback.format_exception(error),
        ]
        return "\n".join(lines)


def explained(error: BaseException) -> FairleadError | None:
    """Return the error as one of ours, or None when nobody foresaw it."""
    match error:
        case FairleadError():
            return error
        case typer.TyperException():
            return _misused(error)
        case KeyboardInterrupt() | typer.Abort():
            return Interrupted(Problem("interrupted", "interrupted by a signal"))
        case BaseExceptionGroup():
            return _together([explained(part) for part in error.exceptions])
        case _:
            return None


def _misused(error: typer.TyperException) -> InputError:
    """Say what is wrong with a command line, and whose help tells how it is written."""
    message = " ".join(error.format_message().replace("Value error, ", "").split())
    context = getattr(error, "ctx", None)  # only a command that was found has one
    if context is None:
        return InputError(Problem("usage", message, remedy="see `fairlead --help`"))
    below = getattr(context.command, "commands", None)  # only a group has some
    if below and context.invoked_subcommand is None:
        message = message.removesuffix(".") + f": expected one of {', '.join(below)}"
    return InputError(Problem("usage", message, remedy=f"see `{context.command_path} --help`"))


def _together(errors: Sequence[FairleadError | None]) -> FairleadError | None:
    """Return one error that carries the problems of all, of the kind of the first; None if any is a surprise."""
    known = [error for error in errors if error is not None]
    if len(known) < len(errors):
        return None
    first = known[0]
    problems = tuple(dict.fromkeys(problem for error in known for problem in error.problems))
    combined = FairleadError(problems)
    combined.exit_code = first.exit_code
    return combined


def wants_json(arguments: Sequence[str]) -> bool:
    """Say whether a command line asks for JSON, also one that is otherwise wrong."""
    return "--output=json" in arguments or ("--output", "json") in pairwise(arguments)


def _origin(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"


def _write_report(folder: Path, text: str) -> Path:
    """Write a report that only its owner can read, and return where it is."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(prefix="bug-", suffix=".txt", dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    return Path(name)
