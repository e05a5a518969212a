"""The records that deployments of charts leave for Helm, on a cluster in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from fairlead.domain.changes import PlanOptions
from fairlead.domain.deployments import Outcome
from fairlead.domain.errors import InputError, Problem, Refused, RemoteRefused
from fairlead.domain.helm_past import HelmPast
from fairlead.domain.helm_payload import HelmRevision, changed_secret
from fairlead.domain.helm_release import HelmStatus
from fairlead.domain.identity import ObjectRef
from fairlead.domain.marks import HELM_MANAGER, marked
from fairlead.domain.status import Drift
from fairlead.pipeline.deploy import DeployOptions, deploy
from fairlead.pipeline.helm.adoption import owned_by_record
from fairlead.pipeline.helm.past import helm_pasts, made_by_helm
from fairlead.pipeline.history import history, show
from fairlead.pipeline.plan import plan
from fairlead.pipeline.status import status
from fairlead.ports.cluster import LiveObject
from tests.fakes.cluster import FakeCluster
from tests.fakes.overtaking import Overtaken
from tests.fakes.releases import config_map, custom, environment, hook, release, wanted
from tests.pipeline.helm.sites import Site, record_ref

CONFLICT = RemoteRefused(Problem("conflict", "it moved"), status=409)


class Repeating(FakeCluster):
    """Loses the first answer to every creation of a record, so that the adapter sends it again."""

    async def create(self, manifest: Mapping[str, Any], *, manager: str) -> LiveObject:
        if manager == HELM_MANAGER:
            await super().create(manifest, manager=manager)
        return await super().create(manifest, manager=manager)


async def test_the_first_deployment_is_revision_one() -> None:
    site = Site()
    assert (await site.deploy(config_map())).outcome is Outcome.SUCCEEDED
    assert await site.revisions() == {1: "deployed"}
    record = await site.record(1)
    assert record.by_fairlead
    assert record.body["config"] == {"x": 1}
    assert record.body["chart"]["templates"] == [{"name": "templates/a.yaml", "data": "YQ=="}]
    assert "kind: ConfigMap" in record.manifest


async def test_the_record_is_there_before_the_first_object_and_costs_two_writes_and_one() -> None:
    site = Site()
    await site.deploy(config_map(key="1"))
    assert site.recorded == ["create", "replace"]
    names = [call.ref.name for call in site.cluster.calls if call.ref is not None and call.verb in ("apply", "create")]
    assert names.index("sh.helm.release.v1.web.v1") < names.index("settings")
    site.cluster.calls.clear()
    await site.deploy(config_map(key="2"))
    assert site.recorded == ["create", "replace", "replace"]
    assert await site.revisions() == {1: "superseded", 2: "deployed"}


async def test_no_deployment_of_a_chart_takes_more_writes_than_it_may() -> None:
    """Four, one for the revision before, and from the eleventh on one for the record that goes."""
    site = Site()
    for number in range(1, 14):
        site.cluster.calls.clear()
        await site.deploy(config_map(key=str(number)))
        writes = [call.verb for call in site.cluster.bookkeeping if call.kind == "Secret"]
        assert len(writes) <= 4 + (number > 1) + (number > 10), (number, writes)
        assert writes.count("delete") == (number > 10)


async def test_a_deployment_remembers_which_chart_and_values_it_was_made_of() -> None:
    site = Site()
    await site.deploy(config_map(key="1"))
    one = await site.wanted(config_map(key="2"))
    assert one.rendered.use is not None
    await site.carry_out(replace(one, rendered=replace(one.rendered, use=replace(one.rendered.use, values={"x": 2}))))
    first, second = await history(one.target, site.engine.store(one.key), site.cluster)
    assert first.chart == second.chart == {"name": "web", "version": "1.0.0", "digest": "sha256:0"}
    assert len({first.values_digest, second.values_digest, None}) == 3


async def test_an_unchanged_release_gets_no_record() -> None:
    site = Site()
    await site.deploy(config_map())
    site.cluster.calls.clear()
    assert (await site.deploy(config_map())).outcome is Outcome.UNCHANGED
    assert site.recorded == []


async def test_a_release_of_manifests_leaves_no_record() -> None:
    site = Site()
    await site.carry_out(wanted(config_map()))
    assert site.recorded == []


async def test_a_failure_is_recorded_and_what_was_deployed_stays_deployed() -> None:
    site = Site()
    await site.deploy(config_map(key="1"))
    refused = RemoteRefused(Problem("admissionDenied", "not today"), status=403)
    site.cluster.fail(refused, verb="apply", kind="ConfigMap", skip=1)
    failed = await site.deploy(config_map(key="2"))
    assert failed.outcome is Outcome.FAILED
    assert await site.revisions() == {1: "deployed", 2: "failed"}
    assert "not today" in (await site.record(2)).description
    assert (await site.past()).next_revision == 3
    assert (await site.deploy(config_map(key="2"))).outcome is Outcome.SUCCEEDED
    assert await site.revisions() == {1: "superseded", 2: "failed", 3: "deployed"}


async def test_the_day_of_the_first_install_is_kept() -> None:
    site = Site()
    site.left_by_helm(3, HelmStatus.DEPLOYED)
    await site.deploy(config_map())
    assert (await site.record(4)).first_deployed == "2020-01-01T00:00:00Z"
    assert await site.revisions() == {3: "superseded", 4: "deployed"}


async def test_a_revision_that_nobody_ended_is_taken_over() -> None:
    site = Site()
    site.left_by_helm(3, HelmStatus.DEPLOYED)
    site.left_by_helm(4, HelmStatus.PENDING_UPGRADE, description="Preparing upgrade")
    await site.deploy(config_map())
    assert await site.revisions() == {3: "superseded", 4: "failed", 5: "deployed"}


async def test_a_release_that_needs_no_change_is_not_left_stuck_either() -> None:
    site = Site()
    await site.deploy(config_map())
    site.left_by_helm(2, HelmStatus.PENDING_ROLLBACK)
    assert (await site.deploy(config_map())).outcome is Outcome.UNCHANGED
    assert await site.revisions() == {1: "deployed", 2: "failed"}


async def test_ten_revisions_stay() -> None:
    site = Site()
    for number in range(12):
        await site.deploy(config_map(key=str(number)))
    assert sorted(await site.revisions()) == list(range(3, 13))


async def test_an_environment_says_how_many_revisions_stay() -> None:
    site, env = Site(), environment(release(chart=True), history_max=2)
    for number in range(4):
        await site.deploy(config_map(key=str(number)), env=env)
    assert sorted(await site.revisions()) == [3, 4]


async def test_what_is_deployed_stays_however_often_others_fail() -> None:
    site = Site()
    await site.deploy(config_map())
    for number in range(2, 13):
        site.left_by_helm(number, HelmStatus.FAILED)
    site.cluster.fail(RemoteRefused(Problem("x", "no"), status=403), verb="apply", kind="ConfigMap", skip=1)
    await site.deploy(config_map(key="2"))
    assert sorted(await site.revisions()) == [1, *range(5, 14)]


@pytest.mark.parametrize("before", [0, 1], ids=["install", "upgrade"])
async def test_a_plan_that_helm_has_overtaken_is_not_carried_out(before: int) -> None:
    site = Site()
    for _ in range(before):
        await site.deploy(config_map())
    one = await site.wanted(config_map(key="other"))
    site.left_by_helm(before + 1, HelmStatus.DEPLOYED)
    site.cluster.calls.clear()
    failed = await site.carry_out(one)
    assert (failed.outcome, failed.code) == (Outcome.FAILED, "changedSincePlan")
    assert site.cluster.writes == []
    assert (await site.revisions())[before + 1] == "deployed"


async def test_who_was_taken_over_leaves_the_record_to_whoever_took_over() -> None:
    site = Site()
    await site.deploy(config_map(key="1"))
    planned = await plan([one := await site.wanted(config_map(key="2"))], site.engine)
    settings = ObjectRef("v1", "ConfigMap", "default", "settings")
    site.cluster.edit(settings, lambda obj: obj["metadata"].setdefault("labels", {}).update(by="another"))
    overtaken = replace(site.engine, stores={"test": Overtaken(site.cluster)})
    (done,) = await deploy(planned, [one.target], overtaken, DeployOptions(wait=False))
    assert (done.outcome, done.code) == (Outcome.SUPERSEDED, "superseded")
    assert "Helm" not in done.explanation
    assert await site.revisions() == {1: "deployed", 2: "pending-upgrade"}


async def test_a_record_whose_creation_was_answered_by_silence_is_still_ours() -> None:
    site = Site(Repeating())
    assert (await site.deploy(config_map())).outcome is Outcome.SUCCEEDED
    assert await site.revisions() == {1: "deployed"}


async def test_a_record_that_helm_test_touches_meanwhile_is_ended_all_the_same() -> None:
    site = Site()
    site.cluster.fail(CONFLICT, verb="replace", times=2)
    assert (await site.deploy(config_map())).outcome is Outcome.SUCCEEDED
    assert await site.revisions() == {1: "deployed"}


async def test_a_success_that_cannot_be_recorded_is_none() -> None:
    site = Site()
    site.cluster.fail(CONFLICT, verb="replace", times=99)
    failed = await site.deploy(config_map())
    assert failed.outcome is Outcome.FAILED
    assert "record" in failed.explanation


async def test_a_record_that_is_too_large_stops_everything_before_the_first_object() -> None:
    site = Site()
    one = await site.wanted(config_map())
    assert one.rendered.use is not None
    noise = {str(number): f"{number * 0x9E3779B97F4A7C15 % (1 << 64):x}" for number in range(150_000)}
    one = replace(one, rendered=replace(one.rendered, use=replace(one.rendered.use, values=noise)))
    failed = await site.carry_out(one)
    assert failed.outcome is Outcome.FAILED
    assert site.cluster.writes == []
    assert site.recorded == []


async def test_a_new_namespace_is_made_before_the_record_in_it() -> None:
    site = Site()
    made = environment(release(chart=True), namespace="new", create_namespace=True)
    assert (await site.deploy(config_map(), env=made)).outcome is Outcome.SUCCEEDED
    past = (await helm_pasts(site.cluster, [("new", "web")]))["new", "web"]
    assert past == HelmPast((HelmRevision(1, "web", "new", HelmStatus.DEPLOYED, "web", "{}"),), "web", hooks={})


async def test_only_what_helm_wrote_last_is_read_in_full() -> None:
    site = Site()
    await site.deploy(config_map())
    site.cluster.calls.clear()
    assert (await site.past()).by_hand == ""
    assert [call.verb for call in site.cluster.calls] == ["list"]
    live = await site.cluster.get(record_ref(1))
    assert live is not None
    touched = changed_secret(live, await site.record(1), at=site.engine.clock.now())
    del touched["metadata"]["annotations"]
    site.cluster.put(touched, manager="helm")
    assert await site.past() == HelmPast((HelmRevision(1, "web", "default", HelmStatus.DEPLOYED),), "web", hooks={})
    site.left_by_helm(2, HelmStatus.DEPLOYED, description="Rollback to 1")
    assert (await site.past()).by_hand == "helm made revision 2: Rollback to 1"


async def test_who_may_not_read_secrets_knows_of_no_record() -> None:
    site = Site()
    await site.deploy(config_map())
    site.cluster.fail(RemoteRefused(Problem("forbidden", "no"), status=403), verb="list")
    assert await site.past() == HelmPast()


@pytest.mark.parametrize("status", [HelmStatus.UNINSTALLED, HelmStatus.FAILED])
async def test_a_release_without_a_deployed_revision_counts_on(status: HelmStatus) -> None:
    site = Site()
    site.left_by_helm(2, status)
    await site.deploy(config_map())
    assert await site.revisions() == {2: status.value, 3: "deployed"}


async def test_a_release_of_another_chart_is_not_ours() -> None:
    site = Site()
    site.left_by_helm(1, HelmStatus.DEPLOYED, chart="other")
    one = await site.wanted(config_map())
    with pytest.raises(Refused) as refused:
        await plan([one], site.engine)
    assert refused.value.code == "foreignOwner"
    planned = await plan([one], site.engine, PlanOptions(take_ownership=True))
    (done,) = await deploy(planned, [one.target], site.engine, DeployOptions(wait=False))
    assert done.outcome is Outcome.SUCCEEDED
    assert await site.revisions() == {1: "superseded", 2: "deployed"}


async def test_what_helm_did_by_hand_explains_the_drift() -> None:
    site = Site()
    await site.deploy(config_map(key="1"))
    site.left_by_helm(2, HelmStatus.DEPLOYED, description="Rollback to 1")
    (state,) = await status([await site.wanted(config_map(key="1"))], site.engine)
    assert (state.drift, state.cause) == (Drift.NONE, "")
    (state,) = await status([await site.wanted(config_map(key="2"))], site.engine)
    assert state.drift is Drift.DRIFTED
    assert "Rollback to 1" in state.cause


async def test_hooks_are_those_of_an_upgrade_as_soon_as_helm_knows_the_release() -> None:
    site = Site()
    hooks = (hook(config_map("a"), "pre-install"), hook(config_map("b"), "pre-upgrade"))
    planned = await plan([await site.wanted(config_map(), hooks=hooks)], site.engine)
    assert [one.events for one in planned.releases[0].hooks_before] == [("pre-install",)]
    site.left_by_helm(1, HelmStatus.FAILED)
    planned = await plan([await site.wanted(config_map(), hooks=hooks)], site.engine)
    assert [one.events for one in planned.releases[0].hooks_before] == [("pre-upgrade",)]


async def test_at_first_contact_a_release_owns_what_helm_recorded_and_marked() -> None:
    site = Site()
    key = wanted(of=release(chart=True)).key
    left, foreign, gone = config_map("left"), config_map("foreign"), config_map("gone")
    site.cluster.put(marked(config_map("left", "default"), key, is_chart=True), manager="helm")
    site.cluster.put(config_map("foreign", "default"))
    both = {"apiVersion": "v1", "kind": "List", "items": [left, foreign]}
    site.left_by_helm(1, HelmStatus.DEPLOYED, both, gone, custom())
    owned = await owned_by_record(site.cluster, await site.wanted(config_map()))
    assert [entry.ref.name for entry in owned] == ["left"]
    planned = await plan([await site.wanted(config_map())], site.engine)
    assert {(one.action.value, one.ref.name) for one in planned.releases[0].changes} == {
        ("create", "settings"),
        ("delete", "left"),
    }


async def test_the_record_of_another_chart_gives_nothing() -> None:
    site = Site()
    assert len(await owned_by_record(site.cluster, await site.wanted())) == 0
    key = wanted(of=release(chart=True)).key
    site.cluster.put(marked(config_map("left", "default"), key, is_chart=True), manager="helm")
    site.left_by_helm(1, HelmStatus.DEPLOYED, config_map("left"), chart="other")
    assert len(await owned_by_record(site.cluster, await site.wanted())) == 0


async def test_revisions_of_helm_are_told_as_deployments() -> None:
    site = Site()
    await site.deploy(config_map())
    site.left_by_helm(2, HelmStatus.FAILED, description="Rollback failed")
    site.left_by_helm(3, HelmStatus.PENDING_UPGRADE)
    key = (await site.wanted()).key
    found = await made_by_helm(site.cluster, key, {1})
    assert [(one.number, one.by, one.deployment.outcome.value) for one in found] == [
        (2, "helm", "failed"),
        (3, "helm", "interrupted"),
    ]
    assert found[0].deployment.explanation == "Rollback failed"
    assert [(one.number, one.by) for one in await made_by_helm(site.cluster, key, {2, 3})] == [(1, "fairlead")]


async def test_what_helm_made_is_listed_and_shown_between_our_deployments() -> None:
    site = Site()
    await site.deploy(config_map(key="1"))
    site.left_by_helm(2, HelmStatus.DEPLOYED, description="Rollback to 1")
    await site.deploy(config_map(key="3"))
    target, store = (await site.wanted()).target, site.engine.store((await site.wanted()).key)
    listed = await history(target, store, site.cluster)
    assert [(one.number, one.by == "helm") for one in listed] == [(1, False), (2, True), (3, False)]
    assert (await show(target, 2, store, site.cluster)).recorded == listed[1]
    with pytest.raises(InputError):
        await show(target, 4, store, site.cluster)
