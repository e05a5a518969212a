from __future__ import annotations

import pytest

from fairlead.domain.errors import Problem, RemoteRefused, Transient
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.pipeline.live import Live, read_all, read_live, served_kinds
from tests.fakes.cluster import FakeCluster
from tests.fakes.releases import autoscaler, config_map, custom, definition

REFS = [ObjectRef("v1", "ConfigMap", "default", name) for name in "abc"]


async def _read(cluster: FakeCluster, *refs: ObjectRef) -> Live:
    return await read_live(cluster, await served_kinds(cluster), refs)


async def test_few_objects_are_read_one_by_one_and_many_with_one_list() -> None:
    cluster = FakeCluster()
    cluster.put(config_map("a", "default"))
    for refs, verbs in ((REFS[:2], ["get", "get"]), (REFS, ["list"])):
        cluster.calls.clear()
        live = await _read(cluster, *refs)
        assert [call.verb for call in cluster.calls if call.verb != "kinds"] == verbs
        assert live.get(REFS[0]) is not None
        assert live.is_missing(REFS[1])


async def test_definitions_are_never_listed() -> None:
    cluster = FakeCluster()
    await _read(cluster, *(object_ref(definition(kind)) for kind in ("A", "B", "C")))
    assert not any(call.verb == "list" for call in cluster.calls)


async def test_what_nobody_asked_for_is_not_kept() -> None:
    cluster = FakeCluster()
    cluster.put(config_map("other", "default"))
    assert (await _read(cluster, *REFS)).objects == {}


async def test_kinds_that_are_not_served_have_no_objects() -> None:
    ref = object_ref(custom())
    assert (await _read(FakeCluster(), ref)).is_missing(ref)


async def test_what_may_not_be_read_is_not_missing() -> None:
    cluster = FakeCluster()
    cluster.fail(RemoteRefused(Problem("forbidden", "may not list"), status=403), verb="list")
    live = await _read(cluster, *REFS)
    assert not live.is_missing(REFS[0])
    assert live.unreadable == dict.fromkeys(REFS, "may not list")


@pytest.mark.parametrize(
    "error", [Transient(Problem("unreachable", "no")), RemoteRefused(Problem("apiRefused", "no"), status=400)]
)
async def test_any_other_failure_is_one(error: Transient | RemoteRefused) -> None:
    cluster = FakeCluster()
    cluster.fail(error, verb="list")
    with pytest.raises(type(error)):
        await _read(cluster, *REFS)


async def test_all_objects_of_a_kind_in_some_namespaces() -> None:
    cluster = FakeCluster()
    scaler = autoscaler()
    scaler["metadata"]["namespace"] = "default"
    cluster.put(scaler)
    served = await served_kinds(cluster)
    found = await read_all(
        cluster, served, group="autoscaling", kind="HorizontalPodAutoscaler", namespaces=["default", "default"]
    )
    assert [obj["metadata"]["name"] for obj in found] == ["web"]
    assert await read_all(cluster, served, group="keda.sh", kind="ScaledObject", namespaces=["default"]) == []
