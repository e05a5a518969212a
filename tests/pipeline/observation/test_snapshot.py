from __future__ import annotations

import pytest

from fairlead.domain.errors import Problem, RemoteRefused, Transient
from fairlead.domain.health import HealthState
from fairlead.domain.identity import ObjectRef
from fairlead.pipeline.observation.snapshot import snapshot_health
from tests.fakes.cluster import FakeCluster
from tests.fakes.workloads import available, deployment, ref_of


@pytest.fixture
def cluster() -> FakeCluster:
    made = FakeCluster()
    made.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    for name in "abc":
        made.put(deployment(name))
    made.set_status(ref_of(deployment("a")), available())
    return made


async def test_objects_are_judged_in_the_order_asked(cluster: FakeCluster) -> None:
    refs = [ref_of(deployment(name)) for name in ("b", "x", "a")]

    report = await snapshot_health(cluster, refs)

    assert [(each.ref.name, each.health.state) for each in report.objects] == [
        ("b", HealthState.PROGRESSING),
        ("x", HealthState.NOT_FOUND),
        ("a", HealthState.CURRENT),
    ]
    assert report.explanation is None


async def test_many_objects_of_a_kind_take_one_list(cluster: FakeCluster) -> None:
    await snapshot_health(cluster, [ref_of(deployment(name)) for name in "abcdef"])

    assert [call.verb for call in cluster.calls if call.kind == "Deployment"] == ["list"]


async def test_kinds_that_are_not_served_are_not_found(cluster: FakeCluster) -> None:
    report = await snapshot_health(cluster, [ObjectRef("shop.example/v1", "Widget", "shop", "w")])

    assert report.state is HealthState.NOT_FOUND


@pytest.mark.parametrize(("may_read", "state"), [(True, HealthState.CURRENT), (False, HealthState.PROGRESSING)])
async def test_a_claim_is_judged_by_its_storage_class(cluster: FakeCluster, may_read: bool, state: HealthState) -> None:
    meta = {"name": "data", "namespace": "shop"}
    spec = {"storageClassName": "local"}
    cluster.put({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec})
    late = {"metadata": {"name": "local"}, "volumeBindingMode": "WaitForFirstConsumer"}
    cluster.put({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass"} | late)
    if not may_read:
        refused = RemoteRefused(Problem("forbidden", "may not be read"), status=403)
        cluster.fail(refused, verb="list", kind="StorageClass")

    report = await snapshot_health(cluster, [ObjectRef("v1", "PersistentVolumeClaim", "shop", "data")])

    assert report.state is state


async def test_what_may_not_be_read_is_unknown_not_absent(cluster: FakeCluster) -> None:
    cluster.fail(RemoteRefused(Problem("forbidden", "may not be read"), status=403), verb="get")

    report = await snapshot_health(cluster, [ref_of(deployment("a"))])

    assert report.state is HealthState.UNKNOWN


async def test_a_failed_read_is_an_error_not_an_absence(cluster: FakeCluster) -> None:
    cluster.fail(Transient(Problem("unreachable", "connection refused")), verb="get")

    with pytest.raises(Transient):
        await snapshot_health(cluster, [ref_of(deployment("a"))])
