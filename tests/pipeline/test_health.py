"""Waiting for health against the cluster in memory; the tests play the controllers and the clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from fairlead.domain.causes import Patience
from fairlead.domain.errors import Problem, RemoteRefused, Transient
from fairlead.domain.events import Event, HealthChanged, WaitStarted
from fairlead.domain.health import HealthReport, HealthState
from fairlead.domain.identity import ObjectRef, ReleaseKey
from fairlead.pipeline.health import wait_healthy, wait_on
from fairlead.pipeline.observation.observing import observing
from fairlead.ports.cluster import ApiKind, WatchEvent, WatchType
from tests.fakes.cluster import FakeCluster
from tests.fakes.stepped_clock import SteppedClock, settle
from tests.fakes.workloads import (
    REVISION,
    Body,
    available,
    crashing,
    deployment,
    event,
    pod,
    ref_of,
    replica_set,
    running,
    unscheduled,
    waiting,
)

KEY = ReleaseKey("test", "one", "shop", "web")
PATIENCE = Patience(timeout_seconds=100)
API = ref_of(deployment())
NOT_FOUND = "registry.test/app:1.0: not found"


@dataclass
class Sink:
    events: list[Event] = field(default_factory=list)

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def states(self, name: str = "api") -> list[str]:
        return [each.health.state for each in self.events if isinstance(each, HealthChanged) and each.ref.name == name]


@dataclass
class Stage:
    """A cluster with a wait going on in it."""

    cluster: FakeCluster
    clock: SteppedClock
    sink: Sink
    wait: asyncio.Task[HealthReport]

    async def report(self) -> HealthReport:
        await settle()
        assert self.wait.done(), "still waiting"
        return await self.wait

    async def still_waiting(self) -> bool:
        await settle()
        return not self.wait.done()

    def roll_out(self, status: Body, suffix: str = "a") -> Body:
        """Play the Deployment's controller and the kubelet: a ReplicaSet with one pod in that status."""
        owner = self.cluster._find(API)
        assert owner is not None
        maker = put(self.cluster, replica_set(owner, revision=owner["metadata"]["annotations"][REVISION]))
        self.cluster.set_status(API, {"replicas": 1, "updatedReplicas": 1, "unavailableReplicas": 1})
        return put(self.cluster, pod(maker, suffix, status))


def put(cluster: FakeCluster, obj: Body) -> Body:
    """Store an object with its status, as its controller has seen it; return it with the UID it got."""
    stored = cluster.put({name: value for name, value in obj.items() if name != "status"})
    if "status" in obj:
        cluster.set_status(ref_of(obj), obj["status"])
    return stored


@asynccontextmanager
async def waiting_for(*refs: ObjectRef, patience: Patience = PATIENCE, cluster: FakeCluster) -> AsyncIterator[Stage]:
    clock, sink = SteppedClock(), Sink()
    wait = asyncio.create_task(wait_healthy(cluster, KEY, refs, patience=patience, clock=clock, events=sink))
    await settle()
    try:
        yield Stage(cluster, clock, sink, wait)
    finally:
        wait.cancel()
        await asyncio.gather(wait, return_exceptions=True)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not others, "a task outlives the wait"


@pytest.fixture
def cluster() -> FakeCluster:
    """A cluster with the namespace of the tests and one new Deployment in it."""
    made = FakeCluster()
    made.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    put(made, deployment())
    return made


async def test_a_wait_ends_when_everything_is_current(cluster: FakeCluster) -> None:
    async with waiting_for(API, cluster=cluster) as stage:
        stage.roll_out(running())
        assert await stage.still_waiting()
        await stage.clock.advance(7)
        cluster.set_status(API, available())
        report = await stage.report()

    assert report.healthy
    assert report.explanation is None
    assert (report.duration_seconds, report.timed_out) == (7.0, False)
    assert stage.sink.events[0] == WaitStarted(KEY, 1, 100)
    assert stage.sink.states() == ["progressing", "progressing", "current"]


async def test_pods_that_no_probe_vouches_for_must_stay_up(cluster: FakeCluster) -> None:
    def unprobed(obj: Body) -> None:
        obj["spec"]["template"] = {"spec": {"containers": [{"name": "app"}]}}

    cluster.edit(API, unprobed)
    async with waiting_for(API, cluster=cluster) as stage:
        cluster.set_status(API, available())
        await stage.clock.advance(2)
        cluster.set_status(API, available() | {"availableReplicas": 0})
        await stage.clock.advance(2)
        cluster.set_status(API, available())
        await stage.clock.advance(2)
        assert await stage.still_waiting()
        await stage.clock.advance(1)
        report = await stage.report()

    assert report.healthy
    assert report.duration_seconds == 7.0


@pytest.mark.parametrize("written", [True, False])
async def test_what_nobody_wrote_and_is_current_needs_no_proof(cluster: FakeCluster, written: bool) -> None:
    cluster.edit(API, lambda obj: obj["spec"].update(template={"spec": {"containers": [{"name": "app"}]}}))
    applied = [await cluster.get(API)] if written else []
    cluster.set_status(API, available())
    clock = SteppedClock()
    async with observing(cluster, clock) as observer:
        objects = [obj for obj in applied if obj is not None]
        wait = asyncio.create_task(wait_on(observer, KEY, [API], patience=PATIENCE, events=Sink(), applied=objects))
        await settle()
        assert wait.done() is not written
        await clock.advance(4)
        assert (await wait).healthy


class LaggingCluster(FakeCluster):
    """A cluster whose watches deliver only when the test lets them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.deliver = asyncio.Event()

    async def watch(
        self, kind: ApiKind, namespace: str | None, *, resource_version: str, field_selector: str = ""
    ) -> AsyncIterator[WatchEvent]:
        events = super().watch(kind, namespace, resource_version=resource_version, field_selector=field_selector)
        async for each in events:
            await self.deliver.wait()
            yield each


@pytest.mark.parametrize("tell", [True, False])
async def test_a_shared_watch_that_lags_does_not_take_the_past_for_the_present(tell: bool) -> None:
    cluster, clock = LaggingCluster(), SteppedClock()
    cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    old = put(cluster, job())
    cluster.set_status(JOB, {"conditions": [{"type": "Complete", "status": "True"}]})
    async with observing(cluster, clock) as observer:
        assert (await wait_on(observer, KEY, [JOB], patience=PATIENCE, events=Sink())).healthy
        cluster.remove(JOB)
        again = put(cluster, job())
        assert again["metadata"]["uid"] != old["metadata"]["uid"]
        sink = Sink()
        applied = [again] if tell else None
        wait = asyncio.create_task(wait_on(observer, KEY, [JOB], patience=PATIENCE, events=sink, applied=applied))
        await settle()
        assert not wait.done()
        assert sink.states("migrate") == []
        cluster.deliver.set()
        await settle()
        assert sink.states("migrate") == ["progressing"]
        cluster.set_status(JOB, {"conditions": [{"type": "Complete", "status": "True"}]})
        assert (await wait).healthy


async def test_nothing_is_said_twice(cluster: FakeCluster) -> None:
    async with waiting_for(API, cluster=cluster) as stage:
        for number in range(5):
            cluster.put(deployment() | {"metadata": {"name": "api", "namespace": "shop", "labels": {"n": str(number)}}})
            await settle()

    assert stage.sink.states() == ["progressing"]


async def test_objects_without_anything_to_wait_for_are_not_read(cluster: FakeCluster) -> None:
    settings = ObjectRef("v1", "ConfigMap", "shop", "settings")
    async with waiting_for(settings, cluster=cluster) as stage:
        report = await stage.report()

    assert report.healthy
    assert stage.sink.events == []
    assert {call.verb for call in cluster.calls} == set()


async def test_what_apply_returned_as_current_is_not_read_again(cluster: FakeCluster) -> None:
    asleep = put(cluster, deployment("asleep", replicas=0))
    async with observing(cluster, SteppedClock()) as observer:
        report = await wait_on(observer, KEY, [ref_of(asleep)], patience=PATIENCE, events=Sink(), applied=[asleep])

    assert report.healthy
    assert cluster.calls == []


async def test_one_list_and_one_watch_for_each_kind_and_namespace(cluster: FakeCluster) -> None:
    refs = [API]
    for name in "bcdef":
        put(cluster, deployment(name))
        refs.append(ref_of(deployment(name)))
    async with waiting_for(*refs, cluster=cluster) as stage:
        for ref in refs:
            cluster.set_status(ref, {"replicas": 1})
            await settle()
        assert await stage.still_waiting()

    verbs = sorted((call.verb, call.kind) for call in cluster.calls if call.verb in {"list", "watch", "get"})
    followed = ["Deployment", "Event", "Pod", "ReplicaSet"]
    assert verbs == [("list", kind) for kind in followed] + [("watch", kind) for kind in followed]


async def test_releases_can_share_their_watches(cluster: FakeCluster) -> None:
    put(cluster, deployment("other"))
    clock = SteppedClock()
    async with observing(cluster, clock) as observer:
        waits = [
            asyncio.create_task(wait_on(observer, KEY, [ref], patience=PATIENCE, events=Sink()))
            for ref in (API, ref_of(deployment("other")))
        ]
        await settle()
        cluster.set_status(API, available())
        cluster.set_status(ref_of(deployment("other")), available())
        assert all(report.healthy for report in await asyncio.gather(*waits))

    assert sum(call.verb == "watch" and call.kind == "Deployment" for call in cluster.calls) == 1


async def test_a_wrong_image_ends_the_wait_at_once_and_is_named(cluster: FakeCluster) -> None:
    async with waiting_for(API, cluster=cluster) as stage:
        stage.roll_out(waiting("ImagePullBackOff", NOT_FOUND))
        report = await stage.report()

    assert report.state is HealthState.FAILED
    assert not report.timed_out
    assert report.explanation is not None
    assert (report.explanation.code, report.explanation.ref) == ("imagePull", API)
    assert all(word in report.explanation.text for word in ("api-6d5f-a", "container app", "registry.test/app:1.0"))
    assert stage.sink.states()[-1] == "failed"


async def test_a_first_failed_pull_gets_a_moment(cluster: FakeCluster) -> None:
    async with waiting_for(API, cluster=cluster) as stage:
        stage.roll_out(waiting("ErrImagePull", NOT_FOUND))
        await stage.clock.advance(4)
        assert await stage.still_waiting()
        await stage.clock.advance(2)
        report = await stage.report()

    assert report.explanation is not None
    assert report.duration_seconds == 5.0


async def test_a_trouble_that_passes_in_time_is_forgotten(cluster: FakeCluster) -> None:
    async with waiting_for(API, cluster=cluster) as stage:
        one = stage.roll_out(waiting("CreateContainerConfigError", 'configmap "settings" not found'))
        await stage.clock.advance(19)
        cluster.set_status(ref_of(one), pod(None, "x", waiting("ContainerCreating"))["status"])
        await stage.clock.advance(19)
        cluster.set_status(ref_of(one), pod(None, "x", waiting("CreateContainerConfigError", "again"))["status"])
        await stage.clock.advance(19)
        assert await stage.still_waiting()
        await stage.clock.advance(2)
        report = await stage.report()

    assert report.explanation is not None
    assert report.explanation.code == "containerConfig"


async def test_a_crash_loop_shows_exit_code_and_last_lines(cluster: FakeCluster) -> None:
    cluster.pod_logs["shop", "api-6d5f-a", "app", False] = "\n".join(f"line {number}" for number in range(40))
    async with waiting_for(API, cluster=cluster) as stage:
        one = stage.roll_out(crashing(3, restarts=1))
        assert await stage.still_waiting()
        cluster.set_status(ref_of(one), pod(None, "x", crashing(3, restarts=3))["status"])
        report = await stage.report()

    assert report.explanation is not None
    assert report.explanation.code == "crashLoop"
    assert "exit code 3" in report.explanation.sentence
    assert [line.strip() for line in report.explanation.details if "line 3" in line][-1] == "line 39"


async def test_broken_pods_of_the_old_template_do_not_fail_the_new_one(cluster: FakeCluster) -> None:
    async with waiting_for(API, cluster=cluster) as stage:
        stage.roll_out(crashing())
        await stage.report()

    def fix(obj: Body) -> None:
        obj["spec"]["template"] = {"fixed": True}

    cluster.edit(API, fix)
    async with waiting_for(API, cluster=cluster) as stage:
        assert await stage.still_waiting()
        cluster.edit(API, lambda obj: obj["metadata"]["annotations"].update({REVISION: "2"}))
        cluster.set_status(API, {"replicas": 2, "updatedReplicas": 1, "unavailableReplicas": 2})
        assert await stage.still_waiting()
        cluster.set_status(API, available())
        report = await stage.report()

    assert report.healthy


async def test_failed_scheduling_is_final_after_its_grace(cluster: FakeCluster) -> None:
    async with waiting_for(API, cluster=cluster) as stage:
        one = stage.roll_out(waiting("ContainerCreating"))
        cluster.set_status(ref_of(one), unscheduled(replica_set(deployment()), "a")["status"])
        await stage.clock.advance(29)
        assert await stage.still_waiting()
        await stage.clock.advance(2)
        report = await stage.report()

    assert report.explanation is not None
    assert (report.explanation.code, report.duration_seconds) == ("unschedulable", 30.0)


async def test_a_node_on_its_way_is_waited_for(cluster: FakeCluster) -> None:
    async with waiting_for(API, cluster=cluster) as stage:
        one = stage.roll_out(waiting("ContainerCreating"))
        cluster.set_status(ref_of(one), unscheduled(replica_set(deployment()), "a")["status"])
        put(cluster, event(one, "TriggeredScaleUp", "pod triggered scale-up"))
        await stage.clock.advance(90)
        assert await stage.still_waiting()


async def test_a_quota_is_final_after_its_grace(cluster: FakeCluster) -> None:
    async with waiting_for(API, cluster=cluster) as stage:
        owner = cluster._find(API)
        assert owner is not None
        said = 'pods "api-6d5f-x" is forbidden: exceeded quota: small'
        refused = {"conditions": [{"type": "ReplicaFailure", "status": "True", "message": said}]}
        put(cluster, replica_set(owner) | {"status": refused})
        cluster.set_status(API, {})
        await stage.clock.advance(31)
        report = await stage.report()

    assert report.explanation is not None
    assert report.explanation.code == "quota"


async def test_a_passed_progress_deadline_ends_the_wait(cluster: FakeCluster) -> None:
    async with waiting_for(API, cluster=cluster) as stage:
        stage.roll_out(running())
        late = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
        cluster.set_status(API, {"replicas": 1, "updatedReplicas": 1, "conditions": [late]})
        report = await stage.report()

    assert report.explanation is not None
    assert (report.explanation.code, report.timed_out) == ("progressDeadline", False)


async def test_a_timeout_is_explained_by_the_failing_probe(cluster: FakeCluster) -> None:
    async with waiting_for(API, cluster=cluster) as stage:
        one = stage.roll_out(running())
        put(cluster, event(one, "Unhealthy", "Readiness probe failed: statuscode: 503", container="app"))
        await stage.clock.advance(99)
        assert await stage.still_waiting()
        await stage.clock.advance(1)
        report = await stage.report()

    assert (report.timed_out, report.state, report.duration_seconds) == (True, HealthState.PROGRESSING, 100.0)
    assert report.explanation is not None
    assert report.explanation.code == "probeFailing"
    assert "503" in report.explanation.sentence


async def test_an_object_that_disappears_is_not_found_after_a_moment(cluster: FakeCluster) -> None:
    async with waiting_for(API, cluster=cluster) as stage:
        cluster.remove(API)
        await stage.clock.advance(9)
        assert await stage.still_waiting()
        await stage.clock.advance(2)
        report = await stage.report()

    assert report.state is HealthState.NOT_FOUND
    assert report.explanation is not None
    assert report.explanation.code == "notFound"


async def test_an_object_that_comes_back_is_waited_for(cluster: FakeCluster) -> None:
    async with waiting_for(API, cluster=cluster) as stage:
        cluster.remove(API)
        await stage.clock.advance(9)
        put(cluster, deployment())
        await stage.clock.advance(9)
        assert await stage.still_waiting()
        cluster.set_status(API, available())
        assert (await stage.report()).healthy


async def test_a_kind_that_is_not_served_is_not_found(cluster: FakeCluster) -> None:
    async with waiting_for(ObjectRef("shop.example/v1", "Widget", "shop", "w"), cluster=cluster) as stage:
        await stage.clock.advance(11)
        report = await stage.report()

    assert report.state is HealthState.NOT_FOUND


JOB = ObjectRef("batch/v1", "Job", "shop", "migrate")


def job(**status: Any) -> Body:
    meta = {"name": JOB.name, "namespace": "shop"}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": {"backoffLimit": 1}, "status": status}


async def test_the_log_of_a_failed_job_is_told_although_its_pod_is_gone(cluster: FakeCluster) -> None:
    owner = put(cluster, job(startTime="2026-11-21T12:00:00Z", active=1))
    cluster.pod_logs["shop", "migrate-a", "app", False] = "no such table"
    async with waiting_for(JOB, cluster=cluster) as stage:
        one = put(cluster, pod(owner, "a", crashing(3, restarts=1)))
        assert await stage.still_waiting()
        cluster.remove(ref_of(one))
        failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "backoff limit"}
        cluster.set_status(JOB, {"failed": 1, "conditions": [failed]})
        report = await stage.report()

    assert report.explanation is not None
    assert report.explanation.code == "jobFailed"
    assert "no such table" in report.explanation.text


async def test_a_job_that_is_cleaned_up_after_its_end_is_complete(cluster: FakeCluster) -> None:
    put(cluster, job(startTime="2026-11-21T12:00:00Z", active=1))
    other = put(cluster, deployment("slow"))
    async with waiting_for(JOB, ref_of(other), cluster=cluster) as stage:
        cluster.set_status(JOB, {"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]})
        await settle()
        cluster.remove(JOB)
        await stage.clock.advance(30)
        assert await stage.still_waiting()
        cluster.set_status(ref_of(other), available())
        report = await stage.report()

    assert report.healthy


@pytest.mark.parametrize(("mode", "healthy"), [("WaitForFirstConsumer", True), ("Immediate", False)])
async def test_a_claim_that_binds_late_is_not_waited_for(cluster: FakeCluster, mode: str, healthy: bool) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "shop"},
        "spec": {"storageClassName": "local"},
        "status": {"phase": "Pending"},
    }
    put(cluster, claim)
    api, meta = "storage.k8s.io/v1", {"name": "local"}
    cluster.put({"apiVersion": api, "kind": "StorageClass", "metadata": meta, "volumeBindingMode": mode})
    async with waiting_for(ref_of(claim), cluster=cluster) as stage:
        assert await stage.still_waiting() is not healthy


async def test_where_storage_classes_may_not_be_read_an_event_tells(cluster: FakeCluster) -> None:
    meta = {"name": "data", "namespace": "shop"}
    claim = put(cluster, {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": {}})
    cluster.fail(refused(403), verb="list", kind="StorageClass")
    async with waiting_for(ref_of(claim), cluster=cluster) as stage:
        assert await stage.still_waiting()
        put(cluster, event(claim, "WaitForFirstConsumer", "waiting for first consumer to be created before binding"))
        assert (await stage.report()).healthy


def refused(status: int) -> RemoteRefused:
    return RemoteRefused(Problem("forbidden", "may not be read"), status=status)


def away() -> Transient:
    return Transient(Problem("unreachable", "connection refused"), delay_seconds=2.0)


async def test_a_kind_that_may_not_be_listed_is_an_error(cluster: FakeCluster) -> None:
    cluster.fail(refused(403), verb="list", kind="Deployment")
    async with waiting_for(API, cluster=cluster) as stage:
        with pytest.raises(RemoteRefused):
            await stage.report()


async def test_where_pods_may_not_be_read_the_explanation_says_so(cluster: FakeCluster) -> None:
    cluster.fail(refused(403), verb="list", kind="Pod")
    async with waiting_for(API, cluster=cluster) as stage:
        stage.roll_out(crashing())
        await stage.clock.advance(100)
        report = await stage.report()

    assert report.explanation is not None
    assert any("Pod" in line and "may not be read" in line for line in report.explanation.details)


async def test_a_log_that_cannot_be_read_does_not_hide_the_rest(cluster: FakeCluster) -> None:
    cluster.fail(refused(403), verb="logs")
    async with waiting_for(API, cluster=cluster) as stage:
        stage.roll_out(crashing())
        report = await stage.report()

    assert report.explanation is not None
    assert report.explanation.code == "crashLoop"


async def test_an_api_server_that_is_away_for_a_while_only_delays(cluster: FakeCluster) -> None:
    cluster.fail(away(), verb="list", kind="Deployment", times=3)
    async with waiting_for(API, cluster=cluster) as stage:
        cluster.set_status(API, available())
        await stage.clock.advance(5)
        assert await stage.still_waiting()
        await stage.clock.advance(2)
        assert (await stage.report()).healthy


async def test_an_api_server_that_stays_away_is_named_at_the_end(cluster: FakeCluster) -> None:
    cluster.fail(away(), verb="list", kind="Deployment", times=1000)
    async with waiting_for(API, cluster=cluster) as stage:
        await stage.clock.advance(100)
        report = await stage.report()

    assert report.state is HealthState.UNKNOWN
    assert report.explanation is not None
    assert any("connection refused" in line for line in report.explanation.details)


class ForgetfulCluster(FakeCluster):
    """A cluster whose watches expire at once, as those of a busy server may."""

    async def watch(
        self, kind: ApiKind, namespace: str | None, *, resource_version: str, field_selector: str = ""
    ) -> AsyncIterator[WatchEvent]:
        self._call("watch", kind.kind)
        yield WatchEvent(WatchType.EXPIRED, {})


@pytest.mark.parametrize("watchable", [True, False])
async def test_lists_replace_watches_that_end(watchable: bool) -> None:
    cluster = ForgetfulCluster()
    if not watchable:
        cluster.fail(refused(403), verb="watch", times=1000)
    cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    put(cluster, deployment())
    async with waiting_for(API, cluster=cluster) as stage:
        await stage.clock.advance(3)
        cluster.set_status(API, available())
        assert await stage.still_waiting()
        await stage.clock.advance(1)
        report = await stage.report()

    assert report.healthy
    assert 4 <= sum(call.verb == "list" and call.kind == "Deployment" for call in cluster.calls) <= 6


async def test_what_was_deleted_between_two_lists_is_seen() -> None:
    cluster = ForgetfulCluster()
    cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    put(cluster, deployment())
    async with waiting_for(API, cluster=cluster) as stage:
        cluster.remove(API)
        await stage.clock.advance(12)
        assert (await stage.report()).state is HealthState.NOT_FOUND


async def test_a_cancelled_wait_leaves_nothing_behind(cluster: FakeCluster) -> None:
    async with waiting_for(API, cluster=cluster) as stage:
        stage.roll_out(crashing(restarts=1))
        await settle()
        stage.wait.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stage.wait


class SilentCluster(FakeCluster):
    """A cluster whose nodes do not answer when asked for logs."""

    async def logs(self, pod: ObjectRef, *, container: str, previous: bool, tail: int) -> str:
        await asyncio.Event().wait()
        return ""


async def test_logs_that_do_not_come_delay_the_report_by_seconds_only() -> None:
    cluster = SilentCluster()
    cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    put(cluster, deployment())
    async with waiting_for(API, cluster=cluster) as stage:
        stage.roll_out(crashing())
        assert await stage.still_waiting()
        await stage.clock.advance(5)
        report = await stage.report()

    assert report.explanation is not None
    assert report.explanation.code == "crashLoop"


async def test_a_pod_with_a_task_is_waited_for_until_it_has_ended(cluster: FakeCluster) -> None:
    alone = put(cluster, pod(None, "task", running()))
    async with waiting_for(ref_of(alone), patience=Patience(completion=True), cluster=cluster) as stage:
        assert await stage.still_waiting()
        cluster.set_status(ref_of(alone), {"phase": "Succeeded"})
        assert (await stage.report()).healthy


async def test_a_pod_that_failed_at_its_task_is_explained_with_its_log(cluster: FakeCluster) -> None:
    alone = put(cluster, pod(None, "task", running()))
    ref = ref_of(alone)
    cluster.pod_logs["shop", ref.name, "app", False] = "no such table"
    async with waiting_for(ref, patience=Patience(completion=True), cluster=cluster) as stage:
        ended = {"exitCode": 3, "reason": "Error"}
        status = {"name": "app", "state": {"terminated": ended}, "ready": False}
        cluster.set_status(ref, {"phase": "Failed", "containerStatuses": [status]})
        report = await stage.report()
    assert not report.healthy
    assert report.explanation is not None
    assert "no such table" in report.explanation.text
