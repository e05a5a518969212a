"""What Fairlead logs while it serves, as notes on standard error with secrets taken out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from rich.text import Text

from fairlead.cli.run import Run


class _Notes(logging.Handler):
    def __init__(self, run: Run) -> None:
        super().__init__(logging.DEBUG if run.common.verbose else logging.WARNING)
        self._run = run

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        self._run.output.note([Text(self._run.surroundings.redactor.text(self.format(record)))])


@contextmanager
def logged(run: Run) -> Iterator[None]:
    """Show warnings inside the block, with `-v` everything. Libraries keep silent below a warning."""
    logger, notes = logging.getLogger("fairlead"), _Notes(run)
    before = logger.level
    logger.addHandler(notes)
    logger.setLevel(notes.level)
    try:
        yield
    finally:
        logger.removeHandler(notes)
        logger.setLevel(before)
