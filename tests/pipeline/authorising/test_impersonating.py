"""Nothing is written but as somebody, and nowhere but where they asked for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from fairlead.domain.accounts import Account
from fairlead.domain.errors import FairleadError, Refused
from fairlead.domain.identity import ObjectRef
from fairlead.pipeline.authorising.impersonating import Impersonating, on_behalf_of
from fairlead.ports.cluster import ApiKind
from tests.fakes.apiserver import answers, config_map, serve, status
from tests.fakes.http import json_answer

ALICE, BOB = Account("alice"), Account("bob")
MAPS = ApiKind("v1", "ConfigMap", "configmaps", namespaced=True)
SECRETS = ApiKind("v1", "Secret", "secrets", namespaced=True)
MAP, SECRET = (ObjectRef("v1", kind, "default", "a") for kind in ("ConfigMap", "Secret"))
POD = ObjectRef("v1", "Pod", "default", "web-1")
OTHER = {**config_map(), "metadata": {"name": "a", "namespace": "kube-system"}}
Ask = Callable[[Impersonating], Awaitable[Any]]

THEIRS: dict[str, Ask] = {
    "apply": lambda cluster: cluster.apply(config_map(), manager="fairlead"),
    "dry run": lambda cluster: cluster.apply(config_map(), manager="fairlead", dry_run=True),
    "create": lambda cluster: cluster.create(config_map(), manager="fairlead"),
    "replace": lambda cluster: cluster.replace(config_map(), manager="fairlead"),
    "patch": lambda cluster: cluster.patch(MAP, [], manager="fairlead"),
    "delete": lambda cluster: cluster.delete(MAP, uid="u"),
    "get a Secret": lambda cluster: cluster.get(SECRET),
    "list Secrets": lambda cluster: cluster.list(SECRETS, "default"),
    "watch Secrets": lambda cluster: anext(cluster.watch(SECRETS, "default", resource_version="1")),
}
OURS: dict[str, Ask] = {
    "uid": lambda cluster: cluster.uid(),
    "capabilities": lambda cluster: cluster.capabilities(),
    "kinds": lambda cluster: cluster.kinds(fresh=True),
    "get": lambda cluster: cluster.get(MAP),
    "list": lambda cluster: cluster.list(MAPS, None),
    "list metadata": lambda cluster: cluster.list_metadata(SECRETS, None),
    "watch": lambda cluster: anext(cluster.watch(MAPS, None, resource_version="1")),
    "logs": lambda cluster: cluster.logs(POD, container="c", previous=False, tail=1),
    "openapi": lambda cluster: cluster.openapi("v1"),
}
ELSEWHERE: dict[str, Ask] = {
    "apply": lambda cluster: cluster.apply(OTHER, manager="fairlead"),
    "apply nowhere": lambda cluster: cluster.apply({**OTHER, "metadata": {"name": "a"}}, manager="fairlead"),
    "create": lambda cluster: cluster.create(OTHER, manager="fairlead"),
    "replace": lambda cluster: cluster.replace(OTHER, manager="fairlead"),
    "patch": lambda cluster: cluster.patch(ObjectRef("v1", "ConfigMap", "x", "a"), [], manager="fairlead"),
    "delete": lambda cluster: cluster.delete(ObjectRef("v1", "Namespace", "", "default"), uid="u"),
    "get a Secret": lambda cluster: cluster.get(ObjectRef("v1", "Secret", "kube-system", "a")),
    "list Secrets": lambda cluster: cluster.list(SECRETS, None),
}


async def said(ask: Ask, *accounts: Account) -> set[str | None]:
    """Return as whom a server was asked, on behalf of some accounts at the same time."""

    async def for_one(cluster: Impersonating, account: Account) -> None:
        with on_behalf_of(account, "default"), suppress(FairleadError):  # who asks counts, not what the answer means
            await asyncio.create_task(asyncio.wait_for(ask(cluster), 10))

    async with serve(answers(status(410, "Expired"))) as served:
        await asyncio.gather(*(for_one(Impersonating(served.cluster), account) for account in accounts))
        asked = [request for request in served.asked if request.path not in {"/api/v1", "/version"}]
        return {request.headers.get("impersonate-user") for request in asked}


@pytest.mark.parametrize("what", THEIRS)
async def test_what_is_done_for_somebody_is_done_as_them(what: str) -> None:
    assert await said(THEIRS[what], ALICE) == {"alice"}


async def test_each_is_themselves_at_the_same_time() -> None:
    assert await said(THEIRS["apply"], ALICE, BOB) == {"alice", "bob"}


@pytest.mark.parametrize("what", OURS)
async def test_what_fairlead_looks_at_is_its_own(what: str) -> None:
    assert await said(OURS[what], ALICE) <= {None}


@pytest.mark.parametrize("what", THEIRS)
async def test_for_nobody_nothing_is_done(what: str) -> None:
    async with serve(answers(json_answer(config_map()))) as served:
        with pytest.raises(Refused) as caught:
            await THEIRS[what](Impersonating(served.cluster))
        with pytest.raises(Refused):
            await Impersonating(served.cluster).lookup()

        assert caught.value.code == "accountMissing"
        assert served.server.requests == []


@pytest.mark.parametrize("what", ELSEWHERE)
async def test_nothing_is_done_in_another_namespace(what: str) -> None:
    async with serve(answers(json_answer(config_map()))) as served:
        with on_behalf_of(ALICE, "default"), pytest.raises(Refused) as caught:
            await ELSEWHERE[what](Impersonating(served.cluster))

        assert caught.value.code == "otherNamespace"
        assert served.server.requests == []


async def test_a_lookup_is_theirs() -> None:
    async with serve(answers(json_answer(config_map()))) as served:
        cluster = Impersonating(served.cluster)
        with on_behalf_of(ALICE, "default"):
            theirs = await cluster.lookup()

        assert theirs.context == "ctx"
        await cluster.close()
