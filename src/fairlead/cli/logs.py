"""What Fairlead logs while it serves, as notes on standard error with secrets taken out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
from rich.text import Text

from fairlead.cli.run import Run
from fairlead.domain.moments import rfc3339

# What a record has besides what was said, for programs: names that the server gives to `extra`.
_FIELDS = ("method", "route", "status", "seconds")


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
            **{name: getattr(record, name) for name in _FIELDS if hasattr(record, name)},
        }
        self._run.surroundings.streams.report(self._run.surroundings.redactor.text(orjson.dumps(said).decode()))


@contextmanager
def logged(run: Run, *, is_json: bool = False) -> Iterator[None]:
    """Show warnings inside the block, with `-v` everything. Libraries keep silent below a warning."""
    handler = _Lines(run) if is_json else _Notes(run)
    loggers = [logging.getLogger(name) for name in ("fairlead", "uvicorn")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(handler.level if logger.name == "fairlead" else max(handler.level, logging.WARNING))
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)
