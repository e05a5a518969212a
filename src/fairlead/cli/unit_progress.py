"""What happens to units while a command drives them, on standard error: a line for each change.

A terminal has one more line below them: what is done just now, redrawn while its time runs out.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from fairlead.cli.progress import REFRESH
from fairlead.cli.streams import Streams
from fairlead.cli.text.layout import hanging, visible
from fairlead.domain.durations import brief, limited
from fairlead.domain.unit_news import LogLine, Notified, Progressed, UnitNews, VersionChanged

REMEMBERED: Final = 1000  # steps of a rollout, the last ones; few have fifty


@dataclass(slots=True)
class UnitProgress:
    """Takes the news of units. Each line says how many seconds after the command began.

    Why a rollout failed or is blocked is not among them: the result says it. `heard` is what happened, for programs.
    """

    streams: Streams
    color: bool = False
    monotonic: Callable[[], float] = time.monotonic
    started: float = field(init=False)
    live: Live | None = None
    heard: deque[Progressed | VersionChanged] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _now: Progressed | None = None
    _now_at: float = 0.0

    def __post_init__(self) -> None:
        self.started = self.monotonic()

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return self.monotonic() - self.started

    def announce(self, news: UnitNews) -> None:
        """Take one piece of news."""
        if isinstance(news, Progressed | VersionChanged):
            self.heard.append(news)
        match news:
            case LogLine(key=key, text=text) if text:
                self._write(key.name, text)
            case Notified(key=key, code=code, text=text, alarm=True) if code != "blocked":
                self._write(key.name, text)
            case Progressed():
                self._now, self._now_at = news, self.monotonic()
            case _:
                return

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Redraw what is done now until the block is left, if there is a terminal to redraw on."""
        if not self.streams.live:
            yield
            return
        console = Console(file=self.streams.stderr, no_color=not self.color, highlight=False)
        try:
            with Live(
                get_renderable=self.draw, console=console, refresh_per_second=REFRESH, transient=True
            ) as self.live:
                yield
        finally:
            self.live = None

    def draw(self) -> Table:
        """Return what is done just now, and for how long the command has run."""
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=1)
        for _ in range(2):
            table.add_column(no_wrap=True)
        table.add_column()
        now = self._now
        if now is None:
            return table
        passed = self.monotonic() - self._now_at
        left = now.progress.left(now.at)
        doing = limited(now.progress.doing, None if left is None else left - passed)
        said = Text(visible(f"{now.phase}: {doing}" if doing else str(now.phase)))
        if now.progress.trouble:
            said.append(visible(f": {now.progress.trouble}"), "yellow")
        table.add_row(Spinner("line", style="cyan"), Text(now.key.name, "bold"), Text(brief(self.seconds), "dim"), said)
        return table

    def _write(self, name: str, text: str) -> None:
        lead, text = visible(f"{self.seconds:6.1f}s  {name}: "), visible(text)
        if self.live is None:
            self.streams.report(lead + text)
            return
        console = self.live.console
        for line in hanging(Text(lead), Text(text), width=console.width):
            console.print(line, soft_wrap=True)
