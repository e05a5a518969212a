"""Tidying goes on, whatever happens."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.pipeline.tidying import EVERY, keep_tidy
from tests.fakes.clock import FakeClock


class Desk:
    def __init__(self) -> None:
        self.rounds: list[datetime] = []

    async def tidy(self, now: datetime) -> None:
        self.rounds.append(now)
        if len(self.rounds) == 2:
            raise OperationFailed(Problem("storeFailed", "the disk is full"))
        if len(self.rounds) == 4:
            raise asyncio.CancelledError


async def test_tidying_goes_on_after_a_failure() -> None:
    desk, clock = Desk(), FakeClock()

    with pytest.raises(asyncio.CancelledError):
        await keep_tidy(desk, clock)

    assert [(moment - desk.rounds[0]).total_seconds() for moment in desk.rounds] == [n * EVERY for n in range(4)]
