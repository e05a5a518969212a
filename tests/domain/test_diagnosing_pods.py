from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.causes import Cause, Finding, Grace
from fairlead.domain.diagnosing_pods import pod_findings
from tests.fakes.workloads import (
    IMAGE,
    Body,
    crashing,
    deployment,
    ended,
    event,
    exit_of,
    pod,
    replica_set,
    running,
    unscheduled,
    waiting,
)

OWNER = replica_set(deployment())
NOT_FOUND = (
    f'Back-off pulling image "{IMAGE}": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack '
    f'image "{IMAGE}": failed to resolve reference "{IMAGE}": {IMAGE}: not found'
)
AWAY = (
    f'failed to pull and unpack image "{IMAGE}": failed to resolve reference "{IMAGE}": failed to do request: '
    'Head "https://registry.test/v2/app/manifests/1.0": dial tcp 192.0.2.1:443: i/o timeout'
)
CONFIG = "CreateContainerConfigError"


def found(status: Body, events: Sequence[Body] = ()) -> tuple[Finding, ...]:
    return pod_findings(pod(OWNER, "a", status), events, crashes=3)


@pytest.mark.parametrize(
    ("status", "cause", "grace", "clause"),
    [
        (waiting("ErrImagePull", NOT_FOUND), "imagePull", "short", f"cannot pull its image {IMAGE}: not found"),
        (waiting("ImagePullBackOff", NOT_FOUND), "imagePull", "none", f"cannot pull its image {IMAGE}: not found"),
        (waiting("ImagePullBackOff", AWAY), "imagePull", "pull", "dial tcp 192.0.2.1:443: i/o timeout"),
        (waiting("ImagePullBackOff"), "imagePull", "pull", f"cannot pull its image {IMAGE}"),
        (waiting("InvalidImageName", "x"), "imageName", "none", "InvalidImageName"),
        (waiting("ErrImageNeverPull", "x"), "imageName", "none", "ErrImageNeverPull"),
        (
            waiting(CONFIG, 'configmap "settings" not found'),
            "containerConfig",
            "start",
            'configmap "settings" not found',
        ),
        (waiting(CONFIG, "container has runAsNonRoot"), "containerConfig", "short", "runAsNonRoot"),
        (waiting("RunContainerError", "no such file"), "containerStart", "start", "no such file"),
        (waiting("Puzzled", "by life"), "notReady", "forever", "Puzzled: by life"),
        (crashing(1, restarts=1), "crashLoop", "forever", "ended with exit code 1"),
        (crashing(1, restarts=3), "crashLoop", "none", "ended with exit code 1"),
        (crashing(0, restarts=3), "crashLoop", "none", "ended with exit code 0"),
        (crashing(139, restarts=3), "crashLoop", "none", "exit code 139 (SIGSEGV)"),
        (crashing(137, restarts=3, reason="OOMKilled"), "outOfMemory", "none", "more memory than its limit"),
        (ended(2, restarts=3), "crashLoop", "none", "ended with exit code 2"),
        (ended(2), "crashLoop", "forever", "ended with exit code 2"),
        (running(restarts=5, ended=exit_of(1)), "crashLoop", "forever", "ended with exit code 1"),
        (running(), "notReady", "forever", "runs and is not ready"),
    ],
)
def test_a_container_in_trouble(status: Body, cause: str, grace: str, clause: str) -> None:
    (finding,) = found(status)

    assert (finding.cause, finding.grace) == (Cause(cause), Grace(grace))
    assert clause in finding.clause
    assert finding.clause.startswith("container app ")
    assert (finding.pod, finding.container) == ("api-6d5f-a", "app")


@pytest.mark.parametrize(
    "status",
    [waiting("ContainerCreating"), waiting("PodInitializing"), running(ready=True), ended(0, "Completed")],
)
def test_a_container_on_its_way(status: Body) -> None:
    assert found(status) == ()


@pytest.mark.parametrize(("restarts", "grace"), [(0, Grace.START), (1, Grace.NONE)])
def test_a_program_that_cannot_be_executed_is_final_with_its_first_back_off(restarts: int, grace: Grace) -> None:
    why = exit_of(128, "StartError", 'exec: "nope": executable file not found in $PATH')
    state = waiting("CrashLoopBackOff", restarts=1, ended=why) if restarts else running(ended=why)

    (finding,) = found(state)

    assert (finding.cause, finding.grace) == (Cause.CONTAINER_START, grace)
    assert "executable file not found" in finding.clause


@pytest.mark.parametrize(
    ("status", "previous"),
    [(crashing(), False), (ended(1), False), (running(restarts=1, ended=exit_of(1)), True), (running(), False)],
)
def test_the_log_of_the_crash_is_wanted(status: Body, previous: bool) -> None:
    (finding,) = found(status)

    assert finding.log is not None
    assert (finding.log.pod.name, finding.log.container, finding.log.previous) == ("api-6d5f-a", "app", previous)


def test_older_kubelets_tell_the_reason_of_a_failed_pull_in_an_event() -> None:
    stuck = pod(OWNER, "a", waiting("ImagePullBackOff", f'Back-off pulling image "{IMAGE}"'))
    said = event(stuck, "Failed", f'Failed to pull image "{IMAGE}": {NOT_FOUND}', container="app")

    (finding,) = pod_findings(stuck, [said], crashes=3)

    assert (finding.grace, finding.clause) == (Grace.NONE, f"container app cannot pull its image {IMAGE}: not found")


def test_a_failing_probe_is_told_without_the_address_of_the_pod() -> None:
    slow = pod(OWNER, "a", running())
    said = 'Readiness probe failed: Get "http://10.244.0.7:8080/health": connection refused'

    (finding,) = pod_findings(slow, [event(slow, "Unhealthy", said, container="app")], crashes=3)

    assert (finding.cause, finding.grace) == (Cause.PROBE_FAILING, Grace.FOREVER)
    assert 'Get "http://POD-IP:8080/health": connection refused' in finding.clause


def test_a_crash_by_the_liveness_probe_says_so() -> None:
    killed = pod(OWNER, "a", crashing(137))
    said = event(killed, "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500", container="app")

    (finding,) = pod_findings(killed, [said], crashes=3)

    assert finding.cause is Cause.CRASH_LOOP
    assert "after: Liveness probe failed: HTTP probe failed with statuscode: 500" in finding.clause


def test_events_about_another_container_do_not_count() -> None:
    slow = pod(OWNER, "a", running())

    (finding,) = pod_findings(slow, [event(slow, "Unhealthy", "Readiness probe failed", container="side")], crashes=3)

    assert finding.cause is Cause.NOT_READY


def test_a_failing_init_container_is_named_as_one() -> None:
    status = crashing(3) | {"name": "prepare"}
    held = pod(OWNER, "a", waiting("PodInitializing"), phase="Pending", initContainerStatuses=[status])

    (finding,) = pod_findings(held, [], crashes=3)

    assert finding.cause is Cause.CRASH_LOOP
    assert finding.clause == "init container prepare keeps crashing: it ended with exit code 3"


@pytest.mark.parametrize(("restart", "label"), [("Always", "container proxy runs"), (None, "init container proxy has")])
def test_a_sidecar_is_meant_to_run_and_another_init_container_to_finish(restart: str | None, label: str) -> None:
    held = pod(OWNER, "a", waiting("PodInitializing"), initContainerStatuses=[running(name="proxy")])
    held["spec"]["initContainers"] = [{"name": "proxy", "image": IMAGE, "restartPolicy": restart}]

    (finding,) = pod_findings(held, [], crashes=3)

    assert finding.clause.startswith(label)


def test_an_init_container_that_is_done_is_no_trouble() -> None:
    held = pod(OWNER, "a", waiting("PodInitializing"), initContainerStatuses=[ended(0, "Completed", restarts=1)])

    assert pod_findings(held, [], crashes=3) == ()


def test_a_pod_that_no_node_takes() -> None:
    (finding,) = pod_findings(unscheduled(OWNER, "a"), [], crashes=3)

    assert (finding.cause, finding.grace) == (Cause.UNSCHEDULABLE, Grace.SCHEDULING)
    assert "1 Insufficient cpu" in finding.clause


@pytest.mark.parametrize("reason", ["TriggeredScaleUp", "Nominated"])
def test_a_promised_node_is_waited_for(reason: str) -> None:
    held = unscheduled(OWNER, "a")

    (finding,) = pod_findings(held, [event(held, reason, "pod triggered scale-up")], crashes=3)

    assert (finding.cause, finding.grace) == (Cause.UNSCHEDULABLE, Grace.FOREVER)


def test_scheduling_gates_are_someone_elses() -> None:
    (finding,) = pod_findings(unscheduled(OWNER, "a", reason="SchedulingGated"), [], crashes=3)

    assert (finding.cause, finding.grace) == (Cause.SCHEDULING_GATE, Grace.FOREVER)


@pytest.mark.parametrize(
    ("reason", "cause"),
    [("FailedMount", Cause.VOLUME_MOUNT), ("FailedCreatePodSandBox", Cause.POD_SANDBOX)],
)
def test_a_pod_that_cannot_start_is_explained_by_its_newest_event(reason: str, cause: Cause) -> None:
    held = pod(OWNER, "a", waiting("ContainerCreating"), phase="Pending")
    events = [event(held, reason, "first"), event(held, reason, 'secret "tls" not found', at="2026-11-21T12:00:09Z")]

    (finding,) = pod_findings(held, events, crashes=3)

    assert (finding.cause, finding.grace) == (cause, Grace.FOREVER)
    assert finding.clause.endswith('secret "tls" not found')


def test_an_evicted_pod() -> None:
    gone = pod(OWNER, "a", phase="Failed", reason="Evicted", message="The node was low on resource: memory.")

    (finding,) = pod_findings(gone, [], crashes=3)

    assert finding.cause is Cause.POD_FAILED
    assert "low on resource: memory" in finding.clause


@pytest.mark.parametrize("healthy", [pod(OWNER, "a", running(ready=True)), pod(OWNER, "a", phase="Succeeded")])
def test_a_healthy_pod_is_no_finding(healthy: Body) -> None:
    assert (
        pod_findings(healthy, [event(healthy, "Unhealthy", "Readiness probe failed", container="app")], crashes=3) == ()
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "state", "waiting"]), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(pod(OWNER, "a")["status"])), JSON), JSON)
def test_any_pod_can_be_looked_at(status: dict[str, Any], events: Any) -> None:
    for each in pod_findings({**pod(OWNER, "a"), "status": status}, [{"reason": events}], crashes=3):
        assert each.clause.isprintable()


def test_a_run_that_has_ended_has_another_log_than_while_it_ran() -> None:
    (while_it_ran,), (afterwards,) = found(running()), found(ended(5))
    assert while_it_ran.log is not None
    assert afterwards.log is not None
    assert while_it_ran.log != afterwards.log
