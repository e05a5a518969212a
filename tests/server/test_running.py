"""Every unit that has something to do is driven by one task, again after a failure, and at its time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.units import UnitKey
from fairlead.server.metrics import Metrics
from fairlead.server.running import Runner
from tests.fakes.rollouts import FakeRollouts

UNIT = UnitKey("one", "shop", "web")
OTHER = UnitKey("one", "shop", "api")


async def until(driven: list[UnitKey], count: int) -> None:
    async with asyncio.timeout(10):
        while len(driven) < count:  # noqa: ASYNC110 - what is waited for is a list of a fake
            await asyncio.sleep(0.001)


class Failing(FakeRollouts):
    """Units whose first drives end with these errors."""

    def __init__(self, *errors: Exception) -> None:
        super().__init__()
        self.errors = list(errors)

    async def drive(self, unit: UnitKey) -> float | None:
        if self.errors:
            self.driven.append(unit)
            raise self.errors.pop(0)
        return await super().drive(unit)


async def test_one_task_drives_a_unit_and_looks_again() -> None:
    rollouts = FakeRollouts()
    runner = Runner(rollouts, Metrics())
    rollouts.go_on.clear()
    for _ in range(3):
        runner.busy(UNIT)
    await until(rollouts.driven, 1)
    runner.busy(UNIT)
    rollouts.go_on.set()
    await until(rollouts.driven, 2)
    await runner.stop()
    assert rollouts.driven == [UNIT, UNIT]


async def test_units_are_driven_beside_each_other_and_a_bounded_number_at_once() -> None:
    rollouts, metrics = FakeRollouts(), Metrics()
    runner = Runner(rollouts, metrics, at_once=1)
    rollouts.go_on.clear()
    runner.busy(UNIT)
    runner.busy(OTHER)
    await until(rollouts.driven, 1)
    assert rollouts.driven == [UNIT]
    assert b"fairlead_units_busy 2.0" in metrics.exposed(0)
    rollouts.go_on.set()
    await until(rollouts.driven, 2)
    await runner.stop()
    assert b"fairlead_units_busy 0.0" in metrics.exposed(0)


async def test_all_units_that_the_clusters_know_of_are_driven_at_the_start() -> None:
    rollouts = FakeRollouts()
    rollouts.there = {UNIT, OTHER}
    runner = Runner(rollouts, Metrics())
    prepared: list[Sequence[UnitKey]] = []

    async def prepare(units: Sequence[UnitKey]) -> None:
        assert rollouts.driven == []
        prepared.append(units)

    await runner.start(prepare)
    assert prepared == [[OTHER, UNIT]]
    await until(rollouts.driven, 2)
    await runner.stop()
    assert set(rollouts.driven) == {UNIT, OTHER}


async def test_a_unit_is_driven_again_at_its_time() -> None:
    rollouts = FakeRollouts()
    rollouts.next = 0.01
    runner = Runner(rollouts, Metrics())
    runner.busy(UNIT)
    await until(rollouts.driven, 3)
    await runner.stop()


async def test_a_driver_that_failed_is_started_again_and_counted() -> None:
    rollouts, metrics = Failing(*[OperationFailed(Problem("superseded", "another run drives it"))] * 3), Metrics()
    runner = Runner(rollouts, metrics, first_pause=0.01)
    runner.busy(UNIT)
    await until(rollouts.driven, 4)
    await runner.stop()
    assert b"fairlead_drivers_failed_total 3.0" in metrics.exposed(0)


async def test_a_driver_that_a_bug_stopped_is_started_again() -> None:
    rollouts, metrics = Failing(ValueError("nobody thought of it")), Metrics()
    runner = Runner(rollouts, metrics, first_pause=0.01)
    runner.busy(UNIT)
    await until(rollouts.driven, 2)
    await runner.stop()
    assert b"fairlead_drivers_failed_total 1.0" in metrics.exposed(0)


async def test_a_bug_in_reading_the_units_is_tried_again() -> None:
    rollouts = FakeRollouts()
    runner, tried = Runner(rollouts, Metrics(), first_pause=0.0), list[int]()

    async def prepare(_units: Sequence[UnitKey]) -> None:
        tried.append(len(tried))
        if len(tried) == 1:
            raise KeyError("nobody thought of it")

    await runner.start(prepare)
    assert (runner.is_ready, tried) == (True, [0, 1])


async def test_stopping_hands_over_and_takes_nothing_more() -> None:
    rollouts = FakeRollouts()
    runner = Runner(rollouts, Metrics())
    rollouts.go_on.clear()
    runner.busy(UNIT)
    await until(rollouts.driven, 1)
    await runner.stop()
    runner.busy(OTHER)
    await asyncio.sleep(0)
    assert rollouts.driven == [UNIT]
