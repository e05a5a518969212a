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
from fairlead.pipeline.authorising.accounts import ACCOUNT, Accounts
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
        await accounts.of_unit(replace(WEB, namespace=namespace), "a")

    assert {caller.value.code, unit.value.code} == {"accountMissing"}


async def test_a_unit_is_driven_as_whoever_wanted_the_deployment() -> None:
    stage = Stage()
    assert await stage.accounts.of_unit(WEB, "a") == service_account("shop", "deployer")

    await stage.deployed("a", Account("bob"))
    await stage.deployed("b", ALICE, status="deploying")
    await stage.deployed("c", Account("carl"), status="queued")
    await stage.deployed("d", None, status="awaiting")
    wanted = {name: await stage.accounts.of_unit(WEB, name) for name in "abcd"}
    assert wanted == {
        "a": Account("bob"),
        "b": ALICE,
        "c": Account("carl"),
        "d": service_account("shop", "deployer"),
    }


@pytest.mark.parametrize("named", ["", "gone", "other", "old"])
async def test_what_is_left_of_none_is_cleared_away_as_whoever_began_last(named: str) -> None:
    stage = Stage()
    await stage.deployed("old", Account("bob"), status="replaced")
    await stage.deployed("last", ALICE, status="failed")
    await stage.deployed("other", Account("dora"), unit=UnitKey("prod", "shop", "api"))
    await stage.deployed("waits", Account("carl"), status="queued")
    assert await stage.accounts.of_unit(WEB, named) == ALICE
