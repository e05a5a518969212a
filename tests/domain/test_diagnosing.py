from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from fairlead.domain.causes import Cause, Finding, Grace
from fairlead.domain.diagnosing import Scene, diagnose
from tests.fakes.workloads import Body, crashing, deployment, ended, event, pod, replica_set, waiting

QUOTA = 'pods "api-6d5f-xk2lp" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2'


def seen(
    obj: Body, *, replica_sets: Sequence[Body] = (), pods: Sequence[Body] = (), events: Any = None
) -> list[Finding]:
    return list(diagnose(Scene(obj, tuple(replica_sets), tuple(pods), events or {}), crashes=3))


def workload(kind: str, *, status: Body, name: str = "db", group: str = "apps/v1", **spec: Any) -> Body:
    meta = {"name": name, "namespace": "shop", "uid": f"w-{name}", "generation": 1}
    return {"apiVersion": group, "kind": kind, "metadata": meta, "spec": spec, "status": status}


def test_pods_of_the_newest_replica_set_count() -> None:
    owner = deployment(revision="2") | {"status": {"observedGeneration": 1}}
    old, new = replica_set(owner, "old", revision="1"), replica_set(owner, "new", revision="2")

    found = seen(owner, replica_sets=[old, new], pods=[pod(old, "a", crashing()), pod(new, "b", crashing())])

    assert [(each.pod, each.outdated) for each in found if each.pod] == [("api-new-b", False), ("api-old-a", True)]


def test_no_pod_counts_before_the_controller_has_seen_the_new_template() -> None:
    owner = deployment()
    owner["metadata"]["generation"] = 2
    owner["status"] = {"observedGeneration": 1}
    only = replica_set(owner)

    assert [each.outdated for each in seen(owner, replica_sets=[only], pods=[pod(only, "a", crashing())])] == [True]


def test_no_pod_counts_before_the_new_replica_set_is_seen() -> None:
    owner = deployment(revision="2")
    old = replica_set(owner, "old", revision="1")

    assert [each.outdated for each in seen(owner, replica_sets=[old], pods=[pod(old, "a", crashing())])] == [True]


def test_a_pod_that_is_being_deleted_does_not_count() -> None:
    owner = replica_set(deployment()) | {"status": {"replicas": 1}}
    ending = pod(owner, "a", crashing())
    ending["metadata"]["deletionTimestamp"] = "2026-11-21T12:00:00Z"

    assert seen(owner, pods=[ending]) == []


@pytest.mark.parametrize(("label", "outdated"), [("db-9c", False), ("db-6b", True)])
def test_pods_of_the_update_revision_of_a_stateful_set_count(label: str, outdated: bool) -> None:
    owner = workload("StatefulSet", replicas=1, status={"replicas": 1, "updateRevision": "db-9c"})
    member = pod(owner, "0", crashing())
    member["metadata"]["labels"] = {"controller-revision-hash": label}

    assert [each.outdated for each in seen(owner, pods=[member])] == [outdated]


@pytest.mark.parametrize(("label", "outdated"), [("2", False), ("1", True), (None, False)])
def test_pods_of_the_template_generation_of_a_daemon_set_count(label: str | None, outdated: bool) -> None:
    owner = workload("DaemonSet", status={"desiredNumberScheduled": 1, "currentNumberScheduled": 1})
    owner["metadata"]["annotations"] = {"deprecated.daemonset.template.generation": "2"}
    member = pod(owner, "x", crashing())
    member["metadata"]["labels"] = {"pod-template-generation": label} if label else {}

    assert [each.outdated for each in seen(owner, pods=[member])] == [outdated]


@pytest.mark.parametrize(
    ("message", "cause", "grace", "said"),
    [
        (QUOTA, Cause.QUOTA, Grace.REFUSAL, "exceeded quota: small"),
        (
            'pods "x" is forbidden: violates PodSecurity "restricted:latest": privileged',
            Cause.POD_REFUSED,
            Grace.SHORT,
            'violates PodSecurity "restricted:latest": privileged',
        ),
        (
            'pods "x" is forbidden: error looking up service account shop/api: serviceaccount "api" not found',
            Cause.POD_REFUSED,
            Grace.REFUSAL,
            'serviceaccount "api" not found',
        ),
    ],
)
def test_refused_pods_of_a_deployment(message: str, cause: Cause, grace: Grace, said: str) -> None:
    owner = deployment()
    maker = replica_set(owner)
    maker["status"] = {"conditions": [{"type": "ReplicaFailure", "status": "True", "message": message}]}

    (finding,) = seen(owner, replica_sets=[maker])

    assert (finding.cause, finding.grace) == (cause, grace)
    assert said in finding.clause
    assert '"x"' not in finding.clause


@pytest.mark.parametrize(
    "owner",
    [
        workload("StatefulSet", replicas=1, status={"replicas": 0}),
        workload("DaemonSet", status={"desiredNumberScheduled": 1, "currentNumberScheduled": 0}),
        workload("Job", group="batch/v1", status={"startTime": "2026-11-21T12:00:00Z"}),
        workload("ReplicationController", group="v1", status={"replicas": 0}),
    ],
    ids=lambda owner: owner["kind"],
)
def test_refused_pods_of_other_kinds_are_told_by_the_newest_event(owner: Body) -> None:
    uid = owner["metadata"]["uid"]
    newer = event(owner, "FailedCreate", f"Error creating: {QUOTA}", at="2026-11-21T12:00:09Z")
    events = {uid: [newer, event(owner, "FailedCreate", "create Pod db-0 failed")]}

    (finding,) = seen(owner, events=events)

    assert finding.cause is Cause.QUOTA
    assert "xk2lp" not in finding.clause


def test_a_workload_with_all_its_pods_is_refused_nothing() -> None:
    owner = workload("StatefulSet", replicas=1, status={"replicas": 1})

    assert seen(owner, events={"w-db": [event(owner, "FailedCreate", QUOTA)]}) == []


def test_only_the_job_decides_when_its_failures_are_final() -> None:
    job = workload("Job", group="batch/v1", status={"active": 1})

    (again,) = seen(job, pods=[pod(job, "a", crashing())])
    (once,) = seen(job, pods=[pod(job, "b", ended(3), phase="Failed")])
    (memory,) = seen(job, pods=[pod(job, "c", crashing(137, reason="OOMKilled"))])
    (image,) = seen(job, pods=[pod(job, "d", waiting("InvalidImageName"))])

    assert (again.cause, again.grace) == (once.cause, once.grace) == (Cause.JOB_FAILED, Grace.FOREVER)
    assert (memory.cause, memory.grace) == (Cause.OUT_OF_MEMORY, Grace.FOREVER)
    assert (image.cause, image.grace) == (Cause.IMAGE_NAME, Grace.NONE)


def test_a_claim_without_a_volume() -> None:
    claim = workload("PersistentVolumeClaim", group="v1", name="data", status={"phase": "Pending"})
    said = event(claim, "ProvisioningFailed", 'storageclass.storage.k8s.io "fast" not found')

    (finding,) = seen(claim, events={"w-data": [said]})

    assert finding.cause is Cause.VOLUME_CLAIM
    assert 'storageclass.storage.k8s.io "fast" not found' in finding.clause


def test_findings_stand_in_the_order_of_the_pods_names() -> None:
    owner = replica_set(deployment()) | {"status": {"replicas": 2}}
    two, one = pod(owner, "b", crashing()), pod(owner, "a", crashing())

    assert [each.pod for each in seen(owner, pods=[two, one])] == ["api-6d5f-a", "api-6d5f-b"]
