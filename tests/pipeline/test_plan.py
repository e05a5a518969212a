"""Plans against a cluster in memory: what they say, what they ask for, and that they write nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from fairlead.domain.changes import Action, Change, Plan, PlanOptions, Unverified
from fairlead.domain.config import Crds, IgnoreFields
from fairlead.domain.errors import InputError, Problem, Refused, RemoteRefused, Transient
from fairlead.domain.events import Planned
from fairlead.domain.identity import object_ref
from fairlead.domain.inventory import Inventory, InventoryEntry
from fairlead.domain.state import ReleaseState, Stored
from fairlead.pipeline.deploy import DeployOptions, deploy
from fairlead.pipeline.engine import Wanted
from fairlead.pipeline.plan import plan
from fairlead.pipeline.pruning import Inventories
from tests.conftest import Golden
from tests.fakes.cluster import FakeCluster
from tests.fakes.releases import (
    autoscaler,
    config_map,
    custom,
    definition,
    deployment,
    engine,
    environment,
    hook,
    job,
    namespace,
    release,
    secret,
    wanted,
)


async def _plan(cluster: FakeCluster, *releases: Wanted, **options: Any) -> Plan:
    ports, _ = engine(cluster)
    return await plan(releases, ports, PlanOptions(**options))


async def _deployed(cluster: FakeCluster, *releases: Wanted) -> None:
    """Apply what a plan says, in its order, as the apply stage does, and note what the releases own."""
    ports, _ = engine(cluster)
    for one in (await _plan(cluster, *releases)).releases:
        entries: list[InventoryEntry] = []
        for change in one.changes:
            if change.action.writes:
                assert change.desired is not None
                made = await cluster.apply(change.desired, manager=change.manager)
                entries.append(InventoryEntry(change.ref, made["metadata"]["uid"]))
        state = ReleaseState(inventory=Inventory(tuple(entries)))
        await ports.store(one.key).swap(one.key, one.stored or Stored(), state)
    cluster.calls.clear()


def _said(planned: Plan) -> list[tuple[str, str, str]]:
    changes = [change for one in planned.releases for change in one.changes]
    return [(change.action.value, change.ref.kind, change.reason) for change in changes]


def _only(planned: Plan) -> Change:
    ((change,),) = (one.changes for one in planned.releases)
    return change


async def test_everything_is_created_at_first_in_the_order_of_writing() -> None:
    cluster = FakeCluster()
    planned = await _plan(cluster, wanted(deployment(), config_map(), secret(a="b")))
    assert _said(planned) == [("create", "Secret", ""), ("create", "ConfigMap", ""), ("create", "Deployment", "")]
    assert cluster.writes == []
    assert not any(call.dry_run for call in cluster.calls)
    assert {change.unverified_reason for change in planned.releases[0].changes} == {Unverified.CREATE}


async def test_a_second_plan_finds_nothing_to_do_without_a_single_dry_run() -> None:
    cluster, release_ = FakeCluster(), wanted(deployment(), config_map(), secret(a="b"))
    await _deployed(cluster, release_)
    planned = await _plan(cluster, release_)
    assert [action for action, _, _ in _said(planned)] == ["keep", "keep", "keep"]
    assert not planned.writes
    assert [call for call in cluster.calls if call.verb == "apply"] == []


async def test_a_change_of_one_field_is_one_field_and_one_dry_run() -> None:
    cluster = FakeCluster()
    await _deployed(cluster, wanted(deployment(), config_map()))
    planned = await _plan(cluster, wanted(deployment(image="web:2"), config_map()))
    changed = [change for change in planned.releases[0].changes if change.action.writes]
    ((field,),) = (change.fields for change in changed)
    assert (field.path, field.old, field.new) == ("/spec/template/spec/containers/0/image", "web:1", "web:2")
    assert sum(call.dry_run for call in cluster.calls) == 1
    assert cluster.writes == []


async def test_the_number_of_requests_does_not_depend_on_the_number_of_objects() -> None:
    asked = []
    for count in (10, 500):
        cluster = FakeCluster()
        release_ = wanted(*(config_map(f"c-{number}") for number in range(count)))
        await _deployed(cluster, release_)
        await _plan(cluster, release_)
        asked.append(len(cluster.calls))
    assert asked[0] == asked[1] <= 5


async def test_replicas_are_left_to_a_live_autoscaler_and_to_one_in_the_plan() -> None:
    for scaler_is_live in (True, False):
        cluster = FakeCluster()
        await _deployed(cluster, wanted(deployment(replicas=3)))
        cluster.edit(object_ref(_in_default(deployment())), lambda obj: obj["spec"].update(replicas=8), manager="hpa")
        objects = [deployment(replicas=3)]
        if scaler_is_live:
            cluster.put(_in_default(autoscaler()))
        else:
            objects.append(autoscaler())
        planned = await _plan(cluster, wanted(*objects))
        kept = next(change for change in planned.releases[0].changes if change.ref.kind == "Deployment")
        assert (kept.action, kept.reason) == (Action.KEEP, "autoscaler")


async def test_fields_that_the_release_ignores_are_left_alone() -> None:
    ignoring = release(ignore_fields=(IgnoreFields("ConfigMap", None, ("/data/key",)),))
    cluster = FakeCluster()
    await _deployed(cluster, wanted(config_map(key="old"), of=ignoring))
    change = _only(await _plan(cluster, wanted(config_map(key="new"), of=ignoring)))
    assert (change.action, change.reason) == (Action.KEEP, "ignored")


async def test_a_definition_and_its_objects_may_come_in_one_plan_over_two_releases() -> None:
    cluster = FakeCluster()
    planned = await _plan(
        cluster, wanted(custom(), of=release("user")), wanted(definition(), of=release("definer")), verify=True
    )
    changes = {change.ref.kind: change for one in planned.releases for change in one.changes}
    assert (changes["Widget"].unverified_reason, changes["Widget"].problem) == (Unverified.CRD_NOT_YET, "")
    assert changes["Widget"].ref.namespace == "default"
    assert changes["CustomResourceDefinition"].verified


async def test_cluster_scoped_objects_lose_a_namespace_and_others_get_the_releases() -> None:
    planned = await _plan(
        FakeCluster(),
        wanted(definition(scope="Cluster"), custom(), config_map("a"), config_map("b", "kube-system")),
    )
    places = {(change.ref.kind, change.ref.name): change.ref.namespace for change in planned.releases[0].changes}
    assert places["Widget", "w"] == ""
    assert (places["ConfigMap", "a"], places["ConfigMap", "b"]) == ("default", "kube-system")


async def test_a_namespace_that_shall_be_made_comes_first_and_is_nobodys() -> None:
    env = environment(release("a"), release("b", depends_on=("a",)), namespace="shop", create_namespace=True)
    a, b = (wanted(config_map(declared.name), of=declared, env=env) for declared in env.releases)
    planned = await _plan(FakeCluster(), b, a)
    assert [one.key.release for one in planned.releases] == ["a", "b"]
    first = planned.releases[0].changes[0]
    assert (first.action, first.reason, first.is_preparation) == (Action.CREATE, "createNamespace", True)
    assert first.desired == namespace("shop")
    assert planned.releases[0].changes[1].unverified_reason is Unverified.NAMESPACE_NOT_YET
    assert len(planned.releases[1].changes) == 1


async def test_a_namespace_that_is_there_or_in_the_manifests_is_not_made_again() -> None:
    env = environment(release(), namespace="shop", create_namespace=True)
    cluster = FakeCluster()
    assert _said(await _plan(cluster, wanted(namespace("shop"), env=env))) == [("create", "Namespace", "")]
    cluster.put(namespace("shop"))
    assert _said(await _plan(cluster, wanted(config_map(), env=env))) == [("create", "ConfigMap", "")]


async def test_definitions_of_a_chart_are_made_once_and_then_kept() -> None:
    cluster = FakeCluster()
    releases = [wanted(of=release(name, chart=True), crds=(definition(),)) for name in ("a", "b")]
    assert [action for action, _, _ in _said(await _plan(cluster, *releases))] == ["create", "keep"]
    await _deployed(cluster, *releases)
    planned = await _plan(cluster, *releases)
    assert _said(planned) == [("keep", "CustomResourceDefinition", "crds")] * 2


async def test_definitions_of_a_chart_are_brought_up_to_date_on_demand() -> None:
    cluster, newer = FakeCluster(), definition(scope="Cluster")
    first, second = (release(name, chart=True, crds=Crds.REPLACE) for name in ("a", "b"))
    await _deployed(cluster, wanted(of=release("a", chart=True), crds=(definition(),)))
    planned = await _plan(cluster, wanted(of=first, crds=(newer,)), wanted(of=second, crds=(newer,)))
    assert _said(planned) == [
        ("update", "CustomResourceDefinition", "crds"),
        ("keep", "CustomResourceDefinition", "crds"),
    ]
    assert [field.path for field in planned.releases[0].changes[0].fields] == ["/spec/scope"]
    await _deployed(cluster, wanted(of=first, crds=(newer,)))
    live = await cluster.get(object_ref(newer))
    assert live is not None
    assert not {"labels", "annotations"} & set(live["metadata"])
    planned = await _plan(cluster, wanted(of=first, crds=(newer,)))
    assert _said(planned) == [("keep", "CustomResourceDefinition", "crds")]
    marks = {"annotations": {"fairlead.dev/release": "other/one"}}
    cluster.put({**definition(), "metadata": {**definition()["metadata"], **marks}})
    with pytest.raises(Refused) as caught:
        await _plan(cluster, wanted(of=first, crds=(newer,)))
    assert [found.code for found in caught.value.problems] == ["foreignOwner"]


@pytest.mark.parametrize(("exists", "ran"), [(False, "pre-install"), (True, "pre-upgrade")])
async def test_hooks_are_no_changes_and_tell_install_from_upgrade(exists: bool, ran: str) -> None:
    hooks = (hook(job("i"), "pre-install"), hook(job("u"), "pre-upgrade", "post-upgrade"), hook(job("t"), "test"))
    cluster, declared = FakeCluster(), release(chart=True)
    if exists:
        await _deployed(cluster, wanted(config_map(), of=declared))
    planned = await _plan(cluster, wanted(config_map(key="x"), of=declared, hooks=hooks))
    (one,) = planned.releases
    assert [change.ref.kind for change in one.changes] == ["ConfigMap"]
    assert [ran in chosen.events for chosen in one.hooks_before] == [True]
    assert len(one.hooks_after) == int(exists)


async def test_objects_of_others_are_refused_all_at_once() -> None:
    cluster = FakeCluster()
    await _deployed(cluster, wanted(config_map("a"), config_map("b"), of=release("other")))
    with pytest.raises(Refused) as caught:
        await _plan(cluster, wanted(config_map("a")), wanted(config_map("b"), of=release("mine")))
    assert [problem.code for problem in caught.value.problems] == ["foreignOwner", "foreignOwner"]
    planned = await _plan(cluster, wanted(config_map("a")), take_ownership=True)
    assert _only(planned).reason == "takeOwnership"


async def test_an_object_in_two_releases_is_an_error_that_names_both() -> None:
    with pytest.raises(InputError) as caught:
        await _plan(FakeCluster(), wanted(config_map()), wanted(config_map(namespace="default"), of=release("b")))
    (problem,) = caught.value.problems
    assert (problem.code, problem.file) == ("duplicateObject", "b.yaml")


@pytest.mark.parametrize(
    ("metadata", "code"),
    [({}, "objectIncomplete"), ({"generateName": "x-"}, "generateName"), (None, "objectIncomplete")],
)
async def test_objects_without_a_name_are_errors(metadata: Any, code: str) -> None:
    with pytest.raises(InputError) as caught:
        await _plan(FakeCluster(), wanted({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}))
    assert caught.value.code == code


def _fault(status: int, code: str, message: str = "no") -> RemoteRefused:
    return RemoteRefused(Problem(code, message), status=status)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (_fault(403, "forbidden"), Unverified.FORBIDDEN),
        (_fault(403, "admissionDenied"), Unverified.REFUSED),
        (_fault(422, "fieldImmutable"), Unverified.REFUSED),
        (_fault(400, "objectInvalid", "webhook does not support dry run"), Unverified.UNSUPPORTED),
        (_fault(404, "namespaceMissing"), Unverified.NAMESPACE_NOT_YET),
        (_fault(404, "kindNotServed"), Unverified.CRD_NOT_YET),
        (_fault(404, "notFound"), Unverified.UNAVAILABLE),
        (_fault(409, "conflict"), Unverified.UNAVAILABLE),
        (Transient(Problem("unreachable", "no answer")), Unverified.UNAVAILABLE),
    ],
)
async def test_without_a_dry_run_the_difference_is_computed(error: RemoteRefused, reason: Unverified) -> None:
    cluster = FakeCluster()
    await _deployed(cluster, wanted(config_map(key="old")))
    cluster.fail(error, verb="apply")
    change = _only(await _plan(cluster, wanted(config_map(key="new"))))
    assert (change.action, change.verified, change.unverified_reason) == (Action.UPDATE, False, reason)
    assert [(one.path, one.old, one.new) for one in change.fields] == [("/data/key", "old", "new")]
    assert bool(change.obstacle) == (reason is Unverified.REFUSED)


async def test_what_others_change_between_the_look_and_the_dry_run_is_not_ours() -> None:
    class Moving(FakeCluster):
        """A controller writes an annotation just before our dry run arrives."""

        async def apply(self, manifest: Mapping[str, Any], **options: Any) -> dict[str, Any]:
            if options.get("dry_run") and not self.writes:
                ref = object_ref(manifest)
                self.edit(ref, lambda obj: obj["metadata"]["annotations"].update(revision="1"), manager="kcm")
            return await super().apply(manifest, **options)

    cluster = Moving()
    await _deployed(cluster, wanted(config_map(key="old")))
    change = _only(await _plan(cluster, wanted(config_map(key="new"))))
    assert [one.path for one in change.fields] == ["/data/key"]


async def test_what_others_added_is_told_and_changes_nothing() -> None:
    cluster = FakeCluster()
    await _deployed(cluster, wanted(config_map()))
    cluster.edit(object_ref(config_map("settings", "default")), lambda obj: obj["data"].update(extra="by hand"))
    change = _only(await _plan(cluster, wanted(config_map())))
    assert (change.action, change.fields) == (Action.KEEP, ())
    assert [(one.path, one.owner) for one in change.additions] == [("/data/extra", "kubectl-edit")]


async def test_creations_are_checked_on_request() -> None:
    cluster = FakeCluster()
    assert _only(await _plan(cluster, wanted(config_map()), verify=True)).verified
    cluster.fail(_fault(422, "objectInvalid"), verb="apply")
    change = _only(await _plan(cluster, wanted(config_map()), verify=True))
    assert (change.action, change.unverified_reason, change.verified) == (Action.CREATE, Unverified.REFUSED, False)
    assert cluster.writes == []


async def test_secrets_do_not_leave_through_a_refused_dry_run() -> None:
    cluster = FakeCluster()
    await _deployed(cluster, wanted(secret(password="s3cr3t-old")))
    cluster.fail(_fault(422, "objectInvalid", "invalid value czNjcjN0LW5ldw== or s3cr3t-new"), verb="apply")
    change = _only(await _plan(cluster, wanted(secret(password="s3cr3t-new"))))
    assert change.problem == "invalid value (secret) or (secret)"
    assert change.obstacle


async def test_objects_that_may_not_be_read_are_unknown() -> None:
    cluster = FakeCluster()
    cluster.fail(_fault(403, "forbidden", "may not get secrets"), verb="get", kind="Secret")
    change = _only(await _plan(cluster, wanted(secret(a="b"))))
    assert (change.reason, change.unverified_reason) == ("unknown", Unverified.FORBIDDEN)
    assert "may not get secrets" in change.obstacle


@pytest.mark.parametrize("verb", ["list", "kinds", "uid"])
async def test_a_cluster_that_cannot_be_read_is_no_empty_cluster(verb: str) -> None:
    cluster = FakeCluster()
    cluster.fail(Transient(Problem("unreachable", "no answer")), verb=verb)
    with pytest.raises(Transient):
        await _plan(cluster, wanted(*(config_map(f"c-{number}") for number in range(3))))


async def test_secrets_of_helm_and_of_our_records_are_not_pulled() -> None:
    cluster = FakeCluster()
    cluster.put({**_in_default(secret("sh.helm.release.v1.a.v1")), "type": "helm.sh/release.v1"})
    planned = await _plan(cluster, wanted(secret("a", a="1"), secret("b", a="1"), secret("c", a="1")))
    assert [action for action, _, _ in _said(planned)] == ["create"] * 3
    lists = {call.fields for call in cluster.calls if (call.verb, call.kind) == ("list", "Secret")}
    assert lists == {
        "type=fairlead.dev/state.v1",
        "type!=helm.sh/release.v1,type!=fairlead.dev/record.v1,type!=fairlead.dev/unitversion.v1",
    }


async def test_the_digest_tells_plans_apart_and_nothing_else() -> None:
    cluster = FakeCluster()
    await _deployed(cluster, wanted(config_map(key="old")))
    one = await _plan(cluster, wanted(config_map(key="new")))
    cluster.edit(_only(one).ref, lambda obj: obj["metadata"].update(labels={"by": "hand"}))
    assert (await _plan(cluster, wanted(config_map(key="new")))).digest == one.digest
    assert (await _plan(cluster, wanted(config_map(key="newer")))).digest != one.digest
    assert (await _plan(cluster, wanted(config_map(key="new"), inputs="sha256:x"))).digest != one.digest
    cluster.edit(_only(one).ref, lambda obj: obj["data"].update(key="by hand"))
    assert (await _plan(cluster, wanted(config_map(key="new")))).digest != one.digest


async def test_planning_is_announced_per_release() -> None:
    ports, recorder = engine(FakeCluster())
    one = wanted(config_map())
    await plan([one], ports)
    assert recorder.events == [Planned(one.key, 1)]


async def test_the_wire_form_of_a_plan(golden: Golden) -> None:
    cluster = FakeCluster()
    before = [deployment(), config_map(key="old"), secret(password="old-pass")]
    await _deployed(cluster, wanted(*before))
    cluster.edit(
        object_ref(_in_default(deployment())),
        lambda obj: obj["spec"]["template"]["spec"]["containers"][0].update(image="web:hotfix"),
    )
    cluster.put(_in_default(autoscaler()))
    after = [deployment(image="web:2", replicas=2), config_map(key="new"), secret(password="new-pass"), custom()]
    planned = (await _plan(cluster, wanted(*after))).to_json()
    text = json.dumps(planned, indent=2, sort_keys=True) + "\n"
    golden("plans/update.json", text)


def _in_default(obj: dict[str, Any]) -> dict[str, Any]:
    return {**obj, "metadata": {**obj["metadata"], "namespace": "default"}}


async def test_a_kind_that_nothing_defines_is_said_and_holds_up_nothing() -> None:
    planned = await _plan(FakeCluster(), wanted(custom(), config_map()))
    missing = next(change for change in planned.releases[0].changes if change.ref.kind == "Widget")
    assert (missing.action, missing.unverified_reason) == (Action.CREATE, Unverified.CRD_NOT_YET)
    assert "Widget of example.com/v1" in missing.problem
    assert (missing.obstacle, planned.is_refused) == ("", False)


async def test_a_version_that_the_cluster_does_not_have_is_refused() -> None:
    old = {**deployment(), "apiVersion": "apps/v1beta2"}
    planned = await _plan(FakeCluster(), wanted(old))
    change = _only(planned)
    assert change.unverified_reason is Unverified.REFUSED
    assert "apps/v1beta2" in change.problem
    assert "apps/v1 " in change.problem
    assert change.obstacle
    assert planned.is_refused


async def test_what_no_inventory_lists_is_adopted_although_it_matches() -> None:
    cluster, one = FakeCluster(), wanted(config_map())
    ports, _ = engine(cluster)
    ((created,),) = (release.changes for release in (await _plan(cluster, one)).releases)
    assert created.desired is not None
    await cluster.apply(created.desired, manager=created.manager)
    planned = await _plan(cluster, one)
    assert _said(planned) == [("update", "ConfigMap", "adopt")]
    assert _only(planned).fields == ()
    known: Inventories = {one.key: None}
    assert not (await plan([one], ports, inventories=known)).writes


async def test_releases_that_are_declared_no_more_are_named_without_another_request() -> None:
    cluster, old, new = FakeCluster(), release("old"), release("new")
    both, one = environment(old, new), environment(new)
    ports, _ = engine(cluster)
    releases = [wanted(config_map("a"), of=old, env=both), wanted(config_map("b"), of=new, env=both)]
    await deploy(await plan(releases, ports), [each.target for each in releases], ports, DeployOptions(wait=False))
    assert (await plan(releases[1:], ports)).undeclared == ()
    cluster.calls.clear()
    planned = await plan([wanted(config_map("b"), of=new, env=one)], ports)
    assert planned.undeclared == (releases[0].key,)
    assert len([call for call in cluster.calls if call.verb == "list"]) == 1
