"""The sandbox's sample workload: what it says of itself, and how it ends under load."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bench.answers import Kind
from bench.connections import Target
from bench.load import Plan, load_on
from fairlead.doors.process import Program, start, stop
from fairlead.sandbox.ports import free_ports
from fairlead.sandbox.waiting import holds_within
from tests.e2e.answering import reply_of
from tests.e2e.running import RunningSandbox

pytestmark = pytest.mark.e2e


@asynccontextmanager
async def _sample(sandbox: RunningSandbox, **env: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, Target]]:
    """The program itself, on loopback, when it answers."""
    target = Target("127.0.0.1", free_ports(1)[0])
    argv = (sandbox.status.state.programs["app"],)
    running = await start(
        Program(argv, env={"APP_VERSION": "1.0", "HOSTNAME": "here", "PORT": str(target.port), **env})
    )
    try:
        await holds_within(10, "the program", lambda: _answers(target))
        yield running, target
    finally:
        await stop(running)


async def _answers(target: Target) -> bool:
    return (await reply_of(target)).status != 0


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, (200, 200, 200)),
        ({"UNHEALTHY": "1"}, (200, 503, 200)),
        ({"UNHEALTHY_AFTER": "0"}, (200, 503, 200)),
        ({"SLOW_START": "60"}, (200, 503, 503)),
        ({"FAIL": "1"}, (500, 200, 200)),
    ],
    ids=["well", "unhealthy", "unhealthy-after", "slow-start", "fails"],
)
async def test_it_fails_in_the_way_it_is_told(
    sandbox: RunningSandbox, env: dict[str, str], expected: tuple[int, int, int]
) -> None:
    async with _sample(sandbox, **env) as (_, target):
        assert tuple([(await reply_of(target, path)).status for path in ("/", "/health", "/ready")]) == expected
        said = json.loads((await reply_of(target, "/health", method="POST")).body)
    assert said == {"healthy": expected[1] == 200, "version": "1.0"}


async def test_it_loses_no_request_when_it_is_told_to_end_under_load(sandbox: RunningSandbox) -> None:
    """Kept connections are let go one by one; those that answer for long come to their end, and it ends well."""
    async with _sample(sandbox, DRAIN="2") as (running, target):
        plan = replace(Plan(target), kept=5, long_every=0.2, long_takes=3.0)
        async with load_on(plan) as load:
            await load.reached(50)
            running.terminate()
            await load.reached(150)
        assert await running.wait() == 0
    assert [one for one in load.answers if one.failed] == []
    assert Counter(one.kind for one in load.answers)[Kind.LONG] > 0
