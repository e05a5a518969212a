"""What is stored of versions stays only while somebody can need it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from fairlead.adapters.anchors.secrets import VERSION_TYPE
from fairlead.domain.rollout.drafts import PAST_KEPT
from fairlead.domain.rollout.intents import Abort, Rollback, Undeploy
from fairlead.pipeline.units.library import FRESH
from tests.fakes.clock import FakeClock
from tests.pipeline.units.units import KEY, Yard, ended, states, yard

CREATED = datetime(2026, 1, 1, tzinfo=UTC)  # as the cluster in memory says of everything


@pytest.fixture
async def here() -> AsyncIterator[Yard]:
    async with yard(clock=FakeClock(CREATED)) as found:
        yield found


def stored(here: Yard) -> list[str]:
    """Return the versions of which something is stored, in the order of their names."""
    secrets = [one for one in here.cluster.objects if one.get("type") == VERSION_TYPE]
    return sorted(one["metadata"]["name"].rpartition(".")[2] for one in secrets)


async def test_of_a_refused_deployment_nothing_stays(here: Yard) -> None:
    await here.deploy(here.descriptor())
    await here.deploy(here.descriptor(env="green"))
    await here.ask(Rollback(*here.asked(), "d3"))
    for _ in range(3):
        anchor = await here.deploy(here.descriptor(env="green"))
    assert list(ended(anchor).values())[-3:] == ["refused"] * 3
    assert stored(here) == ["1", "2"]


async def test_of_an_unchanged_deployment_nothing_stays(here: Yard) -> None:
    for _ in range(3):
        await here.deploy(here.descriptor())
    assert stored(here) == ["1"]


async def test_of_an_app_that_is_gone_nothing_stays(here: Yard) -> None:
    await here.deploy(here.descriptor())
    await here.deploy(here.descriptor(env="green"))
    await here.ask(Undeploy(*here.asked(), "d3"))
    assert stored(here) == []


async def test_what_somebody_is_about_to_ask_for_stays_for_a_while(here: Yard) -> None:
    place = await here.units.places(KEY.cluster)
    await here.deploy(here.descriptor())
    await place.anchors.add_version(KEY, "2", {})
    await here.ask(Abort(*here.asked()))
    assert stored(here) == ["1", "2"]
    here.clock.advance(FRESH.total_seconds() + 1)
    await here.ask(Abort(*here.asked()))
    assert stored(here) == ["1"]


async def test_a_name_may_be_asked_for_again_and_goes_when_it_is_old(here: Yard) -> None:
    await here.deploy(here.descriptor(version="blue"))
    await here.ask(Undeploy(*here.asked(), "d2"))
    assert stored(here) == ["blue"]
    here.clock.advance(FRESH.total_seconds() + 1)
    await here.ask(Abort(*here.asked()))
    assert stored(here) == []


async def test_of_old_versions_stays_what_can_be_gone_back_to(here: Yard) -> None:
    count = PAST_KEPT + 3
    for number in range(count):
        await here.deploy(here.descriptor(env=str(number)))
        await here.settle(lambda anchor: len(states(anchor)) == 1)
    kept = range(count - PAST_KEPT, count + 1)
    assert sorted(map(int, stored(here))) == list(kept)
    anchor = await here.ask(Rollback(*here.asked(), "e", str(kept[0])))
    assert anchor.live is not None
    assert anchor.live.name == str(kept[0])
