"""How many pods versions run: as many as the last one while traffic moves, and as many as are declared afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from fairlead.domain.errors import Problem, Transient
from fairlead.domain.rollout.intents import Promote, Resolution, Resolve, Rollback, Scale
from fairlead.domain.rollout.phases import Phase
from fairlead.pipeline.units.driver import Rests
from tests.pipeline.units.units import KEY, Yard, grow, states, yard


@pytest.fixture
async def here() -> AsyncIterator[Yard]:
    async with yard() as found:
        yield found


def until(phase: Phase) -> Rests:
    return lambda anchor: anchor.phase is phase


async def test_scaling_counts_until_the_next_version_declares_its_own(here: Yard) -> None:
    await here.deploy(here.descriptor())
    await here.ask(Scale(*here.asked(), 4))
    assert here.replicas("shop-1") == 4
    await here.deploy(here.descriptor(env="green"))
    assert (here.replicas("shop-2"), here.replicas("shop-1")) == (2, 4)


async def test_scaling_in_the_middle_of_a_rollout_counts_for_what_comes(here: Yard) -> None:
    await here.deploy(here.descriptor())
    await here.deploy(here.descriptor(env="green", rules={"promote_after": None}))
    await here.ask(Scale(*here.asked(), 4))
    await here.ask(Promote(*here.asked()))
    assert (here.replicas("shop-2"), here.selector["version"]) == (4, "2")


async def test_a_version_is_as_large_as_the_last_one_until_it_is_deployed_and_then_as_declared(here: Yard) -> None:
    await here.deploy(here.descriptor(replicas=5))
    await here.units.deploy(KEY, here.order(here.descriptor(env="green", replicas=2)))
    sizes = {}
    for phase in (Phase.SWITCHING, Phase.CONFIRMING, Phase.SOAKING):
        await here.settle(until(phase))
        sizes[phase] = here.replicas("shop-2")
    await here.settle()
    assert set(sizes.values()) == {5}
    assert (here.replicas("shop-2"), here.replicas("shop-1")) == (2, 5)


async def test_who_goes_back_runs_what_was_declared_then(here: Yard) -> None:
    await here.deploy(here.descriptor())
    await here.deploy(here.descriptor(env="green", replicas=5))
    await here.ask(Rollback(*here.asked(), "d9", "1"))
    assert (here.selector["version"], here.replicas("shop-1"), here.replicas("shop-2")) == ("1", 2, 5)


async def test_an_autoscaler_says_how_many_run_after_the_switch(here: Yard) -> None:
    for colour in ("blue", "green"):
        plain = here.descriptor(env=colour)
        await here.deploy(replace(plain, main=replace(plain.main, minimum=2, maximum=10)))
        if colour == "blue":
            grow(here, 8)
    assert (here.selector["version"], here.replicas("shop-2")) == ("2", 8)


async def test_a_size_that_could_not_be_written_is_asked_for_again(here: Yard) -> None:
    await here.deploy(here.descriptor(replicas=5))
    await here.units.deploy(KEY, here.order(here.descriptor(env="green", replicas=2)))
    await here.settle(until(Phase.SOAKING))
    lost = Transient(Problem("apiBusy", "later"))
    here.cluster.fail(lost, verb="patch", kind="Deployment", name="shop-2", times=1)
    await here.settle()
    assert here.replicas("shop-2") == 2


async def test_a_version_that_a_person_keeps_runs_what_is_declared(here: Yard) -> None:
    await here.deploy(here.descriptor(replicas=5))
    await here.units.deploy(KEY, here.order(here.descriptor(env="green", replicas=2)))
    await here.settle(until(Phase.SOAKING))
    here.cluster.edit(here.route, lambda one: one["spec"]["selector"].update(version="nowhere"))
    assert (await here.settle()).phase is Phase.BLOCKED
    here.cluster.edit(here.route, lambda one: one["spec"]["selector"].update(version="2"))
    assert states(await here.ask(Resolve(*here.asked(), Resolution.KEEP_LIVE))) == {"1": "Hot", "2": "Live"}
    assert here.replicas("shop-2") == 2
