"""Killed at every single write, before it arrives and after: the next run converges, and the books are right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from fairlead.domain.deployments import Deployment, Outcome
from fairlead.domain.state import ReleaseState
from fairlead.pipeline.deploy import deploy
from fairlead.pipeline.engine import Engine, Wanted
from fairlead.pipeline.plan import plan
from fairlead.pipeline.returning import Past
from fairlead.ports.cluster import LiveObject
from tests.fakes.cluster import FakeCluster
from tests.fakes.releases import config_map, engine, hook, release, secret, wanted
from tests.fakes.whoami import ANN, FakeWhoAmI


class Killed(BaseException):
    """The process is gone: nothing that it would still do happens."""


class Mortal(FakeCluster):
    """A cluster whose client dies at write number `dies_at`, before or after it arrives, and says nothing any more."""

    def __init__(self, *, dies_at: int = -1, arrives: bool = False) -> None:
        super().__init__()
        self.dies_at = dies_at
        self.arrives = arrives
        self.count = 0
        self.dead = False

    def _call(self, verb: str, kind: str, ref: Any = None, **more: Any) -> None:
        if self.dead:
            raise Killed
        super()._call(verb, kind, ref, **more)

    async def apply(
        self, manifest: Mapping[str, Any], *, manager: str, dry_run: bool = False, force: bool = True
    ) -> LiveObject:
        self._before(counts=not dry_run)
        made = await super().apply(manifest, manager=manager, dry_run=dry_run, force=force)
        self._after(counts=not dry_run)
        return made

    async def create(self, manifest: Mapping[str, Any], *, manager: str) -> LiveObject:
        self._before()
        made = await super().create(manifest, manager=manager)
        self._after()
        return made

    async def replace(self, manifest: Mapping[str, Any], *, manager: str, dry_run: bool = False) -> LiveObject:
        self._before(counts=not dry_run)
        made = await super().replace(manifest, manager=manager, dry_run=dry_run)
        self._after(counts=not dry_run)
        return made

    async def delete(self, ref: Any, *, uid: str, resource_version: str | None = None) -> bool:
        self._before()
        gone = await super().delete(ref, uid=uid, resource_version=resource_version)
        self._after()
        return gone

    def _before(self, *, counts: bool = True) -> None:
        if counts and self.count == self.dies_at and not self.arrives:
            self._die()

    def _after(self, *, counts: bool = True) -> None:
        if not counts:
            return
        if self.count == self.dies_at and self.arrives:
            self._die()
        self.count += 1

    def _die(self) -> None:
        self.dead = True
        raise Killed

    def revive(self) -> None:
        """Let the next process live for ever."""
        self.dead, self.dies_at = False, -1


FIRST = wanted(config_map("kept", key="1"), config_map("dropped"))
SECOND = wanted(config_map("kept", key="2"), config_map("made"), secret(a="b"), inputs="sha256:second")


def later(cluster: FakeCluster, after: Engine | None) -> Engine:
    """Return the engine of another process; that of `after` is dead."""
    mine, _ = engine(cluster)
    if after is None:
        return mine
    whoami = FakeWhoAmI(replace(ANN, pid=after.whoami.me().pid + 1))
    whoami.dead.add(after.whoami.me())
    return replace(mine, whoami=whoami)


async def run(cluster: FakeCluster, one: Wanted, *, after: Engine | None = None) -> Deployment:
    """Deploy in a process of its own; that of `after` is dead."""
    mine = later(cluster, after)
    (deployed,) = await deploy(await plan([one], mine), [one.target], mine)
    return deployed


async def state(cluster: FakeCluster, one: Wanted) -> ReleaseState:
    mine, _ = engine(cluster)
    return (await mine.store(one.key).read(one.key)).state


def shown(cluster: FakeCluster) -> dict[str, Any]:
    """Return what lives in the namespace apart from our books."""
    kinds = ("ConfigMap", "Secret", "Lease")
    objects = [obj for obj in cluster.objects if obj["kind"] in kinds]
    return {
        f"{obj['kind']}/{obj['metadata']['name']}": obj.get("data")
        for obj in objects
        if not obj["metadata"]["name"].startswith("fairlead")
    }


async def writes_of(first: Wanted, second: Wanted) -> int:
    cluster = Mortal()
    await run(cluster, first)
    before = cluster.count
    await run(cluster, second)
    return cluster.count - before


@pytest.mark.parametrize("arrives", [False, True])
async def test_the_next_run_converges_wherever_the_first_was_killed(arrives: bool) -> None:
    total = await writes_of(FIRST, SECOND)
    assert total >= 8
    for number in range(total):
        cluster = Mortal(arrives=arrives)
        await run(cluster, FIRST)
        cluster.dies_at = cluster.count + number
        with pytest.raises(Killed):
            await run(cluster, SECOND)
        cluster.revive()
        await _recovered(cluster, number)


FULL = [
    replace(one, target=replace(one.target, environment=replace(one.target.environment, history_max=2)))
    for one in (wanted(config_map("kept", key="0")), FIRST, SECOND)
]
"""Releases of which so few deployments are remembered that each run has one to forget."""


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("arrives", [False, True])
async def test_every_recovery_may_be_killed_at_every_write_too(arrives: bool, again: bool) -> None:
    number = later_number = 0
    while True:
        cluster = Mortal(arrives=arrives)
        for one in FULL[:2]:
            await run(cluster, one)
        if not await _killed(cluster, FULL[2], cluster.count + number, after=None):
            break
        cluster.arrives, dead = again, engine(cluster)[0]
        if await _killed(cluster, FULL[2], cluster.count + later_number, after=dead):
            later_number += 1
        else:
            number, later_number = number + 1, 0
        await _recovered(cluster, number, FULL[2], lease_known=False)
        await _remembered(cluster, FULL[2])
    assert number >= 9


async def _killed(cluster: Mortal, one: Wanted, at: int, *, after: Engine | None) -> bool:
    """Deploy, being killed at a write, and return whether there was such a write."""
    cluster.dies_at = at
    try:
        await run(cluster, one, after=after)
    except Killed:
        return True
    finally:
        cluster.revive()
    return False


async def _remembered(cluster: Mortal, one: Wanted) -> None:
    """What the state says of deployments, the records say, too, and there are no others."""
    found, store = await state(cluster, one), engine(cluster)[0].store(one.key)
    for known in found.deployments:
        record = await store.record(one.key, known.number)
        assert (record is not None) is (known.chunks is not None), known
        assert record is None or record.recorded == known
    records = [name for name in _secrets(cluster) if name.startswith(f"fairlead.v1.{one.key.release}.")]
    assert len(records) == sum(known.chunks is not None for known in found.deployments), (records, found.deployments)


def _secrets(cluster: FakeCluster) -> list[str]:
    return [obj["metadata"]["name"] for obj in cluster.objects if obj["kind"] == "Secret"]


async def _recovered(cluster: Mortal, number: int, one: Wanted = SECOND, *, lease_known: bool = True) -> None:
    dead, _ = engine(cluster)
    deployed = await run(cluster, one, after=dead if lease_known else None)
    assert deployed.outcome in (Outcome.SUCCEEDED, Outcome.UNCHANGED), (number, deployed)
    assert shown(cluster) == {
        "ConfigMap/kept": {"key": "2"},
        "ConfigMap/made": {"key": "value"},
        "Secret/token": {"a": "Yg=="},
    }, number
    found = await state(cluster, one)
    assert (found.lock, found.claims, found.inputs_digest) == (None, (), "sha256:second"), number
    owned = {f"{entry.ref.kind}/{entry.ref.name}": entry.uid for entry in found.inventory}
    live = {f"{obj['kind']}/{obj['metadata']['name']}": obj["metadata"]["uid"] for obj in cluster.objects}
    assert owned == {name: live[name] for name in shown(cluster)}, number
    second = [
        each.deployment for each in found.deployments if each.deployment.revision.inputs_digest == "sha256:second"
    ]
    ended = [each.outcome for each in second if each.outcome is not Outcome.INTERRUPTED]
    assert ended == [Outcome.SUCCEEDED], number
    again = await run(cluster, one)
    assert again.outcome is Outcome.UNCHANGED


async def test_hooks_do_not_run_again_when_all_was_done() -> None:
    hooks = (hook(config_map("h"), "post-install", "post-upgrade"),)
    one = wanted(config_map("a"), of=release(), hooks=hooks)
    cluster = Mortal(arrives=True)
    cluster.dies_at = 4  # Lease, state, object, hook, and the record, whose answer never comes
    with pytest.raises(Killed):
        await run(cluster, one)
    cluster.revive()
    dead, _ = engine(cluster)
    cluster.calls.clear()
    deployed = await run(cluster, one, after=dead)
    assert deployed.outcome is Outcome.UNCHANGED
    assert cluster.writes == []
    assert [each.deployment.outcome for each in (await state(cluster, one)).deployments] == [Outcome.SUCCEEDED]


async def go_back(cluster: FakeCluster, *, after: Engine | None = None) -> Deployment:
    """Go back from whatever runs, in a process of its own; that of `after` is dead."""
    mine = later(cluster, after)
    past = Past(FIRST.target, mine.cluster(FIRST.key), mine.store(FIRST.key))
    planned = await plan([await past.returning(None, reason="it broke")], mine)
    (done,) = await deploy(planned, [FIRST.target], mine)
    return done


@pytest.mark.parametrize("arrives", [False, True])
async def test_going_back_is_gone_on_with_wherever_it_was_killed(arrives: bool) -> None:
    first = replace(FIRST, rendered=replace(FIRST.rendered, inputs_digest="sha256:first"))
    whole = Mortal()
    await run(whole, first)
    await run(whole, SECOND)
    before = whole.count
    await go_back(whole)
    for number in range(whole.count - before):
        cluster = Mortal(arrives=arrives)
        await run(cluster, first)
        await run(cluster, SECOND)
        cluster.dies_at = cluster.count + number
        with pytest.raises(Killed):
            await go_back(cluster)
        cluster.revive()
        began = (await state(cluster, first)).number > 2
        dead, _ = engine(cluster)
        if began:
            refused = (await run(cluster, SECOND, after=dead)).outcome
            assert refused is Outcome.REFUSED, number
            dead = later(cluster, dead)
        if not shown(cluster).get("ConfigMap/dropped") or (await state(cluster, first)).lock is not None:
            assert (await go_back(cluster, after=dead)).outcome is Outcome.SUCCEEDED, number
        assert shown(cluster) == {"ConfigMap/kept": {"key": "1"}, "ConfigMap/dropped": {"key": "value"}}, number
        found = await state(cluster, first)
        assert (found.lock, found.inputs_digest) == (None, "sha256:first"), number
        assert found.hold is not None, number
        assert found.hold.inputs_digest == "sha256:second", number
