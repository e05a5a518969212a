"""The units of clusters as the server drives them: it leaves a unit until the next time of it, and not longer."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fairlead.bootstrap.units import variables_in
from fairlead.domain.authorising.acting import BINDING
from fairlead.domain.rollout.intents import Pause, Resume
from fairlead.domain.rollout.phases import Phase
from fairlead.server.rolling import UnitRollouts
from tests.fakes.store import MemoryStore
from tests.pipeline.units.units import KEY, Yard, states, yard

AFTER = 300.0


@pytest.fixture
async def here() -> AsyncIterator[Yard]:
    async with yard() as found:
        metadata = {"name": KEY.namespace, "annotations": {BINDING: "deployer"}}
        found.cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        yield found


@pytest.fixture
def rollouts(here: Yard) -> UnitRollouts:
    return UnitRollouts(here.units, ["c"], MemoryStore(), variables_in)


async def test_a_unit_is_driven_again_when_its_timer_promotes(here: Yard, rollouts: UnitRollouts) -> None:
    await here.units.deploy(KEY, here.order(here.descriptor(rules={"promote_after": AFTER})))
    left = await rollouts.drive(KEY)
    assert (await here.units.read(KEY)).anchor.phase is Phase.AWAITING
    assert left is not None
    assert AFTER - 5 < left <= AFTER
    here.clock.advance(left)
    assert await rollouts.drive(KEY) is None
    assert states((await here.units.read(KEY)).anchor) == {"1": "Live"}


async def test_no_timer_runs_while_the_unit_is_paused(here: Yard, rollouts: UnitRollouts) -> None:
    await here.units.deploy(KEY, here.order(here.descriptor(rules={"promote_after": AFTER})))
    await rollouts.drive(KEY)
    await here.units.submit(KEY, Pause(*here.asked()))
    assert await rollouts.drive(KEY) is None
    here.clock.advance(AFTER)
    await here.units.submit(KEY, Resume(*here.asked()))
    assert await rollouts.drive(KEY) is None
    assert states((await here.units.read(KEY)).anchor) == {"1": "Live"}
