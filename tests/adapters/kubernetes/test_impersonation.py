"""Acting as somebody: every request says so, whatever it is for and however often it is made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from fairlead.adapters.kubernetes.client import KubernetesCluster
from fairlead.domain.access import BearerToken
from fairlead.domain.accounts import Account
from fairlead.domain.apps.probing import PodAddress, ProbeRequest
from fairlead.domain.errors import FairleadError
from fairlead.domain.identity import ObjectRef
from fairlead.ports.cluster import ApiKind
from tests.fakes.apiserver import ACCESS, Served, answers, config_map, serve, status
from tests.fakes.http import Answer, Request, json_answer

ALICE = Account("alice", ("dev", "ops"), "7", {"scopes": ("a", "b")})
SAID = [
    "Impersonate-User: alice",
    "Impersonate-Uid: 7",
    "Impersonate-Group: dev",
    "Impersonate-Group: ops",
    "Impersonate-Extra-scopes: a",
    "Impersonate-Extra-scopes: b",
]
MAPS = ApiKind("v1", "ConfigMap", "configmaps", namespaced=True)
MAP = ObjectRef("v1", "ConfigMap", "default", "a")
WEB = PodAddress("default", "web-1", "10.0.0.7")
POD = ObjectRef("v1", "Pod", "default", "web-1")
EVERYTHING: dict[str, Callable[[KubernetesCluster], Awaitable[Any]]] = {
    "uid": lambda cluster: cluster.uid(),
    "capabilities": lambda cluster: cluster.capabilities(),
    "kinds": lambda cluster: cluster.kinds(fresh=True),
    "get": lambda cluster: cluster.get(MAP),
    "list": lambda cluster: cluster.list(MAPS, None),
    "list_metadata": lambda cluster: cluster.list_metadata(MAPS, None),
    "apply": lambda cluster: cluster.apply(config_map(), manager="fairlead"),
    "create": lambda cluster: cluster.create(config_map(), manager="fairlead"),
    "replace": lambda cluster: cluster.replace(config_map(), manager="fairlead"),
    "patch": lambda cluster: cluster.patch(MAP, [], manager="fairlead"),
    "delete": lambda cluster: cluster.delete(MAP, uid="u"),
    "watch": lambda cluster: anext(cluster.watch(MAPS, None, resource_version="1")),
    "logs": lambda cluster: cluster.logs(POD, container="c", previous=False, tail=1),
    "openapi": lambda cluster: cluster.openapi("v1"),
    "ask": lambda cluster: cluster.ask(WEB, ProbeRequest("GET", 80, "/health")),
}
NO_REQUEST = {"acting_as", "lookup", "close"}


def impersonating(request: Request) -> list[str]:
    return [line for line in request.lines if line.lower().startswith("impersonate-")]


def user_in(file: str) -> dict[str, Any]:
    """Return the one user of a kubeconfig."""
    (entry,) = orjson.loads(Path(file).read_bytes())["users"]
    user: dict[str, Any] = entry["user"]
    return user


@asynccontextmanager
async def served(*script: Answer | None) -> AsyncIterator[tuple[Served, KubernetesCluster]]:
    """A server that answers so, and its cluster as Alice sees it."""
    access = replace(ACCESS, credential=BearerToken("fairlead's own"))
    async with serve(answers(*script), access=access) as server:
        yield server, server.cluster.acting_as(ALICE)


def test_nothing_that_a_cluster_can_do_is_left_out() -> None:
    public = {name for name in vars(KubernetesCluster) if not name.startswith("_")}

    assert public == EVERYTHING.keys() | NO_REQUEST


@pytest.mark.parametrize("name", EVERYTHING)
async def test_every_request_is_made_as_the_account(name: str) -> None:
    answer = status(410, "Expired") if name == "watch" else json_answer(config_map())
    async with served(answer) as (server, cluster):
        try:
            async with asyncio.timeout(10):
                await EVERYTHING[name](cluster)
        except (FairleadError, StopAsyncIteration):
            pass  # what is asked counts here, not what such an answer means

        assert server.server.requests
        assert all(impersonating(request) == SAID for request in server.server.requests)
        assert {request.headers["authorization"] for request in server.server.requests} == {"Bearer fairlead's own"}


@pytest.mark.parametrize(
    "trouble", [None, status(503), status(429), status(401)], ids=["hung up", "failed", "busy", "unauthorized"]
)
async def test_what_is_tried_again_is_still_the_account(trouble: Answer | None) -> None:
    async with served(trouble, json_answer(config_map())) as (server, cluster):
        try:
            await cluster.get(MAP)
        except FairleadError:
            assert trouble is not None
            assert trouble.status == 401

        assert all(impersonating(request) == SAID for request in server.server.requests)


async def test_others_are_not_touched_by_it() -> None:
    async with served(json_answer(config_map())) as (server, cluster):
        bob = server.cluster.acting_as(Account("bob"))
        many = [each.get(MAP) for _ in range(20) for each in (cluster, server.cluster, bob)]
        await asyncio.gather(*many)
        await cluster.close()
        await bob.close()
        await server.cluster.get(MAP)

        said = [impersonating(request) for request in server.asked]
        assert sorted(said) == sorted([*[SAID] * 20, *[["Impersonate-User: bob"]] * 20, *[[]] * 21])


async def test_what_no_header_carries_is_never_sent() -> None:
    async with served(json_answer(config_map())) as (server, _):
        cluster = server.cluster.acting_as(Account("alice\r\nImpersonate-Group: system:masters"))
        with pytest.raises(ValueError, match="header"):
            await cluster.get(MAP)

        assert server.server.requests == []


async def test_a_lookup_is_made_as_the_account() -> None:
    async with served(json_answer(config_map())) as (server, cluster):
        lookup = await cluster.lookup()
        entry = user_in(lookup.kubeconfig)
        await cluster.close()
        own = await server.cluster.lookup()
        plain = user_in(own.kubeconfig)

    assert entry == {
        "token": "fairlead's own",
        "as": "alice",
        "as-uid": "7",
        "as-groups": ["dev", "ops"],
        "as-user-extra": {"scopes": ["a", "b"]},
    }
    assert plain == {"token": "fairlead's own"}
