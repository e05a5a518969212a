"""Deleting what is not declared any more, and recreating what cannot change, on a cluster in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from fairlead.domain.changes import Action, Change, Plan
from fairlead.domain.deployments import Outcome
from fairlead.domain.errors import Problem, RemoteRefused, Transient
from fairlead.domain.identity import ObjectRef, ReleaseKey, object_ref
from fairlead.domain.inventory import Inventory, InventoryEntry
from fairlead.domain.pruning import guard
from fairlead.pipeline.deploy import DeployOptions, deploy
from fairlead.pipeline.engine import Wanted
from fairlead.pipeline.plan import plan
from fairlead.pipeline.status import status
from fairlead.ports.cluster import LiveObject
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
    wanted,
)
from tests.fakes.runs import Run

GONE = ObjectRef("v1", "ConfigMap", "default", "gone")


class Site(Run):
    """A cluster in memory, and what releases own there."""

    inventories: dict[ReleaseKey, Inventory | None]

    def __init__(self) -> None:
        super().__init__()
        self.inventories = {}

    async def owns(self, one: Wanted) -> None:
        """Deploy a release and remember what it owns."""
        await self.deploy(one, wait=False)
        refs = [change.ref for change in (await self.plan(one)).releases[0].changes if not change.is_preparation]
        entries = [InventoryEntry(ref, (await self.live(ref))["metadata"]["uid"]) for ref in refs]
        self.inventories[one.key] = Inventory(tuple(entries))
        self.cluster.calls.clear()

    async def live(self, ref: ObjectRef) -> LiveObject:
        found = await self.cluster.get(ref)
        assert found is not None
        return found

    async def outcome(self, *releases: Wanted, **options: Any) -> tuple[Outcome, str]:
        (done, *_) = await self.deploy(*releases, **options)
        return done.outcome, done.explanation

    @property
    def deleted(self) -> list[str]:
        return [call.ref.name for call in self.cluster.writes if call.verb == "delete" and call.ref]


def _pruned(planned: Plan) -> list[Change]:
    return [change for one in planned.releases for change in one.changes if change.is_pruning]


def _said(planned: Plan) -> list[tuple[str, str]]:
    return [(change.action.value, change.ref.name) for change in _pruned(planned)]


def _refused(status: int, code: str) -> RemoteRefused:
    return RemoteRefused(Problem(code, "the server says no"), status=status)


async def test_what_left_the_files_is_deleted_last_and_backwards() -> None:
    site = Site()
    await site.owns(wanted(config_map("stays"), config_map("gone"), deployment("old")))
    left = wanted(config_map("stays", key="new"))
    assert _said(await site.plan(left)) == [("delete", "old"), ("delete", "gone")]
    assert await site.outcome(left) == (Outcome.SUCCEEDED, "")
    assert [call.ref.name for call in site.cluster.writes if call.ref] == ["stays", "old", "gone"]
    assert await site.cluster.get(GONE) is None


async def test_without_an_inventory_nothing_is_deleted() -> None:
    site = Site()
    await site.owns(wanted(config_map("gone")))
    site.inventories.clear()
    assert _said(await site.plan(wanted(config_map("stays")))) == []


async def test_an_inventory_that_may_not_be_read_deletes_nothing_and_says_so() -> None:
    site, one = Site(), wanted(config_map("stays"))
    await site.owns(wanted(config_map("gone")))
    site.inventories[one.key] = None
    planned = await site.plan(one)
    assert _said(planned) == []
    assert planned.releases[0].to_json()["notes"]


async def test_a_failed_read_ends_the_plan() -> None:
    site = Site()
    await site.owns(wanted(config_map("gone")))
    site.cluster.fail(Transient(Problem("unreachable", "no route")), verb="get", name="gone")
    with pytest.raises(Transient):
        await site.plan(wanted(config_map("stays")))


async def test_what_may_not_be_read_stays() -> None:
    site = Site()
    await site.owns(wanted(config_map("gone")))
    site.cluster.fail(_refused(403, "forbidden"), verb="get", name="gone")
    assert _said(await site.plan(wanted())) == [("skip", "gone")]


async def test_another_object_of_the_name_stays_whatever_its_labels_say() -> None:
    site = Site()
    await site.owns(wanted(config_map("gone")))
    twin = await site.live(GONE)
    site.cluster.remove(GONE)
    marks = {key: twin["metadata"][key] for key in ("name", "namespace", "annotations")}
    site.cluster.put({"apiVersion": "v1", "kind": "ConfigMap", "metadata": marks, "data": {}})
    left = wanted(config_map("stays"))
    assert _said(await site.plan(left)) == [("skip", "gone")]
    assert await site.outcome(left) == (Outcome.SUCCEEDED, "")
    assert site.deleted == []


async def test_what_another_release_declares_now_is_not_deleted() -> None:
    site, other = Site(), release("other")
    await site.owns(wanted(config_map("gone")))
    moved = wanted(config_map("gone"), of=other)
    assert _said(await site.plan(wanted(), moved, take_ownership=True)) == []


async def test_a_new_version_of_a_kind_is_the_same_object() -> None:
    site = Site()
    one = wanted(deployment("web"), deployment("old"))
    await site.owns(one)
    entries = [
        InventoryEntry(ObjectRef("apps/v1beta1", *(entry.ref.kind, entry.ref.namespace, entry.ref.name)), entry.uid)
        for entry in site.inventories[one.key] or ()
    ]
    site.inventories[one.key] = Inventory(tuple(entries))
    assert _said(await site.plan(wanted(deployment("web")))) == [("delete", "old")]


async def test_a_kind_that_is_gone_leaves_nothing_to_delete() -> None:
    site, one = Site(), wanted(config_map("stays"))
    site.inventories[one.key] = Inventory((InventoryEntry(ObjectRef("old.test/v1", "Thing", "default", "t"), "u"),))
    assert _said(await site.plan(one)) == []


async def test_a_kind_whose_server_is_down_is_not_taken_for_gone() -> None:
    """Discovery leaves out what an aggregated API serves while it does not answer."""
    site, one = Site(), wanted(config_map("stays"))
    site.inventories[one.key] = Inventory((InventoryEntry(ObjectRef("old.test/v1", "Thing", "default", "t"), "u"),))
    site.cluster.fail(Transient(Problem("unavailable", "the server is down")), verb="get", kind="Thing")
    with pytest.raises(Transient):
        await site.plan(one)


async def test_no_pruning_where_the_release_says_so_but_its_removal_takes_all() -> None:
    site, careful = Site(), release(prune=False)
    await site.owns(wanted(config_map("gone"), of=careful))
    left = wanted(of=careful)
    assert _said(await site.plan(left)) == [("skip", "gone")]
    removed = Wanted(left.target, left.rendered, left.source, is_removed=True)
    assert _said(await site.plan(removed)) == [("delete", "gone")]


async def test_the_namespace_of_the_environment_and_the_crds_of_a_chart_are_never_deleted() -> None:
    site, chart = Site(), release(chart=True)
    env = environment(chart, namespace="shop", create_namespace=True)
    crd = definition()
    one = wanted(config_map("gone"), of=chart, env=env, crds=[crd])
    await site.owns(one)
    refs = [object_ref(crd), ObjectRef("v1", "Namespace", "", "shop")]
    assert {entry.ref for entry in site.inventories[one.key] or ()}.isdisjoint(refs)
    entries = [InventoryEntry(ref, (await site.live(ref))["metadata"]["uid"]) for ref in refs]
    site.inventories[one.key] = Inventory((*(site.inventories[one.key] or ()), *entries))
    assert _said(await site.plan(wanted(of=chart, env=env, crds=[crd]))) == [("delete", "gone")]


async def test_a_definition_says_how_much_goes_with_it_and_goes_after_its_objects() -> None:
    site = Site()
    await site.owns(wanted(definition()))
    site.cluster.put(custom(name="foreign") | {"metadata": {"name": "foreign", "namespace": "default"}})
    site.cluster.put(custom(name="other") | {"metadata": {"name": "other", "namespace": "kube-system"}})
    planned = await site.plan(wanted())
    (change,) = _pruned(planned)
    assert "2" in change.reason
    problem = guard(planned.releases[0])
    assert problem is not None
    assert change.reason in problem.message


async def test_a_namespace_that_was_a_manifest_goes_last() -> None:
    site = Site()
    await site.owns(wanted(namespace("apart"), config_map("inside", "apart"), config_map("gone")))
    assert [name for _, name in _said(await site.plan(wanted()))][-1] == "apart"


async def test_what_is_deleted_is_not_waited_for_to_become_healthy() -> None:
    site = Site()
    await site.owns(wanted(config_map("stays"), deployment("old")))
    left = wanted(config_map("stays"))
    assert await site.outcome(left, timeout_seconds=5) == (Outcome.SUCCEEDED, "")
    assert [one.health.value for one in await status([left], site.engine)] == ["current"]


async def test_finalizers_are_waited_for() -> None:
    site = Site()
    await site.owns(wanted(config_map("gone")))
    site.cluster.edit(GONE, lambda obj: obj["metadata"].update(finalizers=["example.com/slow"]))
    outcome, explanation = await site.outcome(wanted(), timeout_seconds=5)
    assert outcome is Outcome.FAILED
    assert "example.com/slow" in explanation
    site.cluster.edit(GONE, lambda obj: obj["metadata"].update(finalizers=[]))
    assert await site.cluster.get(GONE) is None


async def test_a_later_version_of_the_same_object_is_deleted_all_the_same() -> None:
    site = Site()
    await site.owns(wanted(config_map("gone")))
    planned = await site.plan(wanted())
    site.cluster.edit(GONE, lambda obj: obj["data"].update(more="1"))
    (done,) = await deploy(planned, [wanted().target], site.engine)
    assert (done.outcome, await site.cluster.get(GONE)) == (Outcome.SUCCEEDED, None)


@pytest.mark.parametrize(
    ("meanwhile", "outcome", "stays"),
    [
        ("gone", Outcome.SUCCEEDED, False),
        ("replaced", Outcome.SUCCEEDED, True),
        ("claimed", Outcome.FAILED, True),
    ],
)
async def test_what_happens_between_plan_and_apply(meanwhile: str, outcome: Outcome, stays: bool) -> None:
    site = Site()
    await site.owns(wanted(config_map("gone")))
    planned = await site.plan(wanted())
    if meanwhile == "claimed":
        site.cluster.edit(GONE, lambda obj: obj["metadata"].update(annotations={"kapp.k14s.io/app": "1"}))
    else:
        site.cluster.remove(GONE)
    if meanwhile == "replaced":
        site.cluster.put(config_map("gone", "default"))
    (done,) = await deploy(planned, [wanted().target], site.engine)
    assert done.outcome is outcome
    assert (await site.cluster.get(GONE) is not None) is stays


async def test_a_refused_deletion_stops_what_would_be_deleted_after_it() -> None:
    site = Site()
    await site.owns(wanted(config_map("gone"), deployment("old")))
    site.cluster.fail(_refused(403, "forbidden"), verb="delete", name="old")
    outcome, explanation = await site.outcome(wanted())
    assert outcome is Outcome.FAILED
    assert "Deployment default/old" in explanation
    assert await site.cluster.get(GONE) is not None


async def test_a_stop_ends_the_waiting_but_not_the_deletion() -> None:
    site = Site()
    await site.owns(wanted(config_map("gone"), deployment("old")))
    old = ObjectRef("apps/v1", "Deployment", "default", "old")
    site.cluster.edit(old, lambda obj: obj["metadata"].update(finalizers=["example.com/slow"]))
    planned = await site.plan(wanted())
    run = asyncio.create_task(deploy(planned, [wanted().target], site.engine, DeployOptions(timeout_seconds=1e9)))
    while not site.deleted:  # noqa: ASYNC110 - the fake has no event for it
        await asyncio.sleep(0)
    run.cancel()
    assert [done.outcome for done in await run] == [Outcome.INTERRUPTED]
    assert site.deleted == ["old"]
    assert await site.cluster.get(GONE) is not None
    state = (await site.engine.stores["test"].read(wanted().key)).state
    assert {(one.ref.name, one.done) for one in state.deployments[-1].objects} == {("gone", False), ("old", False)}


async def test_an_object_that_changes_all_the_time_is_given_up() -> None:
    site = Site()
    await site.owns(wanted(config_map("gone")))
    site.cluster.fail(_refused(409, "conflict"), verb="delete", times=99)
    assert (await site.outcome(wanted()))[0] is Outcome.FAILED
    assert len(site.deleted) < 20


async def test_a_removed_release_runs_the_hooks_of_deleting() -> None:
    site, chart = Site(), release(chart=True)
    await site.owns(wanted(config_map("gone"), of=chart))
    left = wanted(of=chart, hooks=(hook(job("bye"), "pre-delete"), hook(job("late"), "post-delete")))
    removed = Wanted(left.target, left.rendered, left.source, is_removed=True)
    (planned,) = (await site.plan(removed)).releases
    assert [one.manifest.ref.name for one in (*planned.hooks_before, *planned.hooks_after)] == ["bye", "late"]


async def test_a_removed_release_makes_no_namespace() -> None:
    site, one = Site(), release()
    left = wanted(of=one, env=environment(one, namespace="new", create_namespace=True))
    assert not (await site.plan(Wanted(left.target, left.rendered, left.source, is_removed=True))).writes


async def test_the_digest_tells_deletions_apart() -> None:
    site = Site()
    await site.owns(wanted(config_map("gone")))
    with_deletion: Mapping[str, Any] = (await site.plan(wanted())).to_json()
    assert with_deletion["summary"]["delete"] == 1
    site.inventories.clear()
    assert (await site.plan(wanted())).digest != with_deletion["digest"]


async def test_nothing_is_deleted_twice() -> None:
    site = Site()
    await site.owns(wanted(config_map("gone")))
    await site.outcome(wanted())
    assert not any(change.action is Action.DELETE for change in _pruned(await site.plan(wanted())))


def _immutable(site: Site, name: str) -> None:
    problem = Problem("fieldImmutable", "spec.selector: field is immutable", remedy="add --recreate")
    site.cluster.fail(RemoteRefused(problem, status=422), verb="apply", name=name, times=1)


async def test_what_cannot_change_is_refused_and_nothing_of_the_release_is_written() -> None:
    site = Site()
    await site.owns(wanted(config_map(), deployment()))
    _immutable(site, "web")
    changed = wanted(config_map(key="new"), deployment(image="web:2"))
    planned = await site.plan(changed)
    assert [one.obstacle for one in planned.releases[0].changes if one.obstacle]
    (done,) = await deploy(planned, [changed.target], site.engine)
    assert (done.outcome, site.cluster.writes) == (Outcome.FAILED, [])


async def test_what_cannot_change_is_deleted_and_made_anew_on_demand() -> None:
    site, ref = Site(), ObjectRef("apps/v1", "Deployment", "default", "web")
    await site.owns(wanted(deployment()))
    before = await site.live(ref)
    _immutable(site, "web")
    changed = wanted(deployment(image="web:2"))
    planned = await site.plan(changed, recreate=True)
    (change,) = planned.releases[0].changes
    assert (change.action, change.reason) == (Action.RECREATE, "immutable")
    assert [field.path for field in change.fields] == ["/spec/template/spec/containers/0/image"]
    assert not change.obstacle
    (done,) = await deploy(planned, [changed.target], site.engine, DeployOptions(wait=False))
    after = await site.live(ref)
    assert (done.outcome, done.summary["recreate"]) == (Outcome.SUCCEEDED, 1)
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert [call.verb for call in site.cluster.writes] == ["delete", "apply"]
    assert not (await plan([changed], site.engine)).writes


async def test_recreating_a_claim_needs_to_be_allowed() -> None:
    site = Site()
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"]},
    }
    await site.owns(wanted(claim))
    _immutable(site, "data")
    planned = await site.plan(wanted(claim | {"spec": {"accessModes": ["ReadOnlyMany"]}}), recreate=True)
    assert guard(planned.releases[0]) is not None


async def test_what_does_not_go_away_is_not_made_anew() -> None:
    site, ref = Site(), ObjectRef("apps/v1", "Deployment", "default", "web")
    await site.owns(wanted(deployment()))
    site.cluster.edit(ref, lambda obj: obj["metadata"].update(finalizers=["example.com/slow"]))
    _immutable(site, "web")
    changed = wanted(deployment(image="web:2"))
    planned = await site.plan(changed, recreate=True)
    (done,) = await deploy(planned, [changed.target], site.engine, DeployOptions(wait=False, timeout_seconds=5))
    assert done.outcome is Outcome.FAILED
    assert "example.com/slow" in done.explanation
    assert [call.verb for call in site.cluster.writes] == ["delete"]
