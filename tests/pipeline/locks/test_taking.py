"""One writer for each release: waiting, taking over, and being taken over, on a cluster in memory."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from fairlead.domain.deployments import Deployment, Outcome
from fairlead.domain.identity import Commit, ObjectRef
from fairlead.domain.locking import Holder, Lock, Phase
from fairlead.domain.state import ReleaseState, Stored
from fairlead.pipeline.deploy import DeployOptions, deploy
from fairlead.pipeline.engine import Engine, Wanted
from fairlead.pipeline.plan import plan
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.fakes.overtaking import BOB, Overtaken
from tests.fakes.releases import config_map, deployment, engine, hook, job, wanted
from tests.fakes.stepped_clock import SteppedClock, settle
from tests.fakes.whoami import FakeWhoAmI


class Site:
    """One cluster, an engine of Ann's, and what somebody else holds there."""

    def __init__(self) -> None:
        self.cluster = FakeCluster()
        self.engine: Engine
        self.engine, _ = engine(self.cluster)
        self.store = self.engine.stores["test"]
        self.known: tuple[str, ...] = ()
        self.engine = replace(self.engine, ancestry=self._is_ancestor)

    async def _is_ancestor(self, older: str, newer: str) -> bool:
        return older in self.known and newer in self.known and self.known.index(older) <= self.known.index(newer)

    async def hold(self, one: Wanted, holder: Holder = BOB, **more: Any) -> Lock:
        """Let another run hold the release, with a Lease that was renewed once."""
        held = Lock("other", 1, more.pop("phase", Phase.WRITING), holder, "fairlead-other", "2026-11-21T11:59:00Z", 1)
        held = replace(held, **more)
        await self.store.swap(one.key, Stored(), ReleaseState(lock=held, fence=held.fence, number=held.number))
        await self.beat()
        return held

    async def beat(self) -> None:
        await self.store.beat("default", "fairlead-other", BOB, at=self.engine.clock.now())

    async def deploy(self, one: Wanted, **options: Any) -> Deployment:
        planned = await plan([one], self.engine)
        (deployed,) = await deploy(planned, [one.target], self.engine, DeployOptions(**options))
        return deployed

    async def state(self, one: Wanted) -> ReleaseState:
        return (await self.store.read(one.key)).state


class Beating(FakeClock):
    """A clock whose sleepers hear the other run beat."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.site = site

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        await self.site.beat()


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.mark.parametrize(("options", "seconds"), [({"lock_timeout": 20.0}, 20.0), ({}, 60.0)], ids=["asked", "default"])
async def test_who_writes_and_lives_is_waited_for_and_then_named(
    site: Site, options: dict[str, float], seconds: float
) -> None:
    site.engine = replace(site.engine, clock=(clock := Beating(site)))
    one = wanted(config_map())
    held = await site.hold(one)
    deployed = await site.deploy(one, **options)
    assert (deployed.outcome, deployed.number) == (Outcome.REFUSED, None)
    assert "bob on ci" in deployed.explanation
    assert held.since in deployed.explanation
    assert sum(clock.slept) == pytest.approx(seconds)
    assert site.cluster.writes == []
    assert (await site.state(one)).lock == held


async def test_who_gives_no_sign_of_life_is_gone_after_fifteen_seconds(site: Site) -> None:
    one = wanted(config_map())
    await site.hold(one)
    began = site.engine.clock.monotonic()
    deployed = await site.deploy(one)
    assert (deployed.outcome, deployed.number) == (Outcome.SUCCEEDED, 2)
    assert 15.0 <= site.engine.clock.monotonic() - began < 17.0
    state = await site.state(one)
    assert (state.lock, state.fence) == (None, 2)
    assert [(each.number, each.deployment.outcome) for each in state.deployments] == [
        (1, Outcome.INTERRUPTED),
        (2, Outcome.SUCCEEDED),
    ]
    assert state.deployments[0].finished_at is None


@pytest.mark.parametrize("how", ["the process is dead", "its Lease was removed"])
async def test_who_is_known_to_be_gone_is_not_waited_for(site: Site, how: str) -> None:
    one = wanted(config_map())
    await site.hold(one)
    if how == "the process is dead":
        site.engine = replace(site.engine, whoami=(whoami := FakeWhoAmI()))
        whoami.dead.add(BOB)
    else:
        await site.store.fall_silent("default", "fairlead-other")
    began = site.engine.clock.monotonic()
    assert (await site.deploy(one)).outcome is Outcome.SUCCEEDED
    assert site.engine.clock.monotonic() == began


async def test_who_only_waits_makes_room_at_once(site: Site) -> None:
    one = wanted(config_map())
    await site.hold(one, phase=Phase.WAITING)
    began = site.engine.clock.monotonic()
    assert (await site.deploy(one)).outcome is Outcome.SUCCEEDED
    assert site.engine.clock.monotonic() == began
    assert (await site.state(one)).deployments[0].deployment.outcome is Outcome.SUPERSEDED


async def test_a_signal_ends_the_wait_for_another_run(site: Site) -> None:
    site.engine = replace(site.engine, clock=(clock := Beating(site)))
    one = wanted(config_map())
    held = await site.hold(one)
    planned = await plan([one], site.engine)
    run = asyncio.ensure_future(deploy(planned, [one.target], site.engine, DeployOptions(lock_timeout=1e6)))
    await settle()
    assert clock.slept
    run.cancel()
    assert [each.outcome for each in await run] == [Outcome.INTERRUPTED]
    assert clock.slept[-1] <= 1.0
    assert (await site.state(one)).lock == held


@pytest.mark.parametrize("phase", list(Phase))
async def test_an_older_commit_does_not_take_over_a_newer_one(site: Site, phase: Phase) -> None:
    site.known = ("old", "new")
    one = replace(wanted(config_map()), source=Commit("old", dirty=False))
    await site.hold(one, phase=phase, commit="new")
    deployed = await site.deploy(one)
    assert deployed.outcome is Outcome.REFUSED
    assert "later commit" in deployed.explanation
    assert site.cluster.writes == []


@pytest.mark.parametrize(("ours", "theirs"), [("new", "old"), ("new", "new"), ("other", "new"), ("new", None)])
async def test_a_newer_commit_or_an_unrelated_one_takes_over(site: Site, ours: str, theirs: str | None) -> None:
    site.known = ("old", "new")
    one = replace(wanted(config_map()), source=Commit(ours, dirty=False))
    await site.hold(one, phase=Phase.WAITING, commit=theirs)
    assert (await site.deploy(one)).outcome is Outcome.SUCCEEDED


class Two:
    """Two runs on one cluster, in one time."""

    def __init__(self, site: Site) -> None:
        self.time = SteppedClock()
        other, _ = engine(site.cluster)
        self.ann = replace(site.engine, clock=self.time, pulse=self.time)
        self.bob = replace(other, clock=self.time, pulse=self.time, whoami=FakeWhoAmI(BOB))

    async def start(self, who: Engine, one: Wanted, **options: Any) -> asyncio.Future[tuple[Deployment, ...]]:
        planned = await plan([one], who)
        return asyncio.ensure_future(deploy(planned, [one.target], who, DeployOptions(**options)))

    async def start_both(self, anns: Wanted, bobs: Wanted) -> list[asyncio.Future[tuple[Deployment, ...]]]:
        """Let both plan before either begins."""
        plans = [(self.ann, anns, await plan([anns], self.ann)), (self.bob, bobs, await plan([bobs], self.bob))]
        return [asyncio.ensure_future(deploy(planned, [one.target], who)) for who, one, planned in plans]

    async def ended(self, run: asyncio.Future[tuple[Deployment, ...]]) -> Deployment:
        """Let time pass until a run has ended."""
        for _ in range(100):
            if run.done():
                break
            await self.time.advance(1.0)
        return run.result()[0]


async def test_who_waits_for_health_is_superseded_by_a_newer_run(site: Site) -> None:
    two, one = Two(site), wanted(deployment())
    first = await two.start(two.ann, one, timeout_seconds=1e6)
    await two.time.advance(1.0)
    held = (await site.state(one)).lock
    assert held is not None
    assert held.phase is Phase.WRITING
    await two.time.advance(1.5)
    held = (await site.state(one)).lock
    assert held is not None
    assert held.phase is Phase.WAITING
    second = await two.ended(await two.start(two.bob, wanted(deployment(image="web:2")), wait=False))
    assert (second.outcome, second.number) == (Outcome.SUCCEEDED, 2)
    assert (await two.ended(first)).outcome is Outcome.SUPERSEDED
    state = await site.state(one)
    assert [(each.number, each.deployment.outcome.value) for each in state.deployments] == [
        (1, "superseded"),
        (2, "succeeded"),
    ]


async def test_who_waited_for_health_says_so_when_it_writes_again(site: Site) -> None:
    """Its last hooks must not be taken from under it."""
    two, job_ref = Two(site), ObjectRef("batch/v1", "Job", "default", "after")
    one = wanted(deployment(), hooks=(hook(job("after"), "post-install"),))
    first = await two.start(two.ann, one, timeout_seconds=1e6)
    await two.time.advance(2.5)
    held = (await site.state(one)).lock
    assert held is not None
    assert held.phase is Phase.WAITING
    healthy = {"replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}
    site.cluster.set_status(ObjectRef("apps/v1", "Deployment", "default", "web"), healthy)
    await two.time.advance(60.0)
    assert await site.cluster.get(job_ref) is not None
    held = (await site.state(one)).lock
    assert held is not None
    assert held.phase is Phase.WRITING
    site.cluster.set_status(job_ref, {"conditions": [{"type": "Complete", "status": "True"}]})
    assert (await two.ended(first)).outcome is Outcome.SUCCEEDED


async def test_a_creation_that_arrives_after_a_newer_run_has_succeeded_is_found_by_the_next(site: Site) -> None:
    one, late = wanted(config_map("a")), config_map("late", "default")
    await site.hold(one)
    stored = await site.store.read(one.key)
    claim = ObjectRef("v1", "ConfigMap", "default", "late")
    await site.store.swap(one.key, stored, replace(stored.state, claims=(claim,)))
    assert (await site.deploy(one)).outcome is Outcome.SUCCEEDED

    late["metadata"]["annotations"] = {"fairlead.dev/release": "default/web"}
    site.cluster.put(late, manager="fairlead")
    found = await site.deploy(one)

    assert (found.outcome, found.summary["delete"]) == (Outcome.SUCCEEDED, 1)
    assert await site.cluster.get(claim) is None


async def test_of_two_runs_at_once_one_writes_at_a_time(site: Site) -> None:
    two = Two(site)
    runs = await two.start_both(wanted(config_map(key="ann")), wanted(config_map(key="bob")))
    results = [await two.ended(run) for run in runs]
    assert [each.outcome for each in results] == [Outcome.SUCCEEDED, Outcome.REFUSED]
    assert "ConfigMap default/settings" in results[1].explanation
    state = await site.state(wanted())
    assert (state.lock, state.number, len(state.deployments)) == (None, 1, 1)


async def test_who_waited_for_the_same_finds_nothing_left_to_do(site: Site) -> None:
    two, one = Two(site), wanted(config_map())
    runs = await two.start_both(one, one)
    assert [(await two.ended(run)).outcome for run in runs] == [Outcome.SUCCEEDED, Outcome.UNCHANGED]
    assert len((await site.state(one)).deployments) == 1


async def test_a_release_without_changes_does_not_care_who_holds_it(site: Site) -> None:
    one = wanted(config_map())
    await site.deploy(one)
    stored = await site.store.read(one.key)
    held = Lock("other", 2, Phase.WRITING, BOB, "fairlead-other", "2026-11-21T11:59:00Z", 2)
    await site.store.swap(one.key, stored, replace(stored.state, lock=held, fence=2, number=2))
    site.engine = replace(site.engine, clock=Beating(site))
    await site.beat()
    assert (await site.deploy(one)).outcome is Outcome.UNCHANGED
    assert (await site.state(one)).lock == held


async def test_a_run_leaves_no_lease_behind(site: Site) -> None:
    await site.deploy(wanted(config_map()))
    assert not [obj for obj in site.cluster.objects if obj["kind"] == "Lease"]


class Stalling:
    """A run whose process stands still while it writes the object `a`; somebody else may take over meanwhile."""

    def __init__(self, site: Site, *, taken_by: Holder | None = None) -> None:
        self.clock, self.site, self.taken_by = SteppedClock(), site, taken_by
        site.engine = replace(site.engine, pulse=self.clock)
        self._begun = asyncio.Event()
        self._original, site.cluster.defaulting = site.cluster.defaulting, self._stall

    def _stall(self, obj: dict[str, Any]) -> None:
        self._original(obj)
        match obj["kind"], obj["metadata"]["name"]:
            case "Secret", _:
                self._begun.set()
            case _, "a":
                self.clock._passed += 16.0

    async def deploy(self, one: Wanted) -> Deployment:
        store = self.site.store
        task = asyncio.ensure_future(self.site.deploy(one))
        if self.taken_by is not None:
            await self._begun.wait()
            stored = await store.read(one.key)
            assert stored.state.lock is not None
            lock = replace(stored.state.lock, run="other", fence=stored.state.fence + 1, holder=self.taken_by)
            await store.swap(one.key, stored, replace(stored.state, lock=lock, fence=lock.fence))
        return await task


async def test_who_stood_still_holds_the_lock_anew_before_it_writes_on(site: Site) -> None:
    deployed = await Stalling(site).deploy(wanted(config_map("a"), config_map("b")))
    assert deployed.outcome is Outcome.SUCCEEDED
    state = await site.state(wanted())
    assert (state.lock, state.fence) == (None, 2)


async def test_who_stood_still_and_was_taken_over_does_not_write_on(site: Site) -> None:
    deployed = await Stalling(site, taken_by=BOB).deploy(wanted(config_map("a"), deployment()))
    assert deployed.outcome is Outcome.SUPERSEDED
    assert "bob on ci" in deployed.explanation
    assert [call.ref.name for call in site.cluster.writes if call.ref] == ["a"]
    lock = (await site.state(wanted())).lock
    assert lock is not None
    assert (lock.holder, lock.fence) == (BOB, 2)


@pytest.mark.parametrize("goes", [False, True], ids=["an update", "a deletion"])
async def test_who_was_taken_over_unawares_finds_out_at_its_first_conflict(site: Site, *, goes: bool) -> None:
    """A Lease that somebody removed tells others that its run is gone, and the run itself nothing."""
    await site.deploy(wanted(config_map("a"), deployment("b")))
    first = ObjectRef("apps/v1", "Deployment", "default", "b") if goes else ObjectRef("v1", "ConfigMap", "default", "a")
    one = wanted(config_map("a")) if goes else wanted(config_map("a", key="2"), deployment("b", image="b:2"))
    planned = await plan([one], site.engine)
    site.cluster.edit(first, lambda obj: obj["metadata"].setdefault("annotations", {}).update(note="of another"))
    before = len(site.cluster.writes)
    overtaken = replace(site.engine, stores={"test": Overtaken(site.cluster)})

    (deployed,) = await deploy(planned, [one.target], overtaken, DeployOptions(wait=False))

    assert (deployed.outcome, deployed.code) == (Outcome.SUPERSEDED, "superseded")
    assert [call.ref for call in site.cluster.writes[before:]] == [first]
    assert [one.number for one in (await site.state(wanted())).deployments] == [1]
    assert await site.store.record(planned.releases[0].key, 2) is None


async def test_who_was_taken_over_forgets_nothing_of_a_release_that_it_removed(site: Site) -> None:
    time = SteppedClock()

    class Slow(FakeCluster):
        """The process stands still after its last deletion."""

        async def delete(self, ref: ObjectRef, *, uid: str, resource_version: str | None = None) -> bool:
            time._passed += 16.0
            return await super().delete(ref, uid=uid, resource_version=resource_version)

    site.cluster = Slow()
    site.engine = replace(engine(site.cluster)[0], pulse=time)
    site.store = site.engine.stores["test"]
    await site.deploy(wanted(config_map("a")))
    one = replace(wanted(), is_removed=True)
    planned = await plan([one], site.engine)
    overtaken = replace(site.engine, stores={"test": Overtaken(site.cluster)})

    (deployed,) = await deploy(planned, [one.target], overtaken)

    assert (deployed.outcome, deployed.code) == (Outcome.FAILED, "superseded")
    lock = (await site.state(one)).lock
    assert lock is not None
    assert lock.holder == BOB
    assert await site.store.record(one.key, 1) is not None
