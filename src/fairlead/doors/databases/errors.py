"""What can be wrong with a database, in the words of whoever keeps something in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fairlead.domain.errors import OperationFailed, Problem

_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


@dataclass(frozen=True, slots=True)
class Kept:
    """What a file holds: its words in codes (`store` makes `storeFailed`) and in sentences, and where it is."""

    word: str
    noun: str
    file: Path

    def problem(self, what: str, message: str, remedy: str) -> OperationFailed:
        """Return the error that says what is wrong; `what` ends its code."""
        return OperationFailed(Problem(f"{self.word}{what}", message, str(self.file), remedy=remedy))

    def failure(self, error: Exception) -> OperationFailed:
        """Return an error of the database as one of ours."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest of it is detail
        if code in _DAMAGED:
            return self.damaged(str(error))
        if code in _BUSY:
            return self.problem("Busy", f"another process would not let go of {self.noun}", "try again, or end it")
        remedy = "check the disk, and the rights of the file and of its directory"
        return self.problem("Failed", f"{self.noun} could not be used: {error}", remedy)

    def damaged(self, why: str) -> OperationFailed:
        """Return the error of a file that is not as it was written."""
        remedy = "keep a copy of the file, then move it away or put a backup in its place"
        return self.problem("Damaged", f"{self.noun} is damaged: {why}", remedy)

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Turn what the database and the disk raise into errors of ours."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise self.failure(error) from error
