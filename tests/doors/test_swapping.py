"""Storing what is remembered in a cluster."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.errors import Problem, RemoteRefused
from fairlead.domain.identity import object_ref
from fairlead.domain.marks import STATE_MANAGER
from fairlead.doors.swapping import swapped
from tests.fakes.cluster import FakeCluster


def _claims(data: str) -> dict[str, Any]:
    metadata = {"name": "claims", "namespace": "default"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": data}}


async def _data(cluster: FakeCluster) -> object:
    live = await cluster.get(object_ref(_claims("")))
    return None if live is None else live["data"]["a"]


async def test_of_two_that_read_the_same_one_is_stored() -> None:
    cluster = FakeCluster()
    first = await swapped(cluster, _claims("1"), "", "")
    assert first is not None
    assert await swapped(cluster, _claims("2"), "", "") is None
    met = (first["metadata"]["resourceVersion"], first["metadata"]["uid"])
    second = await swapped(cluster, _claims("3"), *met)
    assert second is not None
    assert await swapped(cluster, _claims("4"), *met) is None
    assert await _data(cluster) == "3"
    assert {call.manager for call in cluster.writes} == {STATE_MANAGER}


async def test_what_is_gone_or_was_made_again_is_not_replaced() -> None:
    cluster = FakeCluster()
    made = await swapped(cluster, _claims("1"), "", "")
    assert made is not None
    met = (made["metadata"]["resourceVersion"], made["metadata"]["uid"])
    await cluster.delete(object_ref(made), uid=met[1])
    assert await swapped(cluster, _claims("2"), *met) is None
    again = await swapped(cluster, _claims("3"), "", "")
    assert again is not None
    assert await swapped(cluster, _claims("4"), again["metadata"]["resourceVersion"], met[1]) is None
    assert await _data(cluster) == "3"


@pytest.mark.parametrize("verb", ["create", "replace"])
async def test_any_other_refusal_is_told(verb: str) -> None:
    cluster = FakeCluster()
    cluster.fail(RemoteRefused(Problem("forbidden", "no"), status=403), verb=verb)
    met = ("1", "u") if verb == "replace" else ("", "")
    with pytest.raises(RemoteRefused) as caught:
        await swapped(cluster, _claims("1"), *met)
    assert caught.value.code == "forbidden"
