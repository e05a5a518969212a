"""The three standard streams, and what may be done with them."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

NARROWEST = 40  # columns; below this, wrapping does more harm than running over


@dataclass(frozen=True, slots=True)
class Streams:
    """Where to read and write.

    `width` is the number of columns of the terminal that reads standard output, None when it is a file or pipe: then
    nothing is wrapped or coloured. `live` says that standard error is a terminal, so that progress may redraw itself.
    `interactive` says that a person can be asked.
    """

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    width: int | None = None
    live: bool = False
    interactive: bool = False

    @classmethod
    def standard(cls) -> Streams:
        """Return the process's own streams."""
        stdin, stdout, stderr = _open(sys.stdin, "r"), _open(sys.stdout, "w"), _open(sys.stderr, "w")
        live = stderr.isatty()
        width = max(NARROWEST, shutil.get_terminal_size().columns) if stdout.isatty() else None
        return cls(stdin, stdout, stderr, width, live, live and stdin.isatty())

    def write(self, text: str) -> None:
        """Write to standard output. When nobody reads any more (`| head`), the rest is dropped without a word."""
        try:
            self.stdout.write(text)
            self.stdout.flush()
        except BrokenPipeError:
            _discard(self.stdout)

    def report(self, text: str) -> None:
        """Write a line to standard error."""
        try:
            self.stderr.write(text + "\n")
            self.stderr.flush()
        except BrokenPipeError:
            _discard(self.stderr)


def _open(stream: TextIO | None, mode: str) -> TextIO:
    """Return a stream ready for use: one that was closed before we started leads nowhere."""
    if stream is None:
        return Path(os.devnull).open(mode)  # type: ignore[return-value] # a text mode gives a text stream
    if isinstance(stream, TextIOWrapper) and mode == "w":
        # Names and manifests are UTF-8; a terminal of another encoding gets escapes instead of a crash.
        stream.reconfigure(errors="backslashreplace")
    return stream


def _discard(stream: TextIO) -> None:
    """Point a broken stream to nowhere, so that the interpreter's own flush at exit stays silent too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
