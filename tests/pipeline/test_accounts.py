"""Whose account it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from fairlead.domain.accounts import Account, service_account
from fairlead.domain.authorising.acting import BINDING
from fairlead.domain.authorising.callers import Caller, Role
from fairlead.domain.errors import Refused
from fairlead.domain.keeping.deployments import DeploymentStatus, StoredDeployment
from fairlead.domain.units import UnitKey
from fairlead.pipeline.accounts import ACCOUNT, Accounts
from tests.fakes.cluster import FakeCluster
from tests.fakes.store import MemoryStore

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
WEB = UnitKey("prod", "shop", "web")
ALICE = Account("alice", ("dev",), "7", {"scopes": ("a",)})
CI = Caller("ci", Role.DEPLOYER)


class Stage:
    def __init__(self, *, bound: str | None = "deployer") -> None:
        cluster, self.store = FakeCluster(), MemoryStore()
        annotations = {} if bound is None else {BINDING: bound}
        cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "annotations": annotations}})
        self.accounts = Accounts(cluster, self.store)

    async def deployed(
        self, name: str, account: Account | None, *, unit: UnitKey = WEB, status: str = "deployed"
    ) -> None:
        document: dict[str, Any] = {} if account is None else {ACCOUNT: account.to_json()}
        added = StoredDeployment(name, unit, "d", DeploymentStatus(status), document, NOON, NOON)
        await self.store.deployments.add(added)


async def test_a_caller_is_themselves_or_what_the_namespace_binds() -> None:
    stage = Stage()

    assert await stage.accounts.of_caller(replace(CI, account=ALICE), "shop") == ALICE
    assert await stage.accounts.of_caller(CI, "shop") == service_account("shop", "deployer")


@pytest.mark.parametrize("namespace", ["shop", "missing"])
async def test_without_an_account_nobody_acts(namespace: str) -> None:
    accounts = Stage(bound=None).accounts

    with pytest.raises(Refused) as caller:
        await accounts.of_caller(CI, namespace)
    with pytest.raises(Refused) as unit:
        await accounts.of_unit(replace(WEB, namespace=namespace))

    assert {caller.value.code, unit.value.code} == {"accountMissing"}


async def test_a_unit_is_driven_as_whoever_wanted_it_last() -> None:
    stage = Stage()
    assert await stage.accounts.of_unit(WEB) == service_account("shop", "deployer")

    await stage.deployed("a", Account("bob"))
    assert await stage.accounts.of_unit(WEB) == Account("bob")
    await stage.deployed("b", ALICE, status="deploying")
    assert await stage.accounts.of_unit(WEB) == ALICE
    await stage.deployed("c", Account("carl"), status="failed")
    await stage.deployed("other", Account("dora"), unit=UnitKey("prod", "shop", "api"))
    assert await stage.accounts.of_unit(WEB) == ALICE
    await stage.deployed("d", None, status="queued")
    assert await stage.accounts.of_unit(WEB) == service_account("shop", "deployer")
