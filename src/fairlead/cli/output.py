"""Results on standard output: lines for people, or one JSON document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import StringIO
from typing import TypeVar

from rich.console import Console
from rich.text import Text

from fairlead.cli.options import Format
from fairlead.cli.streams import Streams
from fairlead.cli.text.layout import visible
from fairlead.cli.wire.documents import Document
from fairlead.cli.wire.encoding import to_json

D = TypeVar("D", bound=Document)


@dataclass(frozen=True, slots=True)
class Output:
    """Where a command leaves its result."""

    streams: Streams
    format: Format
    color: bool

    def show(self, document: D, lines: Callable[[D, int | None], Iterable[Text]]) -> None:
        """Print a result: the document itself, or what `lines` makes of it for the terminal's width."""
        if self.format is Format.JSON:
            self.streams.write(to_json(document))
        else:
            self.lines(lines(document, self.streams.width))

    def aside(self, document: D, lines: Callable[[D, int | None], Iterable[Text]]) -> None:
        """Print what comes before the result: to standard error when standard output is for JSON."""
        if self.format is Format.JSON:
            self.note(lines(document, None))
        else:
            self.lines(lines(document, self.streams.width))

    def lines(self, lines: Iterable[Text]) -> None:
        """Print lines for people to standard output."""
        self.streams.write(styled(lines, color=self.color and self.streams.width is not None))

    def note(self, lines: Iterable[Text]) -> None:
        """Print lines for people to standard error: what is worth saying but is not the result."""
        self.streams.report(styled(lines, color=self.color and self.streams.live).rstrip("\n"))


def styled(lines: Iterable[Text], *, color: bool) -> str:
    """Return lines as text, with the terminal's colour codes or without."""
    if not color:
        return "".join(line.plain.rstrip() + "\n" for line in harmless(lines))
    buffer = StringIO()
    console = Console(file=buffer, force_terminal=True, color_system="standard", highlight=False)
    for line in harmless(lines):
        console.print(line, soft_wrap=True)
    return buffer.getvalue()


def harmless(lines: Iterable[Text]) -> Iterator[Text]:
    """Yield lines in which nothing that others wrote can steer a terminal."""
    for line in lines:
        line.plain = visible(line.plain)
        yield line
