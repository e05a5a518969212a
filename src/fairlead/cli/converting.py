"""Where the commands that convert get their text: a file, or standard input."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairlead.cli.run import Run
from fairlead.domain.errors import InputError, Problem
from fairlead.doors.paths import Paths

Source = Annotated[Path | None, typer.Argument(metavar="FILE", help="File [default: standard input]")]
STANDARD_INPUT = "standard input"


def source_text(source: Path | None, run: Run) -> tuple[str, str]:
    """Return the text, and what to call where it came from.

    Raises:
        InputError: the file cannot be read, or is not in UTF-8.
    """
    try:
        if source is None or str(source) == "-":
            return run.surroundings.streams.stdin.read(), STANDARD_INPUT
        path = run.surroundings.directory / source
        paths = Paths.of(path)
        return paths.read(paths.relative(path)).decode("utf-8-sig"), str(source)
    except UnicodeDecodeError:
        remedy = "save it in the UTF-8 encoding"
        raise InputError(
            Problem("notUtf8", "the text is not UTF-8", str(source or STANDARD_INPUT), remedy=remedy)
        ) from None
