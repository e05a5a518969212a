"""Units on a real API server, driven by an administrator with the rights of a service account of the namespace."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fairlead.domain.accounts import service_account
from fairlead.domain.errors import Refused
from fairlead.domain.rollout.intents import Rollback, Undeploy
from fairlead.pipeline.authorising.impersonating import on_behalf_of
from tests.e2e.running import RunningSandbox
from tests.e2e.units import UnitSite, unit_site
from tests.pipeline.units.units import ended, states

pytestmark = pytest.mark.e2e


@pytest.fixture
async def site(real_sandbox: RunningSandbox, namespace: str) -> AsyncIterator[UnitSite]:
    await real_sandbox.ask("create", "serviceaccount", "deployer", "-n", namespace)
    await real_sandbox.ask("create", "serviceaccount", "guest", "-n", namespace)
    bound = ("--clusterrole=edit", f"--serviceaccount={namespace}:deployer", "-n", namespace)
    await real_sandbox.ask("create", "rolebinding", "deployer", *bound)
    async with unit_site(real_sandbox, namespace, impersonating=True) as found:
        yield found


async def test_the_usual_rights_of_a_namespace_are_enough_for_all_of_it(site: UnitSite) -> None:
    with on_behalf_of(service_account(site.key.namespace, "deployer"), site.key.namespace):
        _, anchor = await site.deploy(site.descriptor())
        assert (states(anchor), ended(anchor)) == ({"1": "Live"}, {"i1": "deployed"})
        _, anchor = await site.deploy(site.descriptor(env={"COLOUR": "green"}))
        assert states(anchor) == {"1": "Hot", "2": "Live"}
        anchor = await site.ask(Rollback(*site.asked(), "d3"))
        assert states(anchor) == {"1": "Live", "2": "Hot"}
        anchor = await site.ask(Undeploy(*site.asked(), "d4"))
        assert states(anchor) == {}


async def test_without_rights_nothing_comes_of_it(site: UnitSite) -> None:
    with on_behalf_of(service_account(site.key.namespace, "guest"), site.key.namespace):
        _, anchor = await site.deploy(site.descriptor())

    assert list(ended(anchor).values()) != ["deployed"]
    assert await site.get("Service", "shop") is None
    assert await site.get("Deployment", "shop-1", "apps/v1") is None


async def test_for_nobody_a_driver_writes_nothing(site: UnitSite) -> None:
    await site.units.deploy(site.key, site.order(site.descriptor()))

    with pytest.raises(Refused) as caught:
        await site.settle()

    assert caught.value.code == "accountMissing"
    assert await site.get("Deployment", "shop-1", "apps/v1") is None
