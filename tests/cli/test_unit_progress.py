"""What a person sees of units while a command drives them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO

from rich.console import Console

from fairlead.cli.streams import Streams
from fairlead.cli.unit_progress import UnitProgress
from fairlead.domain.rollout.following import Progress
from fairlead.domain.rollout.phases import Phase, VersionState
from fairlead.domain.unit_news import LogLine, Notified, Progressed, UnitNews, VersionChanged
from fairlead.domain.units import UnitKey
from tests.conftest import Golden

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KEY = UnitKey("c", "default", "shop")
IMAGE = "container web cannot pull its image shop:9: not found (2 pods)"


def progressed(doing: str, trouble: str = "", seconds: float | None = None) -> Progressed:
    until = None if seconds is None else AT + timedelta(seconds=seconds)
    return Progressed(KEY, AT, "d", Phase.WARMING, "2", Progress(doing, trouble, until=until))


class Watching:
    """Progress with a clock that stands still until it is told."""

    def __init__(self, *, live: bool = False) -> None:
        self.now, self.stderr = 0.0, StringIO()
        streams = Streams(StringIO(), StringIO(), self.stderr, live=live)
        self.progress = UnitProgress(streams, monotonic=lambda: self.now)

    def drawn(self, width: int = 100) -> str:
        buffer = StringIO()
        Console(file=buffer, width=width).print(self.progress.draw())
        lines = [line.rstrip()[1:] for line in buffer.getvalue().splitlines()]  # the spinner turns with the real time
        return "\n".join(lines)


NEWS: tuple[UnitNews, ...] = (
    LogLine(KEY, AT, "d", "Warming: 0 of 2 pods of version 2 are ready, 10m left"),
    progressed("0 of 2 pods of version 2 are ready", seconds=600),
    VersionChanged(KEY, AT, "d", "2", VersionState.READY),
    LogLine(KEY, AT, "d", ""),
    Notified(KEY, AT, "d", "liveDegraded", "fewer than half of the pods are ready", alarm=True),
    Notified(KEY, AT, "d", "blocked", "said by the result", alarm=True),
)


def test_a_log_gets_one_line_for_each_change() -> None:
    here = Watching()
    with here.progress.shown():
        for number, one in enumerate(NEWS):
            here.now = number
            here.progress.announce(one)
    assert here.stderr.getvalue().splitlines() == [
        "   0.0s  shop: Warming: 0 of 2 pods of version 2 are ready, 10m left",
        "   4.0s  shop: fewer than half of the pods are ready",
    ]
    assert here.progress.live is None


def test_a_terminal_shows_what_is_done_now_while_its_time_runs_out(golden: Golden) -> None:
    here = Watching()
    pictures = [here.drawn()]
    here.progress.announce(progressed("0 of 2 pods of version 2 are ready", seconds=600))
    pictures.append(here.drawn())
    here.now = 12.0
    pictures.append(here.drawn())
    here.progress.announce(progressed("0 of 2 pods of version 2 are ready", IMAGE, seconds=588))
    pictures += [here.drawn(), here.drawn(60)]
    here.now = 700.0
    pictures.append(here.drawn())
    here.progress.announce(progressed(""))
    pictures.append(here.drawn())
    golden("cli/unit-progress.txt", "\n--\n".join(pictures) + "\n")


def test_a_terminal_keeps_the_lines_and_loses_what_was_redrawn() -> None:
    here = Watching(live=True)
    with here.progress.shown():
        for one in NEWS:
            here.progress.announce(one)
        shown = [here.progress.live]
    shown.append(here.progress.live)
    assert [one is None for one in shown] == [False, True]
    assert list(here.progress.heard) == [one for one in NEWS if isinstance(one, Progressed | VersionChanged)]
    assert "shop: Warming: 0 of 2 pods" in here.stderr.getvalue()


def test_names_that_others_chose_cannot_steer_a_terminal() -> None:
    here = Watching()
    here.progress.announce(progressed("it waits\x1b[2J", "\x1b[31mred"))
    assert "\x1b" not in here.drawn()
