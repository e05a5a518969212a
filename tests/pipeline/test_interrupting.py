"""A run that is asked to end while the API server does not answer: it ends within 5 s, with what it did on record."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from fairlead.domain.deployments import Deployment, Outcome
from fairlead.domain.identity import ObjectRef
from fairlead.pipeline.deploy import DeployOptions, deploy
from fairlead.pipeline.engine import Wanted
from tests.fakes.cluster import FakeCluster
from tests.fakes.releases import config_map, deployment, hook, job, wanted
from tests.fakes.runs import Run
from tests.fakes.stepped_clock import SteppedClock


class DeafCluster(FakeCluster):
    """Never answers the writes of some kinds; `asked` says that one was sent."""

    def __init__(self, *kinds: str) -> None:
        super().__init__()
        self.deaf = kinds
        self.asked = asyncio.Event()

    async def apply(self, manifest: Mapping[str, Any], **options: Any) -> dict[str, Any]:
        await self._answer(manifest, **options)
        return await super().apply(manifest, **options)

    async def create(self, manifest: Mapping[str, Any], *, manager: str) -> dict[str, Any]:
        await self._answer(manifest)
        return await super().create(manifest, manager=manager)

    async def replace(self, manifest: Mapping[str, Any], **options: Any) -> dict[str, Any]:
        await self._answer(manifest, **options)
        return await super().replace(manifest, **options)

    async def delete(self, ref: ObjectRef, *, uid: str, resource_version: str | None = None) -> bool:
        await self._answer({"kind": ref.kind})
        return await super().delete(ref, uid=uid, resource_version=resource_version)

    async def _answer(self, manifest: Mapping[str, Any], *, dry_run: bool = False, **_: Any) -> None:
        if manifest["kind"] in self.deaf and not dry_run:
            self.asked.set()
            await asyncio.Event().wait()


class Ending:
    """A deployment that is asked to end while the API server answers nothing of some kinds."""

    def __init__(self, *deaf: str) -> None:
        self.cluster, self.time = DeafCluster(), SteppedClock()
        self.run = Run(self.cluster)
        self.engine = replace(self.run.engine, clock=self.time, pulse=self.time)
        self.deaf = deaf

    async def deploy(self, one: Wanted) -> Deployment:
        planned = await self.run.plan(one)
        self.cluster.deaf = self.deaf
        task = asyncio.ensure_future(deploy(planned, [one.target], self.engine))
        await self.cluster.asked.wait()
        task.cancel()
        await self.time.advance(5.0)
        assert task.done()
        return task.result()[0]


async def test_an_interruption_waits_a_moment_for_a_write_and_then_says_what_was_done() -> None:
    ending = Ending("Deployment")
    ended = await ending.deploy(wanted(config_map("a"), deployment()))
    assert (ended.outcome, ended.number) == (Outcome.INTERRUPTED, 1)
    state = (await ending.engine.stores["test"].read(ended.key)).state
    assert [(one.ref.name, one.done) for one in state.deployments[0].objects] == [("a", True), ("web", False)]
    assert ([one.ref.name for one in state.inventory], [one.name for one in state.claims]) == (["a"], ["web"])
    assert state.lock is None


async def test_an_interruption_does_not_wait_for_a_deletion_or_a_hook() -> None:
    ending = Ending("Deployment")
    one = wanted(config_map("a"), deployment())
    await deploy(await ending.run.plan(one), [one.target], ending.run.engine, DeployOptions(wait=False))
    assert (await ending.deploy(wanted(config_map("a")))).outcome is Outcome.INTERRUPTED
    ending = Ending("Job")
    one = wanted(config_map("a"), hooks=(hook(job("before"), "pre-install"),))
    assert (await ending.deploy(one)).outcome is Outcome.INTERRUPTED
    assert ending.run.written == []


@pytest.mark.parametrize("deaf", ["Secret", "Lease"])
async def test_an_interruption_ends_also_where_nothing_can_be_recorded_any_more(deaf: str) -> None:
    ended = await Ending("Deployment", "ConfigMap", deaf).deploy(wanted(config_map("a"), deployment()))
    assert ended.outcome is Outcome.INTERRUPTED
