"""The namespace of a unit, made where somebody wants that."""

from __future__ import annotations

import pytest

from fairlead.domain.errors import Problem, RemoteRefused
from fairlead.domain.preparing import namespace_ref
from fairlead.pipeline.units.namespaces import ensure_namespace
from tests.fakes.cluster import FakeCluster


async def test_it_is_made_once() -> None:
    cluster = FakeCluster()
    await ensure_namespace(cluster, "shop")
    await ensure_namespace(cluster, "shop")
    assert await cluster.get(namespace_ref("shop")) is not None
    assert [(call.verb, call.kind) for call in cluster.writes] == [("apply", "Namespace")]


async def test_who_may_not_look_at_namespaces_works_in_what_is_there() -> None:
    cluster = FakeCluster()
    cluster.fail(RemoteRefused(Problem("forbidden", "no"), status=403), verb="get", kind="Namespace")
    await ensure_namespace(cluster, "default")
    assert cluster.writes == []


async def test_another_refusal_is_told() -> None:
    cluster = FakeCluster()
    cluster.fail(RemoteRefused(Problem("invalid", "no"), status=422), verb="get", kind="Namespace")
    with pytest.raises(RemoteRefused):
        await ensure_namespace(cluster, "default")
