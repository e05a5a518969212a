"""Whole deployments on a cluster in memory: order, health, hooks, failures, interruption."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from fairlead.domain.deployments import Outcome
from fairlead.domain.errors import InputError, Problem, RemoteRefused, Transient
from fairlead.domain.events import Applied, ApplyFailed, ApplyStarted, Planned, ReleaseFinished, WaitStarted
from fairlead.domain.health import HealthState
from fairlead.domain.identity import ObjectRef
from fairlead.domain.state import ReleaseState
from fairlead.pipeline.deploy import DeployOptions, deploy
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.fakes.releases import (
    config_map,
    custom,
    definition,
    deployment,
    environment,
    hook,
    job,
    namespace,
    release,
    secret,
    wanted,
)
from tests.fakes.runs import Run
from tests.fakes.stepped_clock import SteppedClock

FIRST, SECOND = release("first"), release("second", depends_on=("first",))
BOTH = environment(FIRST, SECOND)


def _fault(status: int, code: str, message: str = "the server says no") -> RemoteRefused:
    return RemoteRefused(Problem(code, message, remedy="do something"), status=status)


def _index(run: Run, *names: str) -> list[int]:
    return [run.written.index(name) for name in names]


async def test_a_release_is_applied_and_becomes_healthy() -> None:
    run = Run()
    one = wanted(config_map(), secret(a="b"))
    planned = await run.plan(one)
    (deployed,) = await run.deploy(one)
    assert (deployed.outcome, deployed.health, deployed.explanation) == (Outcome.SUCCEEDED, HealthState.CURRENT, "")
    assert deployed.plan_digest == planned.releases[0].digest
    assert deployed.to_json()["summary"] == {
        "create": 2,
        "update": 0,
        "delete": 0,
        "recreate": 0,
        "keep": 0,
        "skip": 0,
    }
    assert {call.manager for call in run.cluster.writes} == {"fairlead"}
    kinds = [type(event) for event in run.recorder.events]
    assert kinds[-5:] == [Planned, ApplyStarted, Applied, Applied, ReleaseFinished]


async def test_a_second_deployment_is_unchanged_and_writes_nothing() -> None:
    run, one = Run(), wanted(config_map())
    await run.deploy(one)
    run.cluster.calls.clear()
    (deployed,) = await run.deploy(one)
    assert (deployed.outcome, deployed.health) == (Outcome.UNCHANGED, HealthState.CURRENT)
    assert run.cluster.writes == []
    assert not any(isinstance(event, ApplyStarted) for event in run.recorder.events[4:])


async def test_objects_are_written_wave_by_wave() -> None:
    run = Run()
    objects = [custom(), deployment(), config_map(), definition(), namespace("extra"), config_map("far", "extra")]
    await run.deploy(wanted(*objects), wait=False)
    order = _index(run, "Namespace/extra", "ConfigMap/settings", "Deployment/web", "Widget/w")
    assert order == sorted(order)
    assert run.written.index("ConfigMap/far") > run.written.index("Namespace/extra")


async def test_a_custom_resource_waits_for_the_definition_of_another_release() -> None:
    run = Run()
    (user, definer) = await run.deploy(wanted(custom(), of=FIRST), wanted(definition(), of=release("z")), wait=False)
    assert (user.outcome, definer.outcome) == (Outcome.SUCCEEDED, Outcome.SUCCEEDED)
    assert run.written == ["CustomResourceDefinition/widgets.example.com", "Widget/w"]


async def test_dependents_wait_until_their_dependency_is_healthy() -> None:
    run = Run()
    releases = [wanted(config_map("b"), of=SECOND, env=BOTH), wanted(config_map("a"), of=FIRST, env=BOTH)]
    results = await run.deploy(*releases)
    assert [one.key.release for one in results] == ["first", "second"]
    finished = [event for event in run.recorder.events if isinstance(event, Applied | ReleaseFinished)]
    assert [type(event) for event in finished] == [Applied, ReleaseFinished] * 2


async def test_in_declared_order_each_release_waits_for_the_one_before() -> None:
    env = environment(first := release("first"), second := release("second"))
    releases = [wanted(deployment("a"), of=first, env=env), wanted(config_map("b"), of=second, env=env)]
    for ordered in (False, True):
        run = Run()
        failed, other = await run.deploy(*releases, declared_order=ordered, timeout_seconds=1.0)
        assert failed.outcome is Outcome.FAILED
        assert other.outcome is (Outcome.SKIPPED if ordered else Outcome.SUCCEEDED)


async def test_one_release_failing_skips_its_dependents_and_nothing_else() -> None:
    run = Run()
    env = environment(FIRST, SECOND, release("third", depends_on=("second",)), release("other"))
    releases = [wanted(config_map(one.name), of=one, env=env) for one in env.releases]
    run.cluster.fail(_fault(422, "objectInvalid"), verb="apply", name="first")
    results = {one.key.release: one for one in await run.deploy(*releases)}
    assert {name: one.outcome.value for name, one in results.items()} == {
        "first": "failed",
        "second": "skipped",
        "third": "skipped",
        "other": "succeeded",
    }
    assert "first" in results["second"].explanation
    assert "second" in results["third"].explanation
    assert "ConfigMap default/first" in results["first"].explanation
    assert run.written == ["ConfigMap/first", "ConfigMap/other"]
    (failed,) = [event for event in run.recorder.events if isinstance(event, ApplyFailed)]
    assert failed.ref == ObjectRef("v1", "ConfigMap", "default", "first")


async def test_a_failed_object_stops_later_waves_but_not_its_own() -> None:
    run = Run()
    run.cluster.fail(_fault(403, "forbidden"), verb="apply", name="a")
    (deployed,) = await run.deploy(wanted(config_map("a"), config_map("b"), deployment()))
    assert deployed.outcome is Outcome.FAILED
    assert run.written == ["ConfigMap/a", "ConfigMap/b"]
    assert "Deployment default/web not begun" in deployed.explanation
    assert "ConfigMap default/a of release web" in deployed.explanation


async def test_running_again_after_a_failure_writes_only_what_is_missing() -> None:
    run, one = Run(), wanted(config_map("a"), config_map("b"))
    run.cluster.fail(Transient(Problem("unreachable", "gone")), verb="apply", name="a")
    assert [deployed.outcome for deployed in await run.deploy(one)] == [Outcome.FAILED]
    run.cluster.calls.clear()
    assert [deployed.outcome for deployed in await run.deploy(one)] == [Outcome.SUCCEEDED]
    assert run.written == ["ConfigMap/a"]


async def test_a_failed_definition_blocks_its_objects_in_other_releases() -> None:
    run = Run()
    run.cluster.fail(_fault(422, "objectInvalid"), verb="apply", kind="CustomResourceDefinition")
    user, definer = await run.deploy(wanted(custom(), of=FIRST), wanted(definition(), of=release("z")))
    assert (user.outcome, definer.outcome) == (Outcome.FAILED, Outcome.FAILED)
    assert "CustomResourceDefinition" in user.explanation


async def test_a_definition_that_is_never_established_blocks_its_objects() -> None:
    run = Run(FakeCluster())
    (deployed,) = await run.deploy(wanted(definition(), custom()))
    assert deployed.outcome is Outcome.FAILED
    assert run.written == ["CustomResourceDefinition/widgets.example.com"]
    assert "Widget default/w not begun" in deployed.explanation


async def test_a_conflict_is_read_again_and_does_not_touch_foreign_fields() -> None:
    run = Run()
    await run.deploy(wanted(deployment(replicas=None)), wait=False)
    ref = ObjectRef("apps/v1", "Deployment", "default", "web")
    planned = await run.plan(one := wanted(deployment(image="web:2", replicas=None)))
    run.cluster.edit(ref, lambda obj: obj["spec"].update(replicas=5), manager="hpa")
    (deployed,) = await deploy(planned, [one.target], run.engine, DeployOptions(wait=False))
    live = await run.cluster.get(ref)
    assert deployed.outcome is Outcome.SUCCEEDED
    assert live is not None
    assert live["spec"]["replicas"] == 5
    assert live["spec"]["template"]["spec"]["containers"][0]["image"] == "web:2"


@pytest.mark.parametrize("what", ["edited", "made anew", "deleted"])
async def test_a_plan_that_is_no_longer_true_is_not_applied(what: str) -> None:
    run = Run()
    await run.deploy(wanted(config_map(key="old")))
    ref = ObjectRef("v1", "ConfigMap", "default", "settings")
    planned = await run.plan(one := wanted(config_map(key="new")))
    if what == "edited":
        run.cluster.edit(ref, lambda obj: obj["data"].update(key="by hand"))
    else:
        run.cluster.remove(ref)
    if what == "made anew":
        run.cluster.put(config_map(namespace="default", key="old"))
    (deployed,) = await deploy(planned, [one.target], run.engine)
    live = await run.cluster.get(ref)
    assert deployed.outcome is Outcome.FAILED
    assert (live["data"]["key"] if live else None) == {"edited": "by hand", "made anew": "old", "deleted": None}[what]


async def test_what_the_dry_run_refused_is_not_begun_at_all() -> None:
    run = Run()
    await run.deploy(wanted(config_map(key="old")))
    run.cluster.calls.clear()
    run.cluster.fail(_fault(422, "fieldImmutable", "field is immutable"), verb="apply", name="settings")
    (deployed,) = await run.deploy(wanted(config_map(key="new"), config_map("other")))
    assert deployed.outcome is Outcome.FAILED
    assert "field is immutable" in deployed.explanation
    assert run.cluster.writes == []


async def test_the_namespace_of_an_environment_is_made_first() -> None:
    env = environment(FIRST, SECOND, namespace="shop", create_namespace=True)
    run = Run()
    results = await run.deploy(*(wanted(config_map(one.name), of=one, env=env) for one in env.releases))
    assert [one.outcome for one in results] == [Outcome.SUCCEEDED] * 2
    assert run.written == ["Namespace/shop", "ConfigMap/first", "ConfigMap/second"]


async def test_a_missing_namespace_is_explained() -> None:
    run = Run()
    (deployed,) = await run.deploy(wanted(config_map(), env=environment(release(), namespace="nowhere")))
    assert deployed.outcome is Outcome.FAILED
    assert "createNamespace" in deployed.explanation


async def test_an_unhealthy_release_fails_with_its_explanation() -> None:
    run = Run()
    failed = {"status": {"phase": "Failed", "message": "out of luck"}}
    run.cluster.defaulting = lambda obj: obj.update(failed) if obj["kind"] == "Pod" else None
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": []}}
    (deployed,) = await run.deploy(wanted(pod), timeout_seconds=1.0)
    assert (deployed.outcome, deployed.health) == (Outcome.FAILED, HealthState.FAILED)
    assert "out of luck" in deployed.explanation
    (again,) = await run.deploy(wanted(pod), timeout_seconds=1.0)
    assert again.outcome is Outcome.FAILED


async def test_health_is_not_looked_at_when_nobody_waits() -> None:
    run = Run()
    (by_option,) = await run.deploy(wanted(deployment()), wait=False)
    (by_release,) = await run.deploy(wanted(deployment("b"), of=release("b", wait=False)))
    assert [(one.outcome, one.health) for one in (by_option, by_release)] == [(Outcome.SUCCEEDED, None)] * 2


HOOKS = (
    hook(config_map("second"), "pre-install", weight=5),
    hook(config_map("first"), "pre-install", policies=("hook-succeeded",)),
    hook(config_map("after"), "post-install"),
    hook(config_map("upgrade"), "pre-upgrade"),
)


async def test_hooks_run_around_the_changes_in_order_of_weight() -> None:
    run, chart = Run(), release(chart=True)
    (deployed,) = await run.deploy(wanted(config_map("main"), of=chart, hooks=HOOKS))
    assert deployed.outcome is Outcome.SUCCEEDED
    applied = [call.ref.name for call in run.cluster.writes if call.verb == "apply" and call.ref]
    assert applied == ["first", "second", "main", "after"]
    assert await run.cluster.get(ObjectRef("v1", "ConfigMap", "default", "first")) is None
    second = await run.cluster.get(ObjectRef("v1", "ConfigMap", "default", "second"))
    assert second is not None
    assert "annotations" not in second["metadata"]


async def test_an_old_hook_makes_room_and_an_unchanged_release_runs_none() -> None:
    run, chart = Run(), release(chart=True)
    hooks = (hook(config_map("h"), "pre-install", "pre-upgrade"),)
    await run.deploy(wanted(config_map(key="a"), of=chart, hooks=hooks))
    old = await run.cluster.get(ObjectRef("v1", "ConfigMap", "default", "h"))
    await run.deploy(wanted(config_map(key="a"), of=chart, hooks=hooks))
    assert await run.cluster.get(ObjectRef("v1", "ConfigMap", "default", "h")) == old
    await run.deploy(wanted(config_map(key="b"), of=chart, hooks=hooks))
    new = await run.cluster.get(ObjectRef("v1", "ConfigMap", "default", "h"))
    assert old is not None
    assert new is not None
    assert new["metadata"]["uid"] != old["metadata"]["uid"]


@pytest.mark.parametrize(("condition", "outcome"), [("Complete", "succeeded"), ("Failed", "failed")])
async def test_a_job_hook_is_awaited(condition: str, outcome: str) -> None:
    run = Run()
    done = {"status": {"conditions": [{"type": condition, "status": "True"}]}}
    run.cluster.defaulting = lambda obj: obj.update(done) if obj["kind"] == "Job" else None
    hooks = (hook(job(), "pre-install", policies=("hook-failed",)),)
    (deployed,) = await run.deploy(wanted(config_map(), of=release(chart=True), hooks=hooks), timeout_seconds=1.0)
    assert deployed.outcome.value == outcome
    assert ("ConfigMap/settings" in run.written) == (outcome == "succeeded")
    left = await run.cluster.get(ObjectRef("batch/v1", "Job", "default", "migrate"))
    assert (left is not None) == (outcome == "succeeded")


async def test_secrets_do_not_leave_through_the_servers_messages() -> None:
    run = Run()
    fault = _fault(422, "objectInvalid", "bad value s3cr3t-value or czNjcjN0LXZhbHVl")
    run.cluster.fail(fault, verb="apply", name="token")
    (deployed,) = await run.deploy(wanted(secret(password="s3cr3t-value")))
    told = deployed.explanation + str(run.recorder.events)
    assert "bad value" in told
    assert "s3cr3t-value" not in told
    assert "czNjcjN0" not in told


async def test_secrets_do_not_leave_through_what_is_said_of_health() -> None:
    def failing(obj: dict[str, Any]) -> None:
        late = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
        if obj["kind"] == "Deployment":
            obj["status"] = {"observedGeneration": 1, "conditions": [late | {"message": "cannot log in: s3cr3t-value"}]}

    run = Run(FakeCluster(defaulting=failing))
    (deployed,) = await run.deploy(wanted(deployment(), secret(password="s3cr3t-value")))
    assert "cannot log in" in deployed.explanation
    assert "s3cr3t-value" not in deployed.explanation
    (recorded,) = (await run.engine.stores["test"].read(deployed.key)).state.deployments
    assert "s3cr3t-value" not in recorded.deployment.explanation


async def test_releases_that_wait_for_each_other_are_an_error_before_the_first_write() -> None:
    env = environment(release("a", depends_on=("b",)), release("b", depends_on=("a",)))
    run = Run()
    with pytest.raises(InputError) as caught:
        await run.deploy(*(wanted(config_map(one.name), of=one, env=env) for one in env.releases))
    assert caught.value.code == "dependencyCycle"
    assert run.cluster.writes == []


class SlowCluster(FakeCluster):
    """Answers writes only when the gate is open; `asked` says that one is under way."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.asked = asyncio.Event()

    async def apply(
        self, manifest: Mapping[str, Any], *, manager: str, dry_run: bool = False, force: bool = True
    ) -> dict[str, Any]:
        if manifest["kind"] != "Lease":
            self.asked.set()
            await self.gate.wait()
        return await super().apply(manifest, manager=manager, dry_run=dry_run, force=force)


async def test_an_interruption_finishes_the_write_under_way_and_begins_no_other() -> None:
    cluster = SlowCluster()
    run = Run(cluster)
    releases = [
        wanted(config_map("a"), deployment(), of=FIRST, env=BOTH),
        wanted(config_map("b"), of=SECOND, env=BOTH),
    ]
    planned = await run.plan(*releases)
    task = asyncio.ensure_future(deploy(planned, [one.target for one in releases], run.engine))
    await cluster.asked.wait()
    task.cancel()
    await asyncio.sleep(0)
    cluster.gate.set()
    assert [one.outcome for one in await task] == [Outcome.INTERRUPTED] * 2
    assert run.written == ["ConfigMap/a"]


async def test_an_interruption_ends_the_wait_for_health() -> None:
    run = Run()
    planned = await run.plan(one := wanted(deployment()))
    still = replace(run.engine, clock=SteppedClock())  # or the wait's own time limit might come first
    task = asyncio.ensure_future(deploy(planned, [one.target], still))
    await run.recorder.told(WaitStarted)
    task.cancel()
    assert [ended.outcome for ended in await task] == [Outcome.INTERRUPTED]


async def test_many_releases_run_side_by_side() -> None:
    run = Run()
    names = [f"r{number}" for number in range(50)]
    results = await run.deploy(*(wanted(config_map(name), of=release(name)) for name in names))
    assert {one.outcome for one in results} == {Outcome.SUCCEEDED}


class _Operator(FakeClock):
    """Time in which an operator defines a kind at the second look."""

    def __init__(self, cluster: FakeCluster) -> None:
        super().__init__()
        self.cluster = cluster

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        if len(self.slept) == 2:
            await self.cluster.apply(definition(), manager="operator")


async def test_a_kind_that_comes_while_it_is_waited_for_is_used() -> None:
    run = Run()
    run.engine = replace(run.engine, clock=_Operator(run.cluster))
    (done,) = await run.deploy(wanted(custom(), config_map()), wait=False)
    assert (done.outcome, done.explanation) == (Outcome.SUCCEEDED, "")
    assert run.written == ["ConfigMap/settings", "CustomResourceDefinition/widgets.example.com", "Widget/w"]


async def test_a_kind_that_never_comes_fails_after_the_rest_was_made() -> None:
    run = Run()
    (done,) = await run.deploy(wanted(custom(), config_map()), wait=False)
    assert done.outcome is Outcome.FAILED
    assert "Widget" in done.explanation
    assert run.written == ["ConfigMap/settings", "Widget/w"]


async def test_waiting_for_a_kind_ends_with_the_run() -> None:
    run = Run()
    planned = await run.plan(one := wanted(custom(), config_map()))
    task = asyncio.create_task(deploy(planned, [one.target], replace(run.engine, clock=SteppedClock())))
    await run.recorder.told(Applied)
    task.cancel()
    (done,) = await task
    assert done.outcome is Outcome.INTERRUPTED


async def test_what_was_allowed_is_still_allowed_after_waiting_for_another_run() -> None:
    run, one = Run(), wanted(config_map(a="2"))
    foreign = {"annotations": {"argocd.argoproj.io/tracking-id": "shop"}, "name": "settings", "namespace": "default"}
    run.cluster.put({"apiVersion": "v1", "kind": "ConfigMap", "metadata": foreign, "data": {"a": "1"}})
    planned = await run.plan(one, take_ownership=True)
    before = planned.releases[0].stored
    assert before is not None
    assert await run.engine.store(one.key).swap(one.key, before, ReleaseState(fence=1)) is not None
    (done,) = await deploy(planned, [one.target], run.engine, DeployOptions(wait=False))
    assert (done.outcome, done.explanation) == (Outcome.SUCCEEDED, "")


async def test_what_somebody_else_deployed_meanwhile_is_named() -> None:
    run, one = Run(), wanted(*(config_map(f"c-{number}", a="1") for number in range(7)))
    await run.deploy(one)
    other = wanted(*(config_map(f"c-{number}", a="2") for number in range(7)), inputs="sha256:other")
    planned = await run.plan(other)
    await run.deploy(wanted(*(config_map(f"c-{number}", a="3") for number in range(7)), inputs="sha256:third"))
    (done,) = await deploy(planned, [other.target], run.engine, DeployOptions(wait=False))
    assert done.outcome is Outcome.REFUSED
    assert "ConfigMap default/c-0 /data/a" in done.explanation
    assert "c-4" in done.explanation
    assert "c-5" not in done.explanation
