"""Acting as somebody on a real API server: their rights decide, and ours never help them (I4, S14, S49)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from fairlead.adapters.clock.system import SystemClock
from fairlead.adapters.kubernetes.client import KubernetesCluster
from fairlead.domain.access import Access, BearerToken
from fairlead.domain.accounts import Account, service_account
from fairlead.domain.errors import RemoteRefused
from fairlead.domain.identity import ObjectRef
from fairlead.ports.cluster import ApiKind
from tests.e2e.running import RunningSandbox

pytestmark = pytest.mark.e2e
SECRETS = ApiKind("v1", "Secret", "secrets", namespaced=True)
THEIRS = ObjectRef("v1", "Secret", "kube-system", "theirs")


def secret(namespace: str, name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace}}


@dataclass
class Stage:
    """Fairlead as an administrator, its tenant, and what the tenant may not touch."""

    sandbox: RunningSandbox
    namespace: str
    admin: KubernetesCluster

    async def me(self, account: Account) -> dict[str, Any]:
        """Return whom the API server takes an account for."""
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": {"name": "me"}}
        answer = await self.admin.acting_as(account).create(review, manager="fairlead")
        found: dict[str, Any] = answer["status"]["userInfo"]
        return found


@pytest.fixture
async def stage(sandbox: RunningSandbox, sandbox_access: Access, namespace: str) -> AsyncIterator[Stage]:
    ask = ("-n", namespace)
    await sandbox.ask("create", "serviceaccount", "tenant", *ask)
    verbs = "--verb=get,list,watch,create,patch,update,delete"
    await sandbox.ask("create", "role", "tenant", verbs, "--resource=secrets", *ask)
    await sandbox.ask("create", "rolebinding", "tenant", "--role=tenant", f"--serviceaccount={namespace}:tenant", *ask)
    await sandbox.ask("create", "rolebinding", "people", "--role=tenant", "--group=dev", *ask)
    admin = KubernetesCluster(sandbox_access, clock=SystemClock(), environ={})
    await admin.apply(secret("kube-system", "theirs"), manager="fairlead")
    yield Stage(sandbox, namespace, admin)
    await admin.close()


async def test_the_server_takes_us_for_the_account(stage: Stage) -> None:
    tenant = await stage.me(service_account(stage.namespace, "tenant"))
    alice = await stage.me(Account("alice", ("dev", "ops"), "7", {"scopes": ("a", "b")}))

    assert tenant["username"] == f"system:serviceaccount:{stage.namespace}:tenant"
    assert set(tenant["groups"]) >= {f"system:serviceaccounts:{stage.namespace}", "system:authenticated"}
    assert (alice["username"], alice["uid"], alice["extra"]["scopes"]) == ("alice", "7", ["a", "b"])
    assert set(alice["groups"]) == {"dev", "ops", "system:authenticated"}


async def test_the_rights_of_the_account_are_enough(stage: Stage) -> None:
    ref = ObjectRef("v1", "Secret", stage.namespace, "own")
    for account in (service_account(stage.namespace, "tenant"), Account("alice", ("dev",))):
        cluster = stage.admin.acting_as(account)
        made = await cluster.apply(secret(stage.namespace, "own"), manager="fairlead")
        listing = await cluster.list(SECRETS, stage.namespace)
        assert "own" in [item["metadata"]["name"] for item in listing.items]
        assert await cluster.delete(ref, uid=made["metadata"]["uid"])


FORBIDDEN: dict[str, Callable[[KubernetesCluster], Awaitable[Any]]] = {
    "get": lambda cluster: cluster.get(THEIRS),
    "list": lambda cluster: cluster.list(SECRETS, "kube-system"),
    "list everywhere": lambda cluster: cluster.list(SECRETS, None),
    "list metadata": lambda cluster: cluster.list_metadata(SECRETS, "kube-system"),
    "watch": lambda cluster: anext(cluster.watch(SECRETS, "kube-system", resource_version="")),
    "apply": lambda cluster: cluster.apply(secret("kube-system", "theirs"), manager="fairlead"),
    "dry run": lambda cluster: cluster.apply(secret("kube-system", "theirs"), manager="fairlead", dry_run=True),
    "create": lambda cluster: cluster.create(secret("kube-system", "new"), manager="fairlead"),
    "patch": lambda cluster: cluster.patch(
        THEIRS, [{"op": "add", "path": "/metadata/labels", "value": {}}], manager="fairlead"
    ),
    "delete": lambda cluster: cluster.delete(THEIRS, uid="11111111-1111-1111-1111-111111111111"),
    "logs": lambda cluster: cluster.logs(
        ObjectRef("v1", "Pod", "kube-system", "x"), container="c", previous=False, tail=1
    ),
    "another namespace": lambda cluster: cluster.get(ObjectRef("v1", "Namespace", "", "kube-system")),
}


@pytest.mark.parametrize("what", FORBIDDEN)
async def test_our_own_rights_never_help_them(stage: Stage, what: str) -> None:
    cluster = stage.admin.acting_as(service_account(stage.namespace, "tenant"))

    with pytest.raises(RemoteRefused) as caught:
        async with asyncio.timeout(30):
            await FORBIDDEN[what](cluster)

    assert (caught.value.code, caught.value.status) == ("forbidden", 403)
    assert await stage.admin.get(THEIRS) is not None


async def test_who_may_not_act_as_others_does_nothing_at_all(stage: Stage, sandbox_access: Access) -> None:
    """Fairlead itself under a service account that may do everything in the namespace, but impersonate nobody."""
    token = (await stage.sandbox.ask("create", "token", "tenant", "-n", stage.namespace)).strip()
    access = replace(sandbox_access, credential=BearerToken(token))
    modest = KubernetesCluster(access, clock=SystemClock(), environ={})
    try:
        with pytest.raises(RemoteRefused) as caught:
            await modest.acting_as(Account("alice", ("dev",))).apply(secret(stage.namespace, "x"), manager="fairlead")
        assert await modest.get(ObjectRef("v1", "Secret", stage.namespace, "x")) is None
    finally:
        await modest.close()

    assert caught.value.code == "forbidden"


async def test_the_right_to_act_as_one_service_account_is_enough(stage: Stage, sandbox_access: Access) -> None:
    """What Fairlead itself has to be allowed is to impersonate the bound account, and nothing that this one may do."""
    ask = ("-n", stage.namespace)
    await stage.sandbox.ask("create", "serviceaccount", "fairlead", *ask)
    may = ("--verb=impersonate", "--resource=serviceaccounts", "--resource-name=tenant")
    await stage.sandbox.ask("create", "role", "acting", *may, *ask)
    bound = f"--serviceaccount={stage.namespace}:fairlead"
    await stage.sandbox.ask("create", "rolebinding", "acting", "--role=acting", bound, *ask)
    token = (await stage.sandbox.ask("create", "token", "fairlead", *ask)).strip()
    fairlead = KubernetesCluster(
        replace(sandbox_access, credential=BearerToken(token)), clock=SystemClock(), environ={}
    )
    try:
        cluster = fairlead.acting_as(service_account(stage.namespace, "tenant"))
        made = await cluster.apply(secret(stage.namespace, "own"), manager="fairlead")
        with pytest.raises(RemoteRefused) as caught:
            await fairlead.get(ObjectRef("v1", "Secret", stage.namespace, "own"))
        with pytest.raises(RemoteRefused):
            await fairlead.acting_as(service_account(stage.namespace, "default")).list(SECRETS, stage.namespace)
    finally:
        await fairlead.close()

    assert made["metadata"]["name"] == "own"
    assert caught.value.code == "forbidden"
