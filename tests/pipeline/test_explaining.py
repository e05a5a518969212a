"""Why objects are not healthy, asked at any time."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.causes import Cause
from fairlead.domain.errors import Problem, RemoteRefused
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.pipeline.explaining import LOOK_SECONDS, explain_now
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.fakes.workloads import available, crashing, deployment, pod, replica_set, running, waiting

API = ObjectRef("apps/v1", "Deployment", "shop", "api")


def put(cluster: FakeCluster, obj: dict[str, Any]) -> dict[str, Any]:
    """Store an object and then its status, as its controller has seen it; return it with the UID it got."""
    stored = cluster.put({name: value for name, value in obj.items() if name != "status"})
    if "status" in obj:
        cluster.set_status(object_ref(obj), obj["status"])
    return stored


def cluster_with(status: dict[str, Any], *, healthy: bool = False) -> FakeCluster:
    """Return a cluster with one Deployment and its one pod, whose container is in that status."""
    cluster = FakeCluster()
    put(cluster, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    owner = put(cluster, deployment())
    put(cluster, pod(put(cluster, replica_set(owner)), "a", status))
    rollout = {"replicas": 1, "updatedReplicas": 1, "unavailableReplicas": 1}
    cluster.set_status(API, available() if healthy else rollout)
    return cluster


@pytest.mark.parametrize(
    ("status", "cause"),
    [(waiting("ImagePullBackOff", "no such tag"), Cause.IMAGE_PULL), (crashing(), Cause.CRASH_LOOP)],
)
async def test_the_root_cause_is_named_at_once(status: dict[str, Any], cause: Cause) -> None:
    clock = FakeClock()
    explanation = await explain_now(cluster_with(status), [API, API], clock)
    assert explanation is not None
    assert (explanation.code, explanation.ref) == (cause.value, API)
    assert sum(clock.slept) < LOOK_SECONDS


async def test_what_is_healthy_needs_no_explanation() -> None:
    assert await explain_now(cluster_with(running(ready=True), healthy=True), [API], FakeClock()) is None
    assert await explain_now(FakeCluster(), [], FakeClock()) is None


async def test_who_may_not_list_is_told() -> None:
    cluster = cluster_with(running())
    cluster.fail(RemoteRefused(Problem("forbidden", "no"), status=403), verb="list", kind="Deployment", times=99)
    with pytest.raises(RemoteRefused):
        await explain_now(cluster, [API], FakeClock())
