"""Going back on a cluster in memory: what is gone back to, by hand and by itself, and what is held afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from fairlead.adapters.statestore.store import SecretStateStore
from fairlead.domain.changes import PlanOptions
from fairlead.domain.deployments import Deployment, Outcome
from fairlead.domain.errors import InputError, Problem, RemoteRefused
from fairlead.domain.events import ApplyFailed
from fairlead.domain.identity import ObjectRef, ReleaseKey
from fairlead.domain.locking import Phase
from fairlead.domain.state import Hold, ReleaseState, Stored
from fairlead.pipeline.deploy import DeployOptions, deploy
from fairlead.pipeline.engine import Engine, Wanted
from fairlead.pipeline.plan import plan
from fairlead.pipeline.returning import Past
from tests.fakes.cluster import FakeCluster
from tests.fakes.releases import Recorder, config_map, deployment, engine, hook, job, secret, wanted
from tests.fakes.states import lock

CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
}
CLAIM_REF = ObjectRef("v1", "PersistentVolumeClaim", "default", "data")
NO = RemoteRefused(Problem("objectInvalid", "the server says no"), status=422)


class Site:
    """A cluster, and what is done to the release `web` there."""

    def __init__(self) -> None:
        self.cluster = FakeCluster()
        self.engine: Engine
        self.recorder: Recorder
        self.engine, self.recorder = engine(self.cluster)

    async def apply(self, one: Wanted, *, fails: str = "", **options: Any) -> Deployment:
        planned = await plan([one], self.engine, PlanOptions())
        if fails:
            self.cluster.fail(NO, verb="apply", name=fails)
        (done,) = await deploy(planned, [one.target], self.engine, DeployOptions(wait=False, **options))
        return done

    async def back(self, one: Wanted, number: int | None = None) -> Deployment:
        back = await self.returning(one, number)
        (done,) = await deploy(await plan([back], self.engine), [one.target], self.engine, DeployOptions(wait=False))
        return done

    async def returning(self, one: Wanted, number: int | None = None) -> Wanted:
        past = Past(one.target, self.engine.cluster(one.key), self.engine.store(one.key))
        return await past.returning(number, reason="it broke")

    async def state(self, one: Wanted) -> ReleaseState:
        return (await self.engine.store(one.key).read(one.key)).state

    async def hold(self, one: Wanted) -> Hold | None:
        return (await self.state(one)).hold

    async def data(self, name: str = "settings") -> object:
        live = await self.cluster.get(ObjectRef("v1", "ConfigMap", "default", name))
        return None if live is None else live["data"]


def inputs(letter: str, *more: Mapping[str, Any]) -> Wanted:
    """Return the release with other inputs."""
    return wanted(config_map(key=letter), *more, inputs=f"sha256:{letter}")


A, B, C = inputs("a"), inputs("b"), inputs("c")


async def numbers(site: Site) -> list[tuple[int, str, int | None]]:
    found = (await site.state(A)).deployments
    return [(one.number, one.deployment.outcome.value, one.deployment.returns_to) for one in found]


async def test_going_back_brings_the_old_objects_and_secret_values_and_rejects_what_ran() -> None:
    site = Site()
    await site.apply(wanted(config_map(key="a"), secret(word="hunter2hunter2"), config_map("old"), inputs="sha256:a"))
    await site.apply(B)
    done = await site.back(B)
    assert (done.outcome, done.number, done.returns_to) == (Outcome.SUCCEEDED, 3, 1)
    assert (await site.data(), await site.data("old")) == ({"key": "a"}, {"key": "value"})
    live = await site.cluster.get(ObjectRef("v1", "Secret", "default", "token"))
    assert live is not None
    assert live["data"] == {"word": "aHVudGVyMmh1bnRlcjI="}
    held = await site.hold(A)
    assert held is not None
    assert (held.number, held.inputs_digest, held.reason) == (3, "sha256:b", "it broke")


async def test_going_back_runs_its_own_hooks_and_those_of_no_other_occasion() -> None:
    site = Site()
    hooks = tuple(hook(config_map(when), f"pre-{when}") for when in ("rollback", "upgrade"))
    await site.apply(wanted(config_map(key="a"), hooks=hooks, inputs="sha256:a"))
    await site.apply(B)
    await site.back(B)
    assert (await site.data("rollback"), await site.data("upgrade")) == ({"key": "value"}, None)


async def test_what_was_rejected_is_refused_until_other_inputs_come() -> None:
    site = Site()
    for one in (A, B):
        await site.apply(one)
    await site.back(B)
    assert (await site.apply(B)).outcome is Outcome.REFUSED
    assert await site.data() == {"key": "a"}
    assert (await site.apply(C)).outcome is Outcome.SUCCEEDED
    assert await site.hold(A) is None
    assert (await site.apply(B)).outcome is Outcome.SUCCEEDED


async def test_going_back_twice_never_brings_back_what_was_rejected() -> None:
    site = Site()
    for one in (A, B):
        await site.apply(one)
    await site.back(B)
    with pytest.raises(InputError) as caught:
        await site.returning(B)
    assert caught.value.code == "nothingToReturnTo"


async def test_a_run_under_way_is_what_is_left_and_rejected() -> None:
    site = Site()
    for one in (A, B):
        await site.apply(one)
    store = site.engine.store(A.key)
    stored = await store.read(A.key)
    waits = replace(lock(phase=Phase.WAITING, inputs_digest="sha256:c"), number=3)
    await store.swap(A.key, stored, replace(stored.state, lock=waits))
    back = await site.returning(C)
    assert back.returns_to == 2
    assert back.rejects is not None
    assert back.rejects.inputs_digest == "sha256:c"


async def test_what_is_rejected_is_rejected_also_when_going_back_fails() -> None:
    site = Site()
    for one in (A, B):
        await site.apply(one)
    site.cluster.fail(NO, verb="apply", name="settings", skip=1)
    assert (await site.back(B)).outcome is Outcome.FAILED
    held = await site.hold(A)
    assert held is not None
    assert held.inputs_digest == "sha256:b"
    assert (await site.returning(B)).returns_to == 1


async def test_a_failed_deployment_goes_back_by_itself_and_the_same_inputs_do_not_come_again() -> None:
    site = Site()
    await site.apply(A)
    done = await site.apply(inputs("b", config_map("z")), fails="z", rollback_on_failure=True)
    assert (done.outcome, done.returns_to, await site.data()) == (Outcome.ROLLED_BACK, 1, {"key": "a"})
    assert await numbers(site) == [(1, "succeeded", None), (2, "failed", None), (3, "succeeded", 1)]
    again = await site.apply(inputs("b", config_map("z")), rollback_on_failure=True)
    assert again.outcome is Outcome.REFUSED


async def test_a_hook_that_fails_before_the_first_change_is_held_against_too() -> None:
    site = Site()
    await site.apply(A)
    failing = wanted(config_map(key="b"), inputs="sha256:b", hooks=(hook(job(), "pre-upgrade"),))
    done = await site.apply(failing, fails="migrate", rollback_on_failure=True)
    assert (done.outcome, done.number) == (Outcome.ROLLED_BACK, 3)
    held = await site.hold(A)
    assert held is not None
    assert held.inputs_digest == "sha256:b"


async def test_nothing_is_gone_back_to_when_the_last_good_one_was_the_same() -> None:
    site = Site()
    await site.apply(A)
    site.cluster.put({**config_map(key="by hand"), "metadata": {"name": "settings", "namespace": "default"}})
    done = await site.apply(
        replace(A, rendered=inputs("a", config_map("z")).rendered), fails="z", rollback_on_failure=True
    )
    assert (done.outcome, done.number) == (Outcome.FAILED, 2)
    assert await site.hold(A) is None


async def test_a_first_deployment_that_fails_is_removed_but_for_volumes_and_held_against() -> None:
    site = Site()
    first = inputs("a", CLAIM, config_map("z"))
    done = await site.apply(first, fails="z", rollback_on_failure=True)
    assert (done.outcome, done.returns_to) == (Outcome.ROLLED_BACK, 0)
    assert await site.data() is None
    assert await site.cluster.get(CLAIM_REF) is not None
    assert (await site.apply(first)).outcome is Outcome.REFUSED


async def test_a_first_deployment_that_fails_leaves_what_it_only_took_over() -> None:
    site = Site()
    site.cluster.put(config_map("settings", "default", key="by hand"))
    done = await site.apply(inputs("a", config_map("made"), config_map("z")), fails="z", rollback_on_failure=True)
    assert done.outcome is Outcome.ROLLED_BACK
    assert (await site.data("made"), await site.data()) == (None, {"key": "a"})


async def test_going_back_to_what_does_not_become_healthy_is_no_way_back() -> None:
    """It is looked at, whether or not the deployment that failed was to be waited for."""
    site = Site()
    await site.apply(inputs("a", deployment()))
    broken = inputs("b", deployment(image="web:2"), config_map("z"))
    done = await site.apply(broken, fails="z", rollback_on_failure=True, timeout_seconds=1.0)
    assert (done.outcome, done.number) == (Outcome.FAILED, 2)
    assert "Deployment default/web" in done.explanation
    assert await numbers(site) == [(1, "succeeded", None), (2, "failed", None), (3, "failed", 1)]


async def test_volumes_outlive_a_second_failure_and_nothing_is_no_good_deployment() -> None:
    site = Site()
    await site.apply(inputs("a", CLAIM, config_map("z")), fails="z", rollback_on_failure=True)
    done = await site.apply(inputs("b", CLAIM, config_map("z")), fails="z", rollback_on_failure=True)
    assert (done.outcome, done.returns_to) == (Outcome.ROLLED_BACK, 0)
    assert await site.cluster.get(CLAIM_REF) is not None


async def test_going_back_by_itself_deletes_no_volume_that_the_failed_deployment_made() -> None:
    site = Site()
    await site.apply(A)
    done = await site.apply(inputs("b", CLAIM, config_map("z")), fails="z", rollback_on_failure=True)
    assert (done.outcome, done.returns_to) == (Outcome.ROLLED_BACK, 1)
    assert await site.cluster.get(CLAIM_REF) is not None
    assert any(entry.ref == CLAIM_REF for entry in (await site.state(A)).inventory)


async def test_going_back_by_itself_spares_volumes_also_when_it_has_to_look_again() -> None:
    class Touched(SecretStateStore):
        """Somebody writes the state right before the return takes its lock, so that it is planned anew."""

        async def swap(self, key: ReleaseKey, old: Stored, new: ReleaseState) -> Stored | None:
            if new.lock is not None and new.lock.number == 3 and not touched:
                touched.append(key)
                await super().swap(key, old, replace(old.state, unknown={"by": "another"}))
            return await super().swap(key, old, new)

    site, touched = Site(), list[ReleaseKey]()
    await site.apply(A)
    site.engine = replace(site.engine, stores={"test": Touched(site.cluster)})
    done = await site.apply(inputs("b", CLAIM, config_map("z")), fails="z", rollback_on_failure=True)
    assert (done.outcome, len(touched)) == (Outcome.ROLLED_BACK, 1)
    assert await site.cluster.get(CLAIM_REF) is not None


async def test_a_record_that_is_gone_and_a_number_that_never_was_are_said() -> None:
    site = Site()
    for one in (A, B):
        await site.apply(one)
    await site.engine.store(A.key).forget_record(A.key, 1, chunks=0)
    for number, code in ((1, "recordGone"), (7, "unknownDeployment")):
        with pytest.raises(InputError) as caught:
            await site.returning(B, number)
        assert caught.value.code == code


async def test_a_run_that_is_stopped_does_not_go_back() -> None:
    site = Site()
    await site.apply(A)
    broken = inputs("b", config_map("z"))
    planned = await plan([broken], site.engine)
    site.cluster.fail(NO, verb="apply", name="z")
    running = asyncio.ensure_future(
        deploy(planned, [broken.target], site.engine, DeployOptions(wait=False, rollback_on_failure=True))
    )
    await site.recorder.told(ApplyFailed)
    running.cancel()
    (done,) = await running
    assert done.outcome is Outcome.FAILED
    assert [one.number for one in (await site.state(A)).deployments] == [1, 2]
    assert await site.hold(A) is None
