from __future__ import annotations

import asyncio

import pytest

from fairlead.adapters.registries.once import Once


async def test_a_question_under_way_is_not_put_again() -> None:
    asked: list[int] = []

    async def ask() -> int:
        asked.append(1)
        await asyncio.sleep(0)
        return 5

    once: Once[str, int] = Once()
    assert await asyncio.gather(*(once.get("a", ask) for _ in range(2))) == [5, 5]
    assert await once.get("a", ask) == 5
    assert len(asked) == 1


async def test_a_question_that_failed_may_be_put_again() -> None:
    answers = iter([ValueError("no"), 5])

    async def ask() -> int:
        answer = next(answers)
        if isinstance(answer, ValueError):
            raise answer
        assert isinstance(answer, int)
        return answer

    once: Once[str, int] = Once()
    with pytest.raises(ValueError, match="no"):
        await once.get("a", ask)
    assert await once.get("a", ask) == 5


async def test_closing_ends_what_is_under_way() -> None:
    once: Once[str, bool] = Once()
    waiting = asyncio.create_task(once.get("a", asyncio.Event().wait))
    await asyncio.sleep(0)
    await once.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
