"""What a person sees while a command runs."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from fairlead.cli.progress import Board, Progress
from fairlead.cli.streams import Streams
from fairlead.domain.changes import Action
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
from fairlead.domain.health import Health, HealthState
from fairlead.domain.identity import ObjectRef, ReleaseKey
from tests.conftest import Golden

WEB = ReleaseKey("test", "eu", "shop", "web")
API = ReleaseKey("test", "eu", "shop", "api")
DEPLOYMENT = ObjectRef("apps/v1", "Deployment", "shop", "web")
SERVICE = ObjectRef("v1", "Service", "shop", "web")

EVENTS: tuple[Event, ...] = (
    RenderStarted(WEB),
    Rendered(WEB, 2, cached=False),
    Planned(WEB, 2),
    Planned(API, 0),
    ApplyStarted(WEB, 2),
    Applied(WEB, SERVICE, Action.CREATE),
    Applied(WEB, DEPLOYMENT, Action.UPDATE),
    ApplyFailed(WEB, SERVICE, "the server refuses it"),
    WaitStarted(WEB, 2, 300.0),
    HealthChanged(WEB, DEPLOYMENT, Health(HealthState.PROGRESSING, "1 of 2 pods are ready")),
    HealthChanged(WEB, SERVICE, Health(HealthState.PROGRESSING)),
    ReleaseFinished(API, "unchanged", ""),
)


def lines_of(*, verbose: int) -> str:
    stderr = StringIO()
    progress = Progress(Streams(StringIO(), StringIO(), stderr), color=False, verbose=verbose)
    with progress.shown():
        for event in (*EVENTS, ReleaseFinished(WEB, "failed", "it crashes")):
            progress.emit(event)
    return stderr.getvalue()


def test_a_log_gets_one_line_per_fact(golden: Golden) -> None:
    golden("cli/progress.txt", lines_of(verbose=0))
    golden("cli/progress-verbose.txt", lines_of(verbose=1))


def drawn(board: Board) -> str:
    buffer = StringIO()
    Console(file=buffer, width=80).print(board.draw())
    return "".join(line.rstrip() + "\n" for line in buffer.getvalue().splitlines())


def test_a_terminal_shows_what_each_release_does_now(golden: Golden) -> None:
    now = 0.0
    board = Board(lambda: now)
    pictures = []
    for event in EVENTS:
        board.emit(event)
        now += 1
        pictures.append(drawn(board))
    for state in (SERVICE, DEPLOYMENT):
        board.emit(HealthChanged(WEB, state, Health(HealthState.CURRENT)))
        pictures.append(drawn(board))
    board.emit(ReleaseFinished(WEB, "succeeded", ""))
    now += 100
    pictures.append(drawn(board))
    # The spinner turns with the clock of the machine.
    text = "\n".join(pictures)
    for turn in "/\\|":
        text = text.replace(f"{turn}  test", "-  test")
    golden("cli/board.txt", text)


def test_a_long_sentence_gives_way_to_the_names() -> None:
    board = Board(lambda: 0.0)
    board.emit(HealthChanged(WEB, DEPLOYMENT, Health(HealthState.PROGRESSING, "no node takes the pod " * 9)))
    (line,) = drawn(board).splitlines()
    assert line.split()[1:3] == [str(WEB), "0s"]
    assert len(line) == 80


def test_a_rollout_shows_what_it_does_and_how_long_it_may_take() -> None:
    now = 0.0
    board = Board(lambda: now)
    board.emit(RolloutMoved(WEB, "Warming: 1 of 2 pods are ready", "it crashes", 90.0))
    board.emit(RolloutTold(WEB, "version 1 is Hot"))
    now = 30.0
    (line,) = drawn(board).splitlines()
    assert line.endswith("Warming: 1 of 2 pods are ready, 1m left: it crashes")
    board.emit(RolloutMoved(WEB, "Confirming", "", None))
    assert drawn(board).splitlines()[0].endswith("Confirming")


def test_the_board_gives_the_terminal_back() -> None:
    stderr = StringIO()
    progress = Progress(Streams(StringIO(), StringIO(), stderr, live=True), color=False)
    with progress.shown():
        progress.emit(ApplyStarted(WEB, 1))
        assert progress.board is not None
    assert progress.board is None
