"""Work beside a block."""

from __future__ import annotations

import asyncio

import pytest

from fairlead.domain.errors import Problem, Refused
from fairlead.pipeline.background import beside


async def test_it_runs_as_long_as_the_block() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with beside(work()):
        await began.wait()
        assert not ended.is_set()
    assert ended.is_set()


async def test_what_it_failed_of_is_not_lost() -> None:
    began = asyncio.Event()

    async def work() -> None:
        began.set()
        raise Refused(Problem("held", "not now"))

    with pytest.raises(Refused):
        async with beside(work()):
            await began.wait()
