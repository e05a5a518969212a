"""Killed, unheard or stopped at a write, then another driver: traffic flows on, and all ends as it should.

A sample of what `scripts/soak units` does at every write of every operation.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.e2e.running import RunningSandbox
from tests.faults.unit_courses import UnitCourse, UnitFault, UnitStrike, play
from tests.faults.unit_operations import OPERATIONS
from tests.faults.unit_stage import unit_stage

pytestmark = pytest.mark.e2e

AT_ONCE = 4
KILLED, LOST, STOPPED = UnitFault.KILLED_AFTER, UnitFault.REPLY_LOST, UnitFault.STOPPED
IN_TURN = (UnitFault.KILLED_BEFORE, KILLED, LOST)
SWITCH = 0
BY_NAME = {one.name: one for one in OPERATIONS}
CASES = (
    *(("next", IN_TURN[at // 3 % 3], at) for at in range(2, 18, 3)),
    *(
        (name, fault, at)
        for name in ("promote", "abort-late", "rollback", "undeploy")
        for fault, at in zip(IN_TURN, (3, 5, 8), strict=True)
    ),
    ("adopt", KILLED, 12),
    ("scale", UnitFault.KILLED_BEFORE, 4),
    ("newer", KILLED, 9),
    ("abort", UnitFault.KILLED_BEFORE, 5),
    ("in-place", LOST, 12),
    ("pause", LOST, 4),
    ("resume", KILLED, 5),
    ("growing", KILLED, 14),
)
STOPS = (("next", STOPPED, 6), ("next", STOPPED, SWITCH), ("adopt", STOPPED, 9))
"""When it has just begun, where it leads the traffic to the new version, and while it adopts."""


async def test_whatever_strikes_a_driver_the_next_one_ends_it_well(
    real_sandbox: RunningSandbox, tmp_path: Path
) -> None:
    room, courses = asyncio.Semaphore(AT_ONCE), dict[str, UnitCourse]()

    async def one(name: str, fault: UnitFault, at: int) -> None:
        async with unit_stage(real_sandbox, tmp_path) as stage:
            courses[f"{name} {fault} at {at}"] = await play(stage, BY_NAME[name], UnitStrike(fault, at))

    async def in_room(name: str, fault: UnitFault, at: int) -> None:
        async with room:
            await one(name, fault, at)

    async with asyncio.TaskGroup() as group:
        for case in STOPS:  # these wait most of their time
            group.create_task(one(*case))
        for case in CASES:
            group.create_task(in_room(*case))
    assert {name: course.wrong for name, course in courses.items() if course.wrong} == {}
    assert sum(course.struck is not None for course in courses.values()) >= len(courses) * 3 // 4
    assert all(course.struck is not None for name, course in courses.items() if STOPPED in name)
    assert sum(len(course.answers) for course in courses.values()) > len(courses) * AT_ONCE
