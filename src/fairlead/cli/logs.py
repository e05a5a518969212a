"""What Fairlead says while it serves, on standard error with secrets taken out: as notes, or for programs."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import orjson
from rich.text import Text

from fairlead.cli.run import Run
from fairlead.cli.text.problems import problem_lines
from fairlead.domain.errors import Problem
from fairlead.domain.moments import rfc3339

# What a record has besides what was said, for programs: names that the server gives to `extra`.
_FIELDS = ("method", "route", "status", "seconds", "code", "file", "remedy")
_OURS = logging.getLogger("fairlead")


class _Notes(logging.Handler):
    def __init__(self, run: Run) -> None:
        super().__init__(logging.DEBUG if run.common.verbose else logging.WARNING)
        self._run = run

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        self._run.output.note([Text(self._run.surroundings.redactor.text(self.format(record)))])


class _Lines(_Notes):
    """One JSON document a line, for what collects logs; every request has one."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.setLevel(logging.DEBUG if run.common.verbose else logging.INFO)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        said = {
            "at": rfc3339(self._run.surroundings.clock.now()),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self.format(record),
            **{name: found for name in _FIELDS if (found := getattr(record, name, None)) is not None},
        }
        self._run.surroundings.streams.report(self._run.surroundings.redactor.text(orjson.dumps(said).decode()))


class Voice:
    """What a command says by itself, in the form in which everything is logged."""

    def __init__(self, run: Run, *, is_json: bool) -> None:
        self._run = run
        self._is_json = is_json

    def say(self, text: str) -> None:
        """Say something that is worth knowing."""
        if self._is_json:
            _OURS.info("%s", text)
        else:
            self._run.output.note([Text(text)])

    def warn(self, problems: Iterable[Problem]) -> None:
        """Say what is suspicious about what somebody wrote."""
        if not self._is_json:
            if found := tuple(problems):
                self._run.output.note(problem_lines(found, width=None))
            return
        for problem in problems:
            place = f"{problem.file}:{problem.line}" if problem.line is not None else problem.file
            _OURS.warning("%s", problem.message, extra={"code": problem.code, "file": place, "remedy": problem.remedy})


@contextmanager
def logged(run: Run, *, is_json: bool = False) -> Iterator[Voice]:
    """Show warnings inside the block, with `-v` everything. Libraries keep silent below a warning."""
    handler = _Lines(run) if is_json else _Notes(run)
    everything = logging.getLogger()
    levels = {_OURS: handler.level, everything: max(handler.level, logging.WARNING)}
    before = {logger: logger.level for logger in levels}
    everything.addHandler(handler)
    for logger, level in levels.items():
        logger.setLevel(level)
    try:
        yield Voice(run, is_json=is_json)
    finally:
        everything.removeHandler(handler)
        for logger, level in before.items():
            logger.setLevel(level)
