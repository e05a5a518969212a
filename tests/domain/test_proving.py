from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.proving import must_stay_current

PROBED = {"name": "app", "readinessProbe": {"httpGet": {"path": "/health", "port": 8080}}}
UNPROBED = {"name": "side"}


def workload(kind: str, *containers: Any, **spec: Any) -> dict[str, Any]:
    template = {"spec": {"containers": list(containers)}}
    return {"apiVersion": "apps/v1", "kind": kind, "spec": {"template": template, **spec}}


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"])
def test_one_container_without_a_probe_is_enough(kind: str) -> None:
    assert must_stay_current(workload(kind, PROBED, UNPROBED))
    assert not must_stay_current(workload(kind, PROBED))


def test_who_waits_by_itself_or_runs_nothing_needs_no_more() -> None:
    assert not must_stay_current(workload("Deployment", UNPROBED, minReadySeconds=5))
    assert not must_stay_current(workload("Deployment", UNPROBED, replicas=0))


@pytest.mark.parametrize(("phase", "expected"), [("Running", True), ("Succeeded", False)])
def test_a_pod_proves_itself_while_it_runs(phase: str, expected: bool) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [UNPROBED]}, "status": {"phase": phase}}

    assert must_stay_current(pod) is expected


def test_other_kinds_run_nothing() -> None:
    assert not must_stay_current({"apiVersion": "v1", "kind": "Service", "spec": {}})
