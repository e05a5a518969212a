"""The gate: never too many, never stuck, quick to yield and slow to grow."""

from __future__ import annotations

import asyncio

import pytest

from fairlead.doors.gate import Gate


async def test_no_more_than_the_limit_and_in_order() -> None:
    gate, inside, most, order = Gate(limit=3, ceiling=3), 0, 0, []

    async def work(number: int) -> None:
        nonlocal inside, most
        entered = await gate.enter()
        order.append(number)
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0)
        inside -= 1
        gate.leave(entered, overloaded=False)

    await asyncio.gather(*(work(number) for number in range(50)))
    assert most == 3
    assert order == sorted(order)


async def test_overload_halves_once_per_round() -> None:
    gate = Gate(limit=16)
    entered = [await gate.enter() for _ in range(16)]
    for one in entered:
        gate.leave(one, overloaded=True)
    assert gate.limit == 8
    gate.leave(await gate.enter(), overloaded=True)
    assert gate.limit == 4


async def test_it_never_closes() -> None:
    gate = Gate(limit=2)
    for _ in range(10):
        gate.leave(await gate.enter(), overloaded=True)
    assert gate.limit == 1


async def test_calm_widens_up_to_the_ceiling() -> None:
    gate = Gate(limit=2, ceiling=3)
    for _ in range(2):
        gate.leave(await gate.enter(), overloaded=False)
    assert gate.limit == 3
    for _ in range(100):
        gate.leave(await gate.enter(), overloaded=False)
    assert gate.limit == 3


@pytest.mark.parametrize("cancel_first", [True, False])
async def test_a_waiter_that_gives_up_blocks_nobody(cancel_first: bool) -> None:
    gate = Gate(limit=1, ceiling=1)
    holder = await gate.enter()
    waiting = asyncio.create_task(gate.enter())
    next_one = asyncio.create_task(gate.enter())
    await asyncio.sleep(0)
    if cancel_first:
        waiting.cancel()
        gate.leave(holder, overloaded=False)
    else:  # the place arrives in the same turn as the cancellation
        gate.leave(holder, overloaded=False)
        waiting.cancel()
    async with asyncio.timeout(30):
        gate.leave(await next_one, overloaded=False)
        gate.leave(await gate.enter(), overloaded=False)
    with pytest.raises(asyncio.CancelledError):
        await waiting
