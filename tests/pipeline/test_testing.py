"""Running the tests of what is deployed, and the hooks that records keep, on a cluster in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from fairlead.domain.deployments import Outcome
from fairlead.domain.errors import InputError, Problem, RemoteRefused
from fairlead.domain.events import ApplyStarted, ReleaseFinished
from fairlead.domain.identity import ObjectRef
from fairlead.pipeline.testing import run_tests
from tests.fakes.cluster import FakeCluster
from tests.fakes.releases import config_map, hook, job, secret
from tests.fakes.stepped_clock import SteppedClock
from tests.pipeline.sites import Site

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe"}, "spec": {"containers": [{"name": "main"}]}}


@pytest.mark.parametrize("chart", [True, False])
async def test_the_tests_of_what_is_deployed_run_by_weight(chart: bool) -> None:
    site = Site(chart)
    hooks = (hook(POD, "test", weight=2), hook(config_map("first"), "test", weight=1), hook(job("not"), "post-upgrade"))
    deployed = await site.deploy(config_map(), hooks=hooks)
    ended = await site.test()
    assert (ended.outcome, ended.number, ended.revision) == (Outcome.SUCCEEDED, 1, deployed.revision)
    assert site.done == ["apply first", "apply probe"]
    assert {call.manager for call in site.cluster.writes} == {"helm" if chart else "fairlead"}
    kinds = [type(event) for event in site.recorder.events]
    assert kinds.count(ApplyStarted) == 2
    assert kinds[-1] is ReleaseFinished


async def test_what_is_tested_is_what_was_deployed_not_what_is_declared() -> None:
    site = Site()
    await site.deploy(config_map(), hooks=(hook(POD, "test"),))
    site.cluster.fail(RemoteRefused(Problem("objectInvalid", "no"), status=422), verb="apply", name="settings", skip=1)
    assert (await site.deploy(config_map(a="b"), hooks=(hook(job("new"), "test"),))).outcome is Outcome.FAILED
    assert (await site.test()).number == 1
    assert site.done == ["apply probe"]


async def test_a_failed_test_is_explained_without_secrets_and_helm_is_told() -> None:
    site = Site(chart=True, phases={"b": "Failed"})
    hooks = (hook(job("a"), "test"), hook(job("b"), "test"), hook(job("c"), "test"), hook(secret(k="b"), "test"))
    await site.deploy(config_map(), hooks=hooks)
    assert await site.last_runs(1) == {"a": "", "b": "", "c": "", "token": ""}
    ended = await site.test()
    assert ended.outcome is Outcome.FAILED
    assert "Job" in ended.explanation
    assert site.done == ["apply a", "apply b"]
    assert await site.last_runs(1) == {"a": "Succeeded", "b": "Failed", "c": "", "token": ""}


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
async def test_why_a_test_failed_is_told_also_when_helm_cannot_be(phase: str) -> None:
    site = Site(chart=True, phases={"a": phase})
    await site.deploy(config_map(), hooks=(hook(job("a"), "test"),))
    site.cluster.fail(RemoteRefused(Problem("forbidden", "may not write"), status=403), verb="replace", kind="Secret")
    ended = await site.test()
    assert ended.outcome is Outcome.FAILED
    assert ("Job" in ended.explanation, "may not write" in ended.explanation) == (phase == "Failed", True)


async def test_a_release_without_tests_says_so() -> None:
    site = Site()
    await site.deploy(config_map(), hooks=(hook(POD, "pre-delete"),))
    ended = await site.test()
    assert ended.outcome is Outcome.UNCHANGED
    assert ended.explanation
    assert site.done == []


@pytest.mark.parametrize("chart", [True, False])
async def test_what_was_never_deployed_cannot_be_tested(chart: bool) -> None:
    with pytest.raises(InputError) as caught:
        await Site(chart).test()
    assert [found.code for found in caught.value.problems] == ["unknownRelease"]


async def test_tests_take_no_lock_and_leave_no_record() -> None:
    site = Site()
    await site.deploy(config_map(), hooks=(hook(POD, "test"),))
    await site.test()
    assert site.cluster.bookkeeping == []


async def test_a_test_that_takes_too_long_has_failed() -> None:
    site = Site(phases={"probe": "Running"})
    await site.deploy(config_map(), hooks=(hook(POD, "test"),))
    before = site.engine.clock.monotonic()
    assert (await site.test(timeout_seconds=7.0)).outcome is Outcome.FAILED
    assert site.engine.clock.monotonic() - before == pytest.approx(7.0, abs=3.0)


class Proxy:
    """A cluster some of whose calls are answered otherwise."""

    def __init__(self, inner: FakeCluster, answers: Mapping[str, Any]) -> None:
        self.inner, self.answers = inner, answers

    def __getattr__(self, name: str) -> Any:
        return self.answers.get(name) or getattr(self.inner, name)


@pytest.mark.parametrize("deaf", ["apply", "replace"], ids=["its hook", "the record of Helm"])
async def test_being_cancelled_ends_a_test_also_when_the_server_does_not_answer(deaf: str) -> None:
    asked, time = asyncio.Event(), SteppedClock()

    async def no_answer(*_: Any, **__: Any) -> None:
        asked.set()
        await asyncio.Event().wait()

    site = Site(chart=True)
    await site.deploy(config_map(), hooks=(hook(config_map("probe"), "test"),))
    one = await site.wanted()
    proxy: Any = Proxy(site.cluster, {deaf: no_answer})
    still = replace(site.engine, clusters={"test": proxy}, clock=time, pulse=time)
    testing = asyncio.ensure_future(run_tests(one.target, still))
    await asked.wait()
    testing.cancel()
    await time.advance(5.0)
    assert testing.done()
    assert testing.result().outcome is (Outcome.INTERRUPTED if deaf == "apply" else Outcome.SUCCEEDED)


async def test_being_cancelled_ends_a_test_cleanly() -> None:
    site = Site(chart=True, phases={"probe": "Running"})
    await site.deploy(config_map(), hooks=(hook(POD, "test"), hook(job("z"), "test")))
    testing = asyncio.ensure_future(site.test())

    def stop(obj: dict[str, Any]) -> None:
        site._end(obj)
        if obj["kind"] == "Pod":
            testing.cancel()

    site.cluster.defaulting = stop
    ended = await testing
    assert ended.outcome is Outcome.INTERRUPTED
    assert site.done == ["apply probe"]
    assert await site.last_runs(1) == {"probe": "Unknown", "z": ""}


@pytest.mark.parametrize("chart", [True, False])
async def test_a_release_that_no_file_declares_still_runs_its_hooks_of_deleting(chart: bool) -> None:
    site = Site(chart)
    hooks = (hook(job("bye"), "pre-delete"), hook(job("late"), "post-delete"), hook(job("other"), "test"))
    await site.deploy(config_map(), hooks=hooks)
    removed = await site.remove()
    assert removed.outcome is Outcome.SUCCEEDED
    assert site.done == ["apply bye", "delete settings", "apply late"]
    assert {call.manager for call in site.cluster.writes if call.verb == "apply"} == {"helm" if chart else "fairlead"}


async def test_a_release_that_is_no_chart_any_more_is_tested_and_deleted_as_what_it_became() -> None:
    site = Site(chart=True)
    await site.deploy(config_map(), hooks=(hook(job("old"), "pre-delete"), hook(job("old-test"), "test")))
    site.chart = False
    await site.deploy(config_map(a="b"), hooks=(hook(job("new"), "pre-delete"), hook(job("new-test"), "test")))
    site.chart = True  # declared as a chart again, but not deployed
    await site.test()
    assert site.done == ["apply new-test"]
    await site.remove()
    assert site.done == ["apply new", "delete settings"]


@pytest.mark.parametrize("chart", [True, False])
async def test_what_is_to_be_kept_outlives_its_declaration_and_its_release(chart: bool) -> None:
    kept = config_map("kept")
    kept["metadata"]["annotations"] = {"helm.sh/resource-policy": " Keep "}
    ref = ObjectRef("v1", "ConfigMap", "default", "kept")
    site = Site(chart)
    await site.deploy(config_map(), kept, config_map("gone"))
    await site.deploy(config_map())
    assert [call.ref.name for call in site.cluster.writes if call.ref and call.verb == "delete"] == ["gone"]
    assert await site.cluster.get(ref) is not None
    await site.deploy(config_map(), kept)
    await site.remove()
    assert site.done == ["delete settings"]
    assert await site.cluster.get(ref) is not None


async def test_hooks_of_deleting_run_also_where_no_object_is_left() -> None:
    site = Site()
    await site.deploy(config_map(), hooks=(hook(job("bye"), "pre-delete"),))
    site.cluster.remove(ObjectRef("v1", "ConfigMap", "default", "settings"))
    assert (await site.remove()).outcome is Outcome.SUCCEEDED
    assert site.done == ["apply bye"]


async def test_a_failed_hook_before_deleting_leaves_everything() -> None:
    site = Site(phases={"bye": "Failed"})
    await site.deploy(config_map(), hooks=(hook(job("bye"), "pre-delete"),))
    assert (await site.remove()).outcome is Outcome.FAILED
    assert await site.cluster.get(ObjectRef("v1", "ConfigMap", "default", "settings")) is not None


async def test_a_deployment_tells_helm_how_its_hooks_ran() -> None:
    site = Site(chart=True, phases={"b": "Failed"})
    hooks = (hook(job("a"), "pre-install", "pre-upgrade"), hook(job("b"), "post-upgrade"))
    await site.deploy(config_map(), hooks=hooks)
    assert await site.last_runs(1) == {"a": "Succeeded", "b": ""}
    assert (await site.deploy(config_map(x="y"), hooks=hooks)).outcome is Outcome.FAILED
    assert await site.last_runs(2) == {"a": "Succeeded", "b": "Failed"}
