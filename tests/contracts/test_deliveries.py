"""What every queue of deliveries promises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fairlead.adapters.deliveries.sqlite import SqliteQueue
from fairlead.domain.images import parse_image
from fairlead.domain.webhooks.deliveries import Announcement, BranchPushed, Delivery, ImagePushed
from fairlead.ports.deliveries import MOST_EARLIER, DeliveryQueue
from tests.fakes.deliveries import MemoryQueue

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DIGEST = "sha256:" + "a" * 64


@pytest.fixture(params=["memory", "sqlite"])
async def queue(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[DeliveryQueue]:
    queue: DeliveryQueue = MemoryQueue() if request.param == "memory" else SqliteQueue(tmp_path / "queue.sqlite")
    yield queue
    await queue.close()


def image(name: str, tag: str, *, time: datetime | None = None, digest: str | None = None) -> ImagePushed:
    return ImagePushed(parse_image(name).name, tag, digest, time)


def delivery(identifier: str, *announcements: Announcement) -> Delivery:
    return Delivery("hub", identifier, announcements)


async def announced(queue: DeliveryQueue, limit: int = 10) -> list[tuple[Announcement, ...]]:
    return [work.announcements for work in await queue.waiting(limit)]


async def test_what_was_accepted_waits_as_it_was(queue: DeliveryQueue) -> None:
    pushed = image("ghcr.io/acme/web", "1.2", time=NOON, digest=DIGEST)
    moved = BranchPushed("acme/web", "main", "c" * 40, ("https://git.example.org/acme/web.git",))

    assert await queue.accept(delivery("1", pushed, moved))

    assert sorted(await announced(queue), key=repr) == sorted([(pushed,), (moved,)], key=repr)


async def test_the_same_delivery_is_taken_once(queue: DeliveryQueue) -> None:
    assert await queue.accept(delivery("1", image("web", "1")))
    (work,) = await queue.waiting(10)
    await queue.done(work)

    assert not await queue.accept(delivery("1", image("web", "1")))

    assert await announced(queue) == []


def branch(commit: str, name: str = "main") -> BranchPushed:
    return BranchPushed("acme/web", name, commit * 40)


async def test_a_branch_that_goes_back_and_forth_is_told_of_each_time(queue: DeliveryQueue) -> None:
    there, back = delivery("a to b", branch("b")), delivery("b to a", branch("a"))
    taken = [await queue.accept(each) for each in (there, there, back, back, there, there)]

    assert taken == [True, False, True, False, True, False]
    assert await announced(queue) == [(branch("b"),)]


async def test_branches_and_receivers_are_remembered_apart(queue: DeliveryQueue) -> None:
    first = delivery("1", branch("a"))
    assert await queue.accept(first)
    assert await queue.accept(delivery("2", branch("a", "release")))
    assert await queue.accept(delivery("3", branch("a"), image("web", "1")))
    assert await queue.accept(Delivery("other", "4", (branch("b"),)))

    assert not await queue.accept(first)


async def test_another_receiver_may_use_the_same_identifier(queue: DeliveryQueue) -> None:
    await queue.accept(delivery("1", image("web", "1")))

    assert await queue.accept(Delivery("other", "1", (image("api", "1"),)))


async def test_all_tags_of_an_image_are_handed_out_together(queue: DeliveryQueue) -> None:
    await queue.accept(delivery("1", image("web", "1.0")))
    await queue.accept(delivery("2", image("api", "7")))
    await queue.accept(delivery("3", image("library/web", "1.1")))

    assert await announced(queue) == [(image("web", "1.0"), image("web", "1.1")), (image("api", "7"),)]


async def test_a_burst_for_one_tag_is_one_announcement(queue: DeliveryQueue) -> None:
    for number in range(20):
        await queue.accept(delivery(str(number), image("web", "latest")))

    assert await announced(queue) == [(image("web", "latest"),)]


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        (NOON, NOON + timedelta(seconds=1), 1),
        (NOON + timedelta(seconds=1), NOON, 0),
        (NOON, None, 1),
        (None, NOON, 1),
    ],
    ids=["in order", "overtaken", "without a time", "only the second with a time"],
)
async def test_the_newest_announcement_of_a_tag_wins(
    queue: DeliveryQueue, first: datetime | None, second: datetime | None, kept: int
) -> None:
    both = (image("web", "latest", time=first, digest=DIGEST), image("web", "latest", time=second))
    for number, each in enumerate(both):
        await queue.accept(delivery(str(number), each))

    assert await announced(queue) == [(both[kept],)]


async def test_the_longest_waiting_come_first(queue: DeliveryQueue) -> None:
    for name in ("c", "a", "b"):
        await queue.accept(delivery(name, image(name, "1")))

    assert await announced(queue, limit=2) == [(image("c", "1"),), (image("a", "1"),)]


async def test_what_came_while_it_was_acted_on_stays(queue: DeliveryQueue) -> None:
    await queue.accept(delivery("1", image("web", "1.0")))
    await queue.accept(delivery("2", image("web", "latest")))
    (work,) = await queue.waiting(10)
    await queue.accept(delivery("3", image("web", "1.1")))
    await queue.accept(delivery("4", image("web", "latest", time=NOON)))

    await queue.done(work)

    assert await announced(queue) == [(image("web", "1.1"), image("web", "latest", time=NOON))]


async def test_nothing_is_gone_before_it_is_done(queue: DeliveryQueue) -> None:
    await queue.accept(delivery("1", image("web", "1.0")))
    await queue.waiting(10)

    assert await announced(queue) == [(image("web", "1.0"),)]


async def test_when_tags_were_pushed_is_known_after_they_were_acted_on(queue: DeliveryQueue) -> None:
    pushed = [image("web", "a", time=NOON, digest=DIGEST), image("web", "b"), image("web", "c", time=NOON + MINUTE)]
    for each in (*pushed, image("web", "a", time=NOON - MINUTE), image("api", "a", time=NOON + 2 * MINUTE)):
        await queue.accept(delivery(repr(each), each))
    for work in await queue.waiting(10):
        await queue.done(work)
    await queue.accept(delivery("late", image("web", "d")))
    await queue.accept(delivery("moved", branch("a")))

    found = {work.subject: work.earlier for work in await queue.waiting(10)}

    assert found == {
        "docker.io/library/web": (image("web", "c", time=NOON + MINUTE), image("web", "a", time=NOON)),
        "acme/web": (),
    }


async def test_of_many_tags_the_newest_are_told(queue: DeliveryQueue) -> None:
    for number in range(MOST_EARLIER + 20):
        await queue.accept(delivery(str(number), image("web", f"t{number}", time=NOON + number * MINUTE)))

    (work,) = await queue.waiting(10)

    assert [each.tag for each in work.earlier] == [f"t{number}" for number in range(MOST_EARLIER + 19, 19, -1)]
