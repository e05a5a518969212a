"""What leaves the files leaves a real cluster, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.changes import Plan
from fairlead.domain.deployments import Outcome
from fairlead.domain.pruning import guard
from fairlead.pipeline.deploy import DeployOptions, deploy
from tests.e2e.sites import Site
from tests.fakes.releases import config_map, definition, deployment

pytestmark = pytest.mark.e2e


def _said(planned: Plan) -> dict[str, str]:
    return {change.ref.name: change.action.value for change in planned.releases[0].changes if change.is_pruning}


async def _names(site: Site, kind: str) -> set[str]:
    said = await site.kubectl("get", kind, "--output=name")
    return {line.partition("/")[2] for line in said.splitlines()}


async def test_a_manifest_that_leaves_the_files_is_deleted_and_a_twin_with_all_its_labels_stays(
    site: Site,
) -> None:
    labelled = config_map("gone")
    labelled["metadata"]["labels"] = {"app": "shop"}
    await site.deploy(site.wanted(config_map("stays"), labelled, deployment("old", replicas=0)))
    await site.kubectl("get", "configmap", "gone", "--output=name")
    marks = ("--labels=app=shop", f"--annotation=fairlead.dev/release={site.namespace}/web")
    await site.kubectl("create", "configmap", "twin", "--from-literal=key=value")
    await site.kubectl("label", "configmap", "twin", marks[0].partition("=")[2])
    await site.kubectl("annotate", "configmap", "twin", marks[1].partition("=")[2])

    left = site.wanted(config_map("stays"))
    assert _said(await site.plan(left)) == {"old": "delete", "gone": "delete"}
    assert [done.outcome for done in await site.deploy(left)] == [Outcome.SUCCEEDED]
    assert await _names(site, "configmap") - {"kube-root-ca.crt"} == {"stays", "twin"}
    assert await _names(site, "deployment") == set()
    assert _said(await site.plan(left)) == {}


async def test_an_object_made_anew_by_somebody_else_is_not_ours_any_more(
    site: Site,
) -> None:
    await site.deploy(site.wanted(config_map("stays"), config_map("gone")))
    live = await site.live("v1", "ConfigMap", "gone")
    await site.kubectl("delete", "configmap", "gone")
    await site.kubectl("create", "configmap", "gone", "--from-literal=key=theirs")
    note = live["metadata"]["annotations"]["fairlead.dev/release"]
    await site.kubectl("annotate", "configmap", "gone", f"fairlead.dev/release={note}")
    left = site.wanted(config_map("stays"))
    assert _said(await site.plan(left)) == {"gone": "skip"}
    await site.deploy(left)
    assert (await site.live("v1", "ConfigMap", "gone"))["data"] == {"key": "theirs"}


async def test_finalizers_are_waited_for_and_named(site: Site) -> None:
    held: dict[str, Any] = config_map("gone")
    held["metadata"]["finalizers"] = ["example.com/slow"]
    await site.deploy(site.wanted(config_map("stays"), held))
    left = site.wanted(config_map("stays"))
    planned = await site.plan(left)
    options = DeployOptions(wait=False, timeout_seconds=1)
    (done,) = await deploy(planned, [left.target], site.engine, options)
    assert done.outcome is Outcome.FAILED
    assert "example.com/slow" in done.explanation
    await site.kubectl("patch", "configmap", "gone", "--type=merge", "--patch", '{"metadata":{"finalizers":null}}')
    assert _said(await site.plan(left)) == {}


async def test_a_selector_is_recreated_on_demand_only(site: Site) -> None:
    await site.deploy(site.wanted(deployment(replicas=0)))
    before = await site.live("apps/v1", "Deployment", "web")
    changed = deployment(replicas=0)
    changed["spec"]["selector"]["matchLabels"] = {"app": "web", "tier": "front"}
    changed["spec"]["template"]["metadata"]["labels"] = {"app": "web", "tier": "front"}
    one = site.wanted(changed)
    (refused,) = (await site.plan(one)).releases[0].changes
    assert "selector" in refused.problem
    assert [done.outcome for done in await site.deploy(one)] == [Outcome.FAILED]
    planned = await site.plan(one, recreate=True)
    assert [change.action.value for change in planned.releases[0].changes] == ["recreate"]
    (done,) = await deploy(planned, [one.target], site.engine, DeployOptions(wait=False, timeout_seconds=30))
    after = await site.live("apps/v1", "Deployment", "web")
    assert done.outcome is Outcome.SUCCEEDED
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert [change.action.value for change in (await site.plan(one)).releases[0].changes] == ["keep"]


IMMUTABLE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "StatefulSet": (
        {
            "apiVersion": "apps/v1",
            "spec": {
                "replicas": 0,
                "serviceName": "a",
                "selector": {"matchLabels": {"app": "a"}},
                "template": {
                    "metadata": {"labels": {"app": "a"}},
                    "spec": {"containers": [{"name": "main", "image": "a:1"}]},
                },
            },
        },
        {"serviceName": "b"},
    ),
    "Job": (
        {
            "apiVersion": "batch/v1",
            "spec": {
                "suspend": True,
                "template": {
                    "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "a:1"}]},
                },
            },
        },
        {"completionMode": "Indexed", "completions": 2},
    ),
    "Service": (
        {"apiVersion": "v1", "spec": {"selector": {"app": "a"}, "ports": [{"port": 80}]}},
        {"clusterIP": "None"},
    ),
    "PersistentVolumeClaim": (
        {
            "apiVersion": "v1",
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        },
        {"accessModes": ["ReadOnlyMany"]},
    ),
}


@pytest.mark.parametrize("kind", sorted(IMMUTABLE))
async def test_what_each_kind_cannot_change_is_recognised(site: Site, kind: str) -> None:
    first, changed = IMMUTABLE[kind]
    made = {**first, "kind": kind, "metadata": {"name": "a"}}
    await site.deploy(site.wanted(made))
    one = site.wanted({**made, "spec": {**first["spec"], **changed}})
    (change,) = (await site.plan(one)).releases[0].changes
    assert "--recreate" in change.problem
    planned = await site.plan(one, recreate=True)
    assert [each.action.value for each in planned.releases[0].changes] == ["recreate"]
    assert (guard(planned.releases[0]) is not None) is (kind == "PersistentVolumeClaim")


async def test_a_definition_tells_how_much_goes_with_it(site: Site) -> None:
    kind = "Pruned" + site.namespace.rpartition("-")[2].capitalize()
    crd = definition(kind)
    for version in crd["spec"]["versions"]:
        version["schema"] = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    await site.deploy(site.wanted(config_map("stays"), crd))
    made = f'{{"apiVersion": "example.com/v1", "kind": "{kind}", "metadata": {{"name": "foreign"}}}}'
    await site.kubectl("create", "--filename=-", stdin=made)
    left = site.wanted(config_map("stays"))
    planned = await site.plan(left)
    (change,) = (each for each in planned.releases[0].changes if each.is_pruning)
    assert "1 custom resource" in change.reason
    assert guard(planned.releases[0]) is not None
    (done,) = await deploy(planned, [left.target], site.engine, DeployOptions(wait=False, timeout_seconds=60))
    assert done.outcome is Outcome.SUCCEEDED
