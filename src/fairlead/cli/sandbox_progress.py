"""What a sandbox does while one waits, on standard error: one line that changes on a terminal, else a line each."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status

from fairlead.cli.streams import Streams
from fairlead.sandbox.spec import Building, Built, Notice, Progress, Step

# Without a terminal, a build that takes minutes says this often (seconds) that it goes on.
_REPORT_SECONDS = 20.0


class SandboxProgress:
    """Takes the events of a sandbox for the length of a block."""

    def __init__(self, streams: Streams, *, color: bool) -> None:
        self._streams = streams
        self._reported = 0.0
        console = Console(file=streams.stderr, no_color=not color, highlight=False)
        self._status = Status("starting", console=console) if streams.live else None

    def __enter__(self) -> Self:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def take(self, event: Progress) -> None:
        """Show one event."""
        text = sentence(event)
        if isinstance(event, Notice):
            self._streams.report(text)
        elif self._status is not None:
            self._status.update(text)
        elif self._is_due(event):
            self._streams.report(text)

    def _is_due(self, event: Progress) -> bool:
        if not isinstance(event, Building):
            self._reported = 0.0
            return True
        if 0 < event.seconds - self._reported < _REPORT_SECONDS and self._reported:
            return False
        self._reported = max(event.seconds, 0.001)
        return True


def sentence(event: Progress) -> str:
    """An event in words."""
    match event:
        case Building(module=module, programs=programs, seconds=seconds, detail=detail):
            what = f"building {module} ({', '.join(programs)}), {_duration(seconds)}"
            return f"{what}: {detail}" if detail else what
        case Built(module=module, seconds=seconds):
            return f"built {module} in {_duration(seconds)}"
        case Step(text=text) | Notice(text=text):
            return text


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest:02}s" if minutes else f"{rest}s"
