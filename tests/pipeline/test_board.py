from __future__ import annotations

import asyncio

import pytest

from fairlead.domain.identity import ReleaseKey
from fairlead.domain.scheduling import Blocked, Graph, Node, NodeKind, Ready, done, start
from fairlead.pipeline.board import Board, Stopped
from tests.fakes.stepped_clock import SteppedClock

A, B = (ReleaseKey("test", "c", "shop", name) for name in "ab")
WAVE = Node(NodeKind.WAVE, A, 1)
ONE, TWO, LATER = (Node(NodeKind.OBJECT, A, wave) for wave in (1, 2, 3))
GRAPH = Graph(
    {
        start(A): (),
        ONE: (start(A),),
        TWO: (start(A),),
        WAVE: (ONE, TWO),
        LATER: (start(A), WAVE),
        done(A): (LATER,),
        start(B): (done(A),),
        done(B): (start(B),),
    }
)


async def test_a_turn_comes_when_everything_needed_has_succeeded() -> None:
    board = Board(GRAPH, SteppedClock())
    waiting = asyncio.ensure_future(board.turn(LATER))
    for node in (start(A), ONE, TWO):
        await asyncio.sleep(0)
        assert not waiting.done()
        board.finish(node, ok=True)
    assert await waiting == Ready()


async def test_a_wave_fails_with_its_first_failed_object_which_is_named() -> None:
    board = Board(GRAPH, SteppedClock())
    board.finish(ONE, ok=False)
    board.finish(TWO, ok=True)
    assert await board.turn(LATER) == Blocked(ONE)


async def test_a_wave_fails_at_once_though_other_objects_of_it_are_under_way() -> None:
    board = Board(GRAPH, SteppedClock())
    board.finish(TWO, ok=False)
    assert await board.turn(LATER) == Blocked(TWO)


async def test_a_release_that_ended_badly_blocks_what_needs_it() -> None:
    board = Board(GRAPH, SteppedClock())
    board.end(A, ok=False)
    assert await board.turn(start(B)) == Blocked(done(A))
    assert await board.turn(LATER) != Ready()


async def test_nodes_are_finished_once() -> None:
    board = Board(GRAPH, SteppedClock())
    board.finish(start(A), ok=True)
    board.end(A, ok=False)
    assert await board.turn(ONE) == Ready()


async def test_a_stop_wakes_everybody_and_begins_nothing() -> None:
    board = Board(GRAPH, SteppedClock())
    waiting = asyncio.ensure_future(board.turn(LATER))
    await asyncio.sleep(0)
    board.stop()
    assert await waiting == Stopped()
    assert await board.turn(start(A)) == Stopped()


async def test_watching_ends_with_a_stop() -> None:
    board, ended = Board(GRAPH, SteppedClock()), asyncio.Event()

    async def watch() -> str:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return "never"

    watching = asyncio.ensure_future(board.unless_stopped(watch()))
    await asyncio.sleep(0)
    board.stop()
    assert await watching == Stopped()
    assert ended.is_set()


async def test_watching_that_ends_by_itself_gives_its_result_or_its_error() -> None:
    async def result() -> int:
        return 7

    async def error() -> int:
        raise KeyError

    assert await Board(GRAPH, SteppedClock()).unless_stopped(result()) == 7
    with pytest.raises(KeyError):
        await Board(GRAPH, SteppedClock()).unless_stopped(error())


async def test_a_run_that_is_cancelled_goes_on_to_its_clean_point() -> None:
    board = Board(GRAPH, SteppedClock())

    async def work() -> str:
        return "clean" if await board.turn(LATER) == Stopped() else "done"

    run = asyncio.ensure_future(board.to_a_clean_point(work()))
    await asyncio.sleep(0)
    run.cancel()
    assert await run == "clean"


async def test_a_run_that_cancels_itself_is_cancelled() -> None:
    async def work() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await Board(GRAPH, SteppedClock()).to_a_clean_point(work())
