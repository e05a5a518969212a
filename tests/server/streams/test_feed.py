"""What a client is told: every event once and in order, however it came to be told."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.server.streams.feed import CHUNK_BYTES, WINDOW_EVENTS, Feed
from fairlead.server.streams.telling import Chunk, Quiet, Wire
from tests.fakes.journal import MemoryJournal


def feed_of(journal: MemoryJournal) -> Feed:
    read = partial(journal.past, "deployment", limit=128)
    return Feed(lambda number: read(after=number))


def numbers(data: bytes) -> list[int]:
    return [int(line[4:]) for line in data.splitlines() if line.startswith(b"id: ")]


async def everything(feed: Feed, after: int = 0) -> list[int]:
    """Follow to the end."""
    found: list[int] = []
    while isinstance(chunk := await feed.after(after, Wire.EVENTS), Chunk):
        found += numbers(chunk.data)
        after = chunk.last
    assert chunk is None
    return found


async def test_what_was_stored_comes_before_what_happens() -> None:
    journal = MemoryJournal()
    stored = [journal.add() for _ in range(3)]
    feed = feed_of(journal)

    first = await feed.after(0, Wire.EVENTS)
    assert isinstance(first, Chunk)
    assert first.last == len(stored)
    waiting = asyncio.ensure_future(feed.after(first.last, Wire.EVENTS))
    await asyncio.sleep(0)
    feed.publish(journal.add())

    second = await waiting
    assert isinstance(second, Chunk)
    assert numbers(second.data) == [4]


async def test_a_tick_lets_who_waits_send_a_ping() -> None:
    feed = feed_of(MemoryJournal())
    waiting = asyncio.ensure_future(feed.after(0, Wire.EVENTS))
    while not waiting.done():
        await asyncio.sleep(0)
        feed.tick()

    assert waiting.result() is Quiet.QUIET


async def test_a_client_far_behind_is_told_from_the_journal_again() -> None:
    journal = MemoryJournal()
    feed = feed_of(journal)
    for _ in range(WINDOW_EVENTS * 3):
        feed.publish(journal.add())
    journal.is_complete = True
    feed.complete()

    assert await everything(feed) == list(range(1, WINDOW_EVENTS * 3 + 1))


async def test_what_was_removed_is_passed_over() -> None:
    journal = MemoryJournal()
    feed = feed_of(journal)
    for _ in range(WINDOW_EVENTS + 10):
        feed.publish(journal.add())
    journal.events.clear()
    feed.complete()

    assert await everything(feed) == list(range(11, WINDOW_EVENTS + 11))


async def test_what_happens_while_the_journal_is_read_is_not_missed() -> None:
    journal = MemoryJournal()
    feed = feed_of(journal)
    journal.hold.clear()
    waiting = asyncio.ensure_future(everything(feed))
    for _ in range(3):
        await asyncio.sleep(0)
    for _ in range(WINDOW_EVENTS + 10):  # more than the window holds
        feed.publish(journal.add())
    feed.complete()
    journal.hold.set()

    assert await waiting == list(range(1, WINDOW_EVENTS + 11))


async def test_all_who_ask_for_the_same_share_one_reading() -> None:
    journal = MemoryJournal()
    journal.add()
    feed = feed_of(journal)

    chunks = await asyncio.gather(*(feed.after(0, Wire.EVENTS) for _ in range(100)))

    assert journal.asked == 1
    assert len({id(chunk) for chunk in chunks}) == 1


async def test_one_who_leaves_while_reading_takes_nobody_along() -> None:
    journal = MemoryJournal()
    journal.add()
    feed = feed_of(journal)
    journal.hold.clear()
    leaving, staying = (asyncio.ensure_future(feed.after(0, Wire.EVENTS)) for _ in range(2))
    for _ in range(3):
        await asyncio.sleep(0)

    leaving.cancel()
    journal.hold.set()

    assert isinstance(await staying, Chunk)
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_thousands_are_woken() -> None:
    journal = MemoryJournal()
    feed = feed_of(journal)
    waiting = [asyncio.ensure_future(feed.after(0, Wire.EVENTS)) for _ in range(1000)]
    for _ in range(5):
        await asyncio.sleep(0)

    feed.publish(journal.add())

    assert all(isinstance(chunk, Chunk) for chunk in await asyncio.gather(*waiting))


@given(st.lists(st.integers(0, 3 * CHUNK_BYTES), max_size=12), st.integers(0, 12), st.integers(0, 12))
def test_chunks_are_small_and_leave_nothing_out(sizes: list[int], stored: int, after: int) -> None:
    async def run() -> None:
        journal = MemoryJournal()
        events = [journal.add("x" * size) for size in sizes]
        feed = feed_of(journal)
        for told in events[stored:]:
            feed.publish(told)
        feed.complete()
        at, found = after, []
        while isinstance(chunk := await feed.after(at, Wire.EVENTS), Chunk):
            assert len(chunk.data) <= CHUNK_BYTES or len(numbers(chunk.data)) == 1
            found += numbers(chunk.data)
            at = chunk.last
        assert found == list(range(after + 1, len(sizes) + 1))

    asyncio.run(run())
