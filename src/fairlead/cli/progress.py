"""What happens while a command runs, on standard error: a board that redraws itself on a terminal, else lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from fairlead.cli.streams import Streams
from fairlead.cli.text.deployments import STYLE
from fairlead.cli.text.layout import plural, visible
from fairlead.domain.durations import limited
from fairlead.domain.events import (
    Applied,
    ApplyFailed,
    ApplyStarted,
    Event,
    HealthChanged,
    Planned,
    ReleaseFinished,
    Rendered,
    RenderStarted,
    RolloutMoved,
    RolloutTold,
    WaitStarted,
)
from fairlead.domain.health import HealthState
from fairlead.domain.identity import ObjectRef, ReleaseKey

REFRESH = 8  # times per second


@dataclass(slots=True)
class Progress:
    """Takes events; shows them while `shown` is entered: redrawn on a terminal, else a line for each.

    What only prepares (rendering, planning) gets a line when `verbose`.
    """

    streams: Streams
    color: bool
    verbose: int = 0
    board: Board | None = None

    def emit(self, event: Event) -> None:
        """Take one event."""
        if self.board is not None:
            self.board.emit(event)
        elif self.verbose or not isinstance(event, RenderStarted | Rendered | Planned):
            self._write(event)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Redraw until the block is left, if there is a terminal to redraw on."""
        if not self.streams.live:
            yield
            return
        self.board = board = Board()
        console = Console(file=self.streams.stderr, no_color=not self.color, highlight=False)
        try:
            with Live(get_renderable=board.draw, console=console, refresh_per_second=REFRESH, transient=True):
                yield
        finally:
            self.board = None

    def _write(self, event: Event) -> None:
        if words := sentence(event):
            self.streams.report(visible(f"{event.key}: {words}"))


def sentence(event: Event) -> str:  # noqa: C901, PLR0911 - one line for each fact there is
    """Return an event in words, empty for those that only matter to a redrawn display."""
    match event:
        case RenderStarted() | RolloutMoved():
            return ""
        case Rendered(objects=objects):
            return f"rendered {plural(objects, 'object')}"
        case Planned(changes=0):
            return "nothing to change"
        case Planned(changes=changes):
            return f"{plural(changes, 'change')} planned"
        case ApplyStarted(changes=changes):
            return f"applying {plural(changes, 'change')}"
        case Applied(ref=ref, action=action):
            return f"{action.value} {ref}"
        case ApplyFailed(ref=ref, message=message):
            return f"failed {ref}: {message}"
        case WaitStarted(objects=objects, seconds=seconds):
            return f"waiting up to {seconds:g} s for {plural(objects, 'object')}"
        case HealthChanged(ref=ref, health=health):
            return f"{ref} is {health.state.value}" + (f": {health.message}" if health.message else "")
        case RolloutTold(text=text):
            return text
        case ReleaseFinished(outcome=outcome, message=message):
            return outcome + (f": {message}" if message else "")


@dataclass(slots=True)
class _Row:
    """Where one release stands."""

    since: float
    doing: str = ""
    total: int = 0
    applied: int = 0
    waiting: dict[ObjectRef, str] = field(default_factory=dict)
    trouble: str = ""
    until: float | None = None
    outcome: str = ""
    seconds: float = 0.0


@dataclass(slots=True)
class Board:
    """One row per release: what it is doing now and for how long."""

    monotonic: Callable[[], float] = time.monotonic
    rows: dict[ReleaseKey, _Row] = field(default_factory=dict)

    def emit(self, event: Event) -> None:
        """Bring the release's row up to date."""
        row = self.rows.setdefault(event.key, _Row(self.monotonic()))
        match event:
            case ApplyStarted(changes=changes):
                row.total = changes
                row.doing = f"applying 0/{changes}"
            case Applied():
                row.applied += 1
                row.doing = f"applying {row.applied}/{row.total}"
            case HealthChanged(ref=ref, health=health):
                _note_health(row, ref, health.state, health.message)
            case WaitStarted(objects=objects):
                row.doing = f"waiting for {plural(objects, 'object')}"
            case ReleaseFinished(outcome=outcome):
                row.outcome = outcome
                row.seconds = self.monotonic() - row.since
            case RenderStarted():
                row.doing = "rendering"
            case RolloutMoved(doing=doing, trouble=trouble, left=left):
                row.doing, row.trouble = doing, trouble
                row.until = None if left is None else self.monotonic() + left
            case Rendered() | Planned() | ApplyFailed():
                row.doing = sentence(event)
            case RolloutTold():
                return  # what it is now says more

    def draw(self) -> Table:
        """Return the board as it is now."""
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=1)
        table.add_column(no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_column()  # the only one that gives way; its cells do not wrap either
        for key, row in list(self.rows.items()):
            table.add_row(*self._cells(key, row))
        return table

    def _cells(self, key: ReleaseKey, row: _Row) -> tuple[Spinner | Text, Text, Text, Text]:
        if row.outcome:
            mark = "+" if row.outcome in ("succeeded", "unchanged") else "x"
            style = STYLE.get(row.outcome, "")
            return Text(mark, style), Text(str(key)), Text(f"{row.seconds:.0f}s", "dim"), Text(row.outcome, style)
        seconds = self.monotonic() - row.since
        doing = Text(visible(_doing(row, self.monotonic())), no_wrap=True, overflow="ellipsis")
        return Spinner("line", style="cyan"), Text(str(key)), Text(f"{seconds:.0f}s", "dim"), doing


def _doing(row: _Row, now: float) -> str:
    if not row.waiting:
        doing = limited(row.doing, None if row.until is None else row.until - now)
        return f"{doing}: {row.trouble}" if row.trouble else doing
    ref, message = next(iter(row.waiting.items()))
    more = f" (+{len(row.waiting) - 1})" if len(row.waiting) > 1 else ""
    return f"{ref}: {message or 'progressing'}{more}"


def _note_health(row: _Row, ref: ObjectRef, state: HealthState, message: str) -> None:
    if state is HealthState.CURRENT:
        row.waiting.pop(ref, None)
    else:
        row.waiting[ref] = message or state.value
