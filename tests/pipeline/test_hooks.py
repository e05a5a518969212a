"""Hooks with Helm's meaning: order, completion, delete policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from fairlead.domain.errors import Problem, RemoteRefused
from fairlead.domain.health import Explanation, Health, HealthReport, HealthState, ObjectHealth
from fairlead.domain.identity import ObjectRef, ReleaseKey
from fairlead.domain.rendering import Hook
from fairlead.domain.scheduling import Graph
from fairlead.pipeline.board import Board
from fairlead.pipeline.hooks import HookFailed, HookRunner
from tests.fakes.cluster import FakeCluster
from tests.fakes.releases import config_map, engine, hook, job

KEY = ReleaseKey("test", "c", "default", "web")
POD: dict[str, Any] = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {}}
POD_REF = ObjectRef("v1", "Pod", "default", "p")


class Scene:
    """A runner on a fake cluster; `health` is what a wait for a Job or Pod says."""

    def __init__(self, cluster: FakeCluster | None = None, *, health: HealthState = HealthState.CURRENT) -> None:
        self.cluster = cluster or FakeCluster()
        self.board = Board(Graph())
        self.health = health
        self.awaited: list[ObjectRef] = []
        ports, _ = engine(self.cluster)
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


@pytest.mark.parametrize("phases", [["Running", "Running", "Succeeded"], ["Running", "Failed"], ["Running"] * 50])
async def test_a_pod_has_completed_only_when_it_has_ended(phases: list[str]) -> None:
    class Running(FakeCluster):
        """Each look at the pod finds it one phase further."""

        async def get(self, ref: ObjectRef) -> dict[str, Any] | None:
            found = await super().get(ref)
            return {**found, "status": {"phase": left.pop(0) if len(left) > 1 else left[0]}} if found else None

    left = list(phases)
    scene = Scene(Running())
    if phases[-1] == "Succeeded":
        assert await scene.run(hook(POD, "pre-install"))
        return
    with pytest.raises(HookFailed):
        await scene.run(hook(POD, "pre-install"))


async def test_a_pod_that_somebody_deleted_has_failed() -> None:
    class Gone(FakeCluster):
        async def apply(self, manifest: Mapping[str, Any], **options: Any) -> dict[str, Any]:
            made = await super().apply(manifest, **options)
            self.remove(POD_REF)
            return made

    with pytest.raises(HookFailed):
        await Scene(Gone()).run(hook(POD, "pre-install"))


async def test_what_the_cluster_refuses_is_said_as_it_is() -> None:
    scene = Scene()
    scene.cluster.fail(RemoteRefused(Problem("forbidden", "no"), status=403), verb="apply")
    with pytest.raises(RemoteRefused):
        await scene.run(hook(job(), "pre-install"))


async def test_no_hook_begins_after_a_stop() -> None:
    scene = Scene()
    scene.board.stop()
    assert not await scene.run(hook(job(), "pre-install"))
    assert scene.done == []
