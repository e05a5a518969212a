"""How announced images are taken from the queue: together, again after failures, and never one before another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

import pytest

from fairlead.domain.errors import InputError, OperationFailed, Problem, Transient
from fairlead.domain.images import parse_image
from fairlead.domain.webhooks.deliveries import Announcement, BranchPushed, Delivery, ImagePushed
from fairlead.pipeline.upgrades import announced
from fairlead.pipeline.upgrades.announced import Consumer, announcements
from fairlead.ports.deliveries import Work
from tests.fakes.deliveries import MemoryQueue
from tests.fakes.stepped_clock import SteppedClock, settle

MINUTE = 60.0


def pushed(image: str) -> ImagePushed:
    reference = parse_image(f"reg.test/{image}")
    assert reference.tag is not None
    return ImagePushed(reference.name, reference.tag)


@dataclass
class Bench:
    """A consumer over a queue in memory. `failing` says by image why acting on it fails."""

    queue: MemoryQueue = field(default_factory=MemoryQueue)
    clock: SteppedClock = field(default_factory=SteppedClock)
    acts: list[tuple[float, list[str]]] = field(default_factory=list)
    fallen: list[tuple[list[str], str]] = field(default_factory=list)
    failing: dict[str, Exception] = field(default_factory=dict)
    count: int = 0

    def __post_init__(self) -> None:
        self.consumer = Consumer(self.queue, self._act, self.clock, self._fell, Random(1))

    async def _act(self, works: Sequence[Work]) -> None:
        self.acts.append((self.clock.monotonic() - 1000, [work.subject.removeprefix("reg.test/") for work in works]))
        for work in works:
            if work.subject in self.failing:
                raise self.failing[work.subject]

    def _fell(self, works: Sequence[Work], error: Exception, delay: float) -> None:
        assert delay > 0
        self.fallen.append(([work.subject for work in works], type(error).__name__))

    async def deliver(self, *images: str | Announcement) -> None:
        self.count += 1
        told = tuple(pushed(each) if isinstance(each, str) else each for each in images)
        await self.queue.accept(Delivery("r", str(self.count), told))
        self.consumer.arrived()

    async def waiting(self) -> list[str]:
        return [work.subject for work in await self.queue.waiting(10**6)]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.ensure_future(self.consumer.run())
        await settle()
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_arrives_within_a_short_while_is_acted_on_together() -> None:
    bench = Bench()
    async with bench.running():
        await bench.deliver("a:1")
        await bench.deliver("b:1")
        await bench.deliver("a:2")
        await bench.clock.advance(10)

    assert bench.acts == [(2.0, ["a", "b"])]
    assert await bench.waiting() == []


async def test_what_waits_from_earlier_is_acted_on_at_once() -> None:
    bench = Bench()
    await bench.deliver("a:1")
    async with bench.running():
        await settle()

    assert bench.acts == [(0.0, ["a"])]


async def test_a_storm_is_a_few_rounds() -> None:
    bench = Bench()
    async with bench.running():
        for number in range(600):
            await bench.deliver(f"a:{number}")
            await bench.clock.advance(0.1)
        await bench.clock.advance(MINUTE)

    assert len(bench.acts) <= 8
    assert await bench.waiting() == []


async def test_one_that_fails_is_tried_again_later_and_alone() -> None:
    bench = Bench(failing={"reg.test/bad": OperationFailed(Problem("no", "no"))})
    async with bench.running():
        await bench.deliver("a:1", "bad:1", "b:1")
        await bench.clock.advance(10)
        assert await bench.waiting() == ["reg.test/bad"]
        await bench.deliver("c:1")
        await bench.clock.advance(10)
        assert await bench.waiting() == ["reg.test/bad"]
        tries = len(bench.fallen)
        await bench.clock.advance(100 * MINUTE)
        assert len(bench.fallen) - tries < 60
        bench.failing.clear()
        await bench.clock.advance(6 * MINUTE)
        assert await bench.waiting() == []

    assert bench.fallen[0] == (["reg.test/a", "reg.test/bad", "reg.test/b"], "OperationFailed")
    assert all(fallen == (["reg.test/bad"], "OperationFailed") for fallen in bench.fallen[1:])


async def test_who_asks_for_time_gets_it_and_all_are_tried_together_again() -> None:
    bench = Bench(failing={"reg.test/a": Transient(Problem("busy", "busy"), delay_seconds=90)})
    async with bench.running():
        await bench.deliver("a:1", "b:1")
        await bench.clock.advance(5)
        bench.failing.clear()
        await bench.clock.advance(80)
        assert len(bench.acts) == 1
        await bench.clock.advance(30)

    assert [images for _, images in bench.acts] == [["a", "b"], ["a", "b"]]
    assert bench.acts[1][0] >= 92


async def test_a_bug_in_acting_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(failing={"reg.test/bad": KeyError("surprise")})
    async with bench.running():
        await bench.deliver("bad:1")
        await bench.deliver("a:1")
        await bench.clock.advance(20)

    assert await bench.waiting() == ["reg.test/bad"]
    assert caplog.records[0].exc_info is not None


async def test_a_queue_that_fails_is_tried_again() -> None:
    class Broken(MemoryQueue):
        async def done(self, work: Work) -> None:
            if len(bench.acts) < 2:
                raise OperationFailed(Problem("queueFailed", "no space"))
            await MemoryQueue.done(self, work)

    bench = Bench(Broken())
    async with bench.running():
        await bench.deliver("a:1")
        await bench.clock.advance(10)

    assert [images for _, images in bench.acts] == [["a"], ["a"]]
    assert await bench.waiting() == []


async def test_a_queue_that_cannot_be_read_ends_nothing() -> None:
    class Full(MemoryQueue):
        async def waiting(self, limit: int) -> tuple[Work, ...]:
            if bench.clock.monotonic() < 1000 + MINUTE:
                raise OperationFailed(Problem("queueFailed", "no space"))
            return await MemoryQueue.waiting(self, limit)

    bench = Bench(Full())
    async with bench.running():
        await bench.deliver("a:1")
        await bench.clock.advance(2 * MINUTE)

    assert [images for _, images in bench.acts] == [["a"]]


async def test_pushes_to_branches_are_taken_off_the_queue() -> None:
    bench = Bench()
    async with bench.running():
        await bench.deliver(BranchPushed("acme/shop", "main", "0" * 40))
        await bench.deliver("a:1")
        await bench.clock.advance(10)

    assert [images for _, images in bench.acts] == [["a"]]
    assert await bench.waiting() == []


async def test_more_than_one_batch_is_taken_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announced, "MOST_TOGETHER", 2)
    bench = Bench(failing={"reg.test/a": InputError(Problem("no", "no"))})
    for image in "abcde":
        await bench.deliver(f"{image}:1")
    async with bench.running():
        await bench.clock.advance(2 * MINUTE)

    assert max(len(images) for _, images in bench.acts) == 2
    assert await bench.waiting() == ["reg.test/a"]


def test_announcements_keep_their_order_and_facts() -> None:
    first, second = pushed("a:1"), ImagePushed(pushed("a:2").image, "2", "sha256:" + "0" * 64)
    found = announcements([Work("reg.test/a", (first, second), 2)])

    assert [(one.version, one.digest) for one in found] == [("1", None), ("2", "sha256:" + "0" * 64)]
