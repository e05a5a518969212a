"""Waiting for what others do."""

from __future__ import annotations

import pytest

from fairlead.domain.errors import OperationFailed, Problem, RemoteRefused, Transient
from fairlead.sandbox.waiting import holds, holds_within

NOT_YET = (Transient(Problem("a", "b")), RemoteRefused(Problem("a", "b")), False)


async def test_it_asks_until_it_holds_and_takes_a_missing_answer_for_no() -> None:
    answers = iter((*NOT_YET, True))

    async def check() -> bool:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    await holds(check)
    assert next(answers, None) is None


async def test_it_gives_up_in_time_and_says_on_what() -> None:
    async def never() -> bool:
        return False

    with pytest.raises(OperationFailed) as failed:
        await holds_within(0.01, "the thing", never)
    assert failed.value.code == "sandboxTimeout"


async def test_a_real_failure_ends_the_wait() -> None:
    async def broken() -> bool:
        raise OperationFailed(Problem("broken", "broken"))

    with pytest.raises(OperationFailed) as failed:
        await holds_within(5, "the thing", broken)
    assert failed.value.code == "broken"
