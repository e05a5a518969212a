"""Objects made by others, taken over on a cluster in memory: what the plan says, what stays and what goes."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.changes import Change, Plan, PlanOptions, Unverified
from fairlead.domain.deployments import Outcome
from fairlead.domain.errors import Problem, Refused, RemoteRefused
from fairlead.domain.identity import ObjectRef
from fairlead.domain.managed_fields import managers
from fairlead.pipeline.deploy import DeployOptions, deploy
from fairlead.pipeline.engine import Wanted
from fairlead.pipeline.plan import plan
from fairlead.ports.cluster import LiveObject
from tests.fakes.cluster import FakeCluster
from tests.fakes.releases import autoscaler, config_map, deployment, engine, release, secret, wanted

SETTINGS = ObjectRef("v1", "ConfigMap", "default", "settings")
WEB = ObjectRef("apps/v1", "Deployment", "default", "web")


class Site:
    """A cluster in memory on which others were before us."""

    def __init__(self) -> None:
        self.cluster = FakeCluster(defaulting=_defaults)
        self.engine, _ = engine(self.cluster)

    def made(self, obj: dict[str, Any], *, by: str = "kubectl-client-side-apply", **metadata: Any) -> None:
        self.cluster.put({**obj, "metadata": {"namespace": "default", **obj["metadata"], **metadata}}, manager=by)

    async def plan(self, *releases: Wanted, **options: Any) -> Plan:
        return await plan(releases, self.engine, PlanOptions(**options))

    async def deploy(self, one: Wanted, **options: Any) -> Outcome:
        planned = await self.plan(one, **options)
        (done,) = await deploy(planned, [one.target], self.engine, DeployOptions(wait=False))
        return done.outcome

    async def live(self, ref: ObjectRef) -> LiveObject:
        found = await self.cluster.get(ref)
        assert found is not None
        return found


def _defaults(obj: LiveObject) -> None:
    if obj["kind"] == "Deployment":
        obj["spec"].setdefault("progressDeadlineSeconds", 600)


def _change(planned: Plan, ref: ObjectRef) -> Change:
    return next(change for change in planned.releases[0].changes if change.ref == ref)


def _paths(change: Change) -> dict[str, Any]:
    return {field.path: field.new for field in change.fields if not field.path.startswith("/metadata")}


@pytest.mark.parametrize("deployer", ["kubectl-client-side-apply", "kubectl-create", "helm"])
async def test_a_field_that_the_source_no_longer_has_disappears(deployer: str) -> None:
    site = Site()
    site.made(config_map(stays="1", goes="2"), by=deployer)
    one = wanted(config_map(stays="1"))
    change = _change(await site.plan(one), SETTINGS)
    assert (change.reason, change.unverified_reason) == ("adopt", Unverified.ADOPTION)
    assert _paths(change) == {"/data/goes": None}
    assert await site.deploy(one) is Outcome.SUCCEEDED
    live = await site.live(SETTINGS)
    assert live["data"] == {"stays": "1"}
    assert managers(live) == {"fairlead"}
    assert not (await site.plan(one)).writes


async def test_what_others_added_stays() -> None:
    site = Site()
    site.made(config_map(ours="1"))
    site.cluster.edit(SETTINGS, lambda obj: obj["data"].update(theirs="2"))
    assert await site.deploy(wanted(config_map(ours="1"))) is Outcome.SUCCEEDED
    assert (await site.live(SETTINGS))["data"] == {"ours": "1", "theirs": "2"}


async def test_a_default_that_the_server_sets_again_is_no_change() -> None:
    site = Site()
    site.made(deployment(), by="kubectl-create")
    one = wanted(deployment(image="web:2"))
    assert _paths(_change(await site.plan(one), WEB)) == {"/spec/template/spec/containers/0/image": "web:2"}
    assert await site.deploy(one) is Outcome.SUCCEEDED
    assert (await site.live(WEB))["spec"]["progressDeadlineSeconds"] == 600


async def test_an_item_of_a_list_goes_as_a_whole() -> None:
    site, old = Site(), deployment()
    old["spec"]["template"]["spec"]["containers"].append({"name": "side", "image": "side:1"})
    site.made(old)
    one = wanted(deployment())
    assert list(_paths(_change(await site.plan(one), WEB))) == ["/spec/template/spec/containers/1"]
    assert await site.deploy(one) is Outcome.SUCCEEDED
    live = await site.live(WEB)
    assert [each["name"] for each in live["spec"]["template"]["spec"]["containers"]] == ["main"]


async def test_replicas_under_an_autoscaler_keep_their_number() -> None:
    site = Site()
    site.made(deployment(replicas=4))
    site.made(autoscaler())
    assert await site.deploy(wanted(deployment(replicas=1))) is Outcome.SUCCEEDED
    assert (await site.live(WEB))["spec"]["replicas"] == 4


async def test_keys_of_an_old_string_data_are_removed() -> None:
    site, ref = Site(), ObjectRef("v1", "Secret", "default", "token")
    site.made(secret(stays="1", goes="2"))
    one = wanted(secret(stays="1"))
    change = _change(await site.plan(one), ref)
    assert "/data/goes" in _paths(change)
    assert "2" not in str([field.old for field in change.fields])
    assert await site.deploy(one) is Outcome.SUCCEEDED
    assert list((await site.live(ref))["data"]) == ["stays"]


async def test_the_plan_does_not_write() -> None:
    site = Site()
    site.made(config_map(stays="1", goes="2"))
    before = await site.live(SETTINGS)
    await site.plan(wanted(config_map(stays="1")))
    assert await site.live(SETTINGS) == before
    assert site.cluster.writes == []


async def test_who_may_not_replace_still_sees_what_goes() -> None:
    site = Site()
    site.made(config_map(stays="1", goes="2"))
    site.cluster.fail(RemoteRefused(Problem("forbidden", "no"), status=403), verb="replace")
    change = _change(await site.plan(wanted(config_map(stays="1"))), SETTINGS)
    assert change.unverified_reason is Unverified.ADOPTION
    assert _paths(change) == {"/data/goes": None}


async def test_a_conflict_looks_again() -> None:
    site = Site()
    site.made(config_map(stays="1", goes="2"))
    one = wanted(config_map(stays="1"))
    planned = await site.plan(one)
    site.cluster.edit(SETTINGS, lambda obj: obj["data"].update(theirs="3"))
    conflict = RemoteRefused(Problem("conflict", "modified"), status=409)
    site.cluster.fail(conflict, verb="replace")
    (done,) = await deploy(planned, [one.target], site.engine, DeployOptions(wait=False))
    assert done.outcome is Outcome.SUCCEEDED
    assert (await site.live(SETTINGS))["data"] == {"stays": "1", "theirs": "3"}


async def test_a_crash_between_the_two_writes_is_repaired_by_the_next_run() -> None:
    site = Site()
    site.made(config_map(stays="1", goes="2"))
    one = wanted(config_map(stays="1"))
    planned = await site.plan(one)
    site.cluster.fail(RemoteRefused(Problem("apiRefused", "gone"), status=400), verb="apply", name="settings")
    (done,) = await deploy(planned, [one.target], site.engine, DeployOptions(wait=False))
    assert done.outcome is Outcome.FAILED
    between = await site.live(SETTINGS)
    assert (between["data"], managers(between)) == ({"stays": "1", "goes": "2"}, frozenset({"fairlead"}))
    assert await site.deploy(one) is Outcome.SUCCEEDED
    assert (await site.live(SETTINGS))["data"] == {"stays": "1"}


async def test_taking_ownership_lasts() -> None:
    site, one = Site(), wanted(config_map(stays="1"))
    marks = {"labels": {"argocd.argoproj.io/instance": "storefront"}}
    site.made(config_map(stays="1", goes="2"), by="argocd-controller", **marks)
    with pytest.raises(Refused) as refusal:
        await site.plan(one)
    assert "storefront" in str(refusal.value)
    assert await site.deploy(one, take_ownership=True) is Outcome.SUCCEEDED
    assert (await site.live(SETTINGS))["data"] == {"stays": "1"}
    assert not (await site.plan(one)).writes


async def test_a_release_that_becomes_another_takes_its_objects_along() -> None:
    site = Site()
    await site.deploy(wanted(config_map(stays="1", goes="2"), of=release("old", chart=True)))
    one = wanted(config_map(stays="1"), of=release("new"))
    with pytest.raises(Refused):
        await site.plan(one)
    assert await site.deploy(one, take_ownership=True) is Outcome.SUCCEEDED
    live = await site.live(SETTINGS)
    assert (live["data"], managers(live)) == ({"stays": "1"}, frozenset({"fairlead"}))
    assert not (await site.plan(one)).writes


async def test_an_object_passes_from_one_release_to_another() -> None:
    site = Site()
    await site.deploy(wanted(config_map(stays="1", goes="2"), of=release("old")))
    one = wanted(config_map(stays="3"), of=release("new"))
    assert await site.deploy(one, take_ownership=True) is Outcome.SUCCEEDED
    assert (await site.live(SETTINGS))["data"] == {"stays": "3"}
    assert not (await site.plan(one)).writes
