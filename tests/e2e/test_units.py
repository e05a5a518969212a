"""Units on a real API server with really running pods: first version, switch, preview, rollback while hot, undeploy."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fairlead.domain.rollout.intents import Rollback, Undeploy
from tests.e2e.running import RunningSandbox
from tests.e2e.units import UnitSite, ended, states, unit_site

pytestmark = pytest.mark.e2e


@pytest.fixture
async def site(real_sandbox: RunningSandbox, namespace: str) -> AsyncIterator[UnitSite]:
    async with unit_site(real_sandbox, namespace) as found:
        yield found


async def test_a_version_follows_another_and_back_in_one_switch(site: UnitSite) -> None:
    first, anchor = await site.deploy(site.descriptor())
    assert (first.version, states(anchor), ended(anchor)) == ("1", {"1": "Live"}, {"i1": "deployed"})
    assert await site.selector() == {"app": "shop", "version": "1"}
    second, anchor = await site.deploy(site.descriptor(env={"COLOUR": "green"}))
    assert (second.version, states(anchor)) == ("2", {"1": "Hot", "2": "Live"})
    assert await site.selector() == {"app": "shop", "version": "2"}
    anchor = await site.ask(Rollback(*site.asked(), "d3"))
    assert states(anchor) == {"1": "Live", "2": "Hot"}
    assert await site.selector() == {"app": "shop", "version": "1"}
    anchor = await site.ask(Undeploy(*site.asked(), "d4"))
    assert states(anchor) == {}
