"""Hooks with Helm's meaning: order, completion, delete policies."""

from __future__ import annotations

import asyncio

import pytest

from fairlead.domain.errors import Interrupted, Problem, RemoteRefused
from fairlead.domain.health import Explanation, Health, HealthReport, HealthState, ObjectHealth
from fairlead.domain.hooks import Phase
from fairlead.domain.identity import ObjectRef, ReleaseKey
from fairlead.domain.manifests import Manifest
from fairlead.domain.rendering import Hook
from fairlead.domain.scheduling import Graph
from fairlead.pipeline.board import Board
from fairlead.pipeline.hooks import HookFailed, HookRunner
from tests.fakes.cluster import FakeCluster
from tests.fakes.releases import config_map, definition, engine, hook, job

KEY = ReleaseKey("test", "c", "default", "web")


class Scene:
    """A runner on a fake cluster; `health` is what a wait for a Job or Pod says."""

    def __init__(self, cluster: FakeCluster | None = None, *, health: HealthState = HealthState.CURRENT) -> None:
        self.cluster = cluster or FakeCluster()
        ports, _ = engine(self.cluster)
        self.board = Board(Graph(), ports.pulse)
        self.health = health
        self.awaited: list[ObjectRef] = []
        self.runner = HookRunner(KEY, "helm", self.board, ports, self._completion, 10.0)

    async def _completion(self, ref: ObjectRef) -> HealthReport:
        self.awaited.append(ref)
        why = None if self.health is HealthState.CURRENT else Explanation("jobFailed", "it broke")
        return HealthReport((ObjectHealth(ref, Health(self.health)),), why)

    async def run(self, *hooks: Hook) -> bool:
        return await self.runner.run(hooks)

    @property
    def done(self) -> list[str]:
        return [f"{call.verb} {call.ref.name}" for call in self.cluster.writes if call.ref]


async def test_hooks_run_one_after_the_other_and_only_jobs_and_pods_are_awaited() -> None:
    scene = Scene()
    assert await scene.run(hook(config_map("a"), "pre-install"), hook(job("b"), "pre-install"))
    assert scene.done == ["apply a", "apply b"]
    assert [ref.name for ref in scene.awaited] == ["b"]


async def test_a_failed_hook_ends_the_row_with_its_explanation() -> None:
    scene = Scene(health=HealthState.FAILED)
    with pytest.raises(HookFailed) as caught:
        await scene.run(hook(job("a"), "pre-install"), hook(config_map("b"), "pre-install"))
    assert "it broke" in caught.value.problems[0].message
    assert scene.done == ["apply a"]


async def test_delete_policies_after_success_and_after_failure() -> None:
    scene = Scene()
    await scene.run(hook(job("a"), "pre-install", policies=("hook-succeeded",)), hook(job("b"), "pre-install"))
    assert scene.done == ["apply a", "apply b", "delete a"]
    scene = Scene(health=HealthState.FAILED)
    with pytest.raises(HookFailed):
        await scene.run(hook(job("a"), "pre-install", policies=("hook-failed",)))
    assert scene.done == ["apply a", "delete a"]


async def test_an_old_object_makes_room_unless_the_policies_say_otherwise() -> None:
    scene = Scene()
    await scene.run(hook(config_map("a"), "pre-install"))
    await scene.run(hook(config_map("a"), "pre-install"))
    await scene.run(hook(config_map("a"), "pre-install", policies=("hook-failed",)))
    assert scene.done == ["apply a", "delete a", "apply a", "apply a"]


async def test_an_old_object_that_does_not_go_away_is_an_error_in_time() -> None:
    class Stuck(FakeCluster):
        async def delete(self, ref: ObjectRef, *, uid: str, resource_version: str | None = None) -> bool:
            return True

    scene = Scene(Stuck())
    await scene.run(hook(config_map("a"), "pre-install"))
    with pytest.raises(HookFailed):
        await scene.run(hook(config_map("a"), "pre-install"))


async def test_what_is_left_of_a_row_goes_backwards_after_success_and_forwards_before_a_failure() -> None:
    done = ("hook-succeeded",)
    scene = Scene()
    await scene.run(*(hook(config_map(name), "pre-install", policies=done) for name in "abc"))
    assert scene.done[3:] == ["delete c", "delete b", "delete a"]
    scene = Scene(health=HealthState.FAILED)
    row = [hook(config_map(name), "pre-install", policies=done) for name in "ab"]
    with pytest.raises(HookFailed):
        await scene.run(*row, hook(job("c"), "pre-install", policies=done))
    assert scene.done == ["apply a", "apply b", "apply c", "delete a", "delete b"]


async def test_the_failure_is_told_also_when_tidying_up_fails() -> None:
    scene = Scene(health=HealthState.FAILED)
    scene.cluster.fail(RemoteRefused(Problem("forbidden", "no"), status=403), verb="delete", times=9)
    row = [hook(config_map("a"), "x", policies=("hook-succeeded",)), hook(job("b"), "x", policies=("hook-failed",))]
    with pytest.raises(HookFailed) as caught:
        await scene.run(*row)
    assert "it broke" in caught.value.problems[0].message


async def test_definitions_are_never_deleted() -> None:
    scene, everything = Scene(), ("before-hook-creation", "hook-succeeded")
    for _ in range(2):
        await scene.run(hook(definition(), "pre-install", policies=everything))
    assert [call.verb for call in scene.cluster.writes] == ["apply", "apply"]


async def test_a_name_that_the_server_gives_is_new_each_time_and_followed() -> None:
    scene = Scene()
    nameless = job()
    nameless["metadata"] = {"generateName": "migrate-", "namespace": "default"}
    one = Hook(("pre-install",), 0, ("before-hook-creation", "hook-succeeded"), Manifest(nameless, "jobs.yaml"))
    for _ in range(2):
        assert await scene.run(one)
    assert [call.verb for call in scene.cluster.writes] == ["create", "delete", "create", "delete"]
    assert len({ref.name for ref in scene.awaited}) == 2
    assert all(ref.name.startswith("migrate-") for ref in scene.awaited)


async def test_what_became_of_each_hook_is_told() -> None:
    scene = Scene(health=HealthState.FAILED)
    with pytest.raises(HookFailed):
        await scene.run(hook(config_map("a"), "x"), hook(job("b"), "x"), hook(job("c"), "x"))
    assert [(run.hook.manifest.ref.name, run.phase) for run in scene.runner.runs] == [
        ("a", Phase.SUCCEEDED),
        ("b", Phase.FAILED),
    ]


@pytest.mark.parametrize("at", ["completing", "deleting"])
async def test_a_stop_ends_the_wait_for_a_hook(at: str) -> None:
    class Stuck(FakeCluster):
        async def delete(self, ref: ObjectRef, *, uid: str, resource_version: str | None = None) -> bool:
            scene.board.stop()
            return True

    class Slow(Scene):
        async def _completion(self, ref: ObjectRef) -> HealthReport:
            if at == "completing":
                self.board.stop()
                await asyncio.Event().wait()
            return await super()._completion(ref)

    scene = Slow(Stuck())
    with pytest.raises(Interrupted):
        await scene.run(hook(job("a"), "x", policies=("hook-succeeded",)))
    assert [run.phase for run in scene.runner.runs] == [Phase.UNKNOWN if at == "completing" else Phase.SUCCEEDED]


async def test_what_the_cluster_refuses_is_said_as_it_is() -> None:
    scene = Scene()
    scene.cluster.fail(RemoteRefused(Problem("forbidden", "no"), status=403), verb="apply")
    with pytest.raises(RemoteRefused):
        await scene.run(hook(job(), "pre-install"))


async def test_an_earlier_run_that_is_in_the_way_is_named() -> None:
    scene = Scene()
    scene.cluster.fail(RemoteRefused(Problem("fieldImmutable", "no"), status=422), verb="apply")
    with pytest.raises(HookFailed) as caught:
        await scene.run(hook(job(), "pre-install", policies=("hook-succeeded",)))
    assert "before-hook-creation" in (caught.value.problems[0].remedy or "")


async def test_no_hook_begins_after_a_stop() -> None:
    scene = Scene()
    scene.board.stop()
    assert not await scene.run(hook(job(), "pre-install"))
    assert scene.done == []
