"""The engine against a real API server: what it says before, what it does, and whom it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from fairlead.adapters.clock.system import SystemClock
from fairlead.adapters.kubernetes.client import KubernetesCluster
from fairlead.domain.access import BearerToken
from fairlead.domain.changes import Change, FieldChange, Plan, Unverified
from fairlead.domain.deployments import Outcome
from fairlead.domain.identity import ObjectRef
from fairlead.domain.status import Drift
from fairlead.pipeline.deploy import DeployOptions, deploy
from fairlead.pipeline.plan import plan
from fairlead.pipeline.status import status
from tests.e2e.engines import real_engine
from tests.e2e.running import RunningSandbox
from tests.e2e.sites import Site
from tests.fakes.releases import (
    autoscaler,
    config_map,
    custom,
    definition,
    deployment,
    environment,
    hook,
    job,
    release,
    secret,
    wanted,
)

pytestmark = pytest.mark.e2e


def _read(sandbox: RunningSandbox) -> Any:
    return orjson.loads(sandbox.kubeconfig.read_bytes())


def _only(planned: Plan) -> Change:
    ((change,),) = (one.changes for one in planned.releases)
    return change


def _said(planned: Plan) -> list[str]:
    return [change.action.value for one in planned.releases for change in one.changes]


# What charts and people write, with all the defaults, normalisations and odd corners that a server answers with.
RICH: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "rich", "labels": {}, "annotations": None, "creationTimestamp": None},
    "spec": {
        "replicas": 0,
        "strategy": {},
        "selector": {"matchLabels": {"app": "rich"}},
        "template": {
            "metadata": {"labels": {"app": "rich"}, "annotations": {}},
            "spec": {
                "securityContext": {},
                "nodeSelector": None,
                "tolerations": [{"key": "a", "operator": "Exists"}],
                "volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "cfg", "configMap": {"name": "x"}}],
                "initContainers": [{"name": "init", "image": "init:1", "command": ["true"]}],
                "containers": [
                    {
                        "name": "main",
                        "image": "main:1",
                        "env": [{"name": "B", "value": "1"}, {"name": "A", "value": "$(B)"}],
                        "ports": [{"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}],
                        "resources": {"requests": {"cpu": "100m"}, "limits": {"memory": "64Mi"}},
                        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
                        "livenessProbe": {"httpGet": {"path": "/", "port": 80}},
                    }
                ],
            },
        },
    },
}


async def test_created_then_kept_then_one_field(site: Site) -> None:
    objects = [RICH, config_map(), secret(password="first"), {**autoscaler("elsewhere")}]
    assert _said(await site.plan(site.wanted(*objects), verify=True)) == ["create"] * 4
    assert [one.outcome for one in await site.deploy(site.wanted(*objects))] == [Outcome.SUCCEEDED]
    planned = await site.plan(site.wanted(*objects))
    assert _said(planned) == ["keep"] * 4, planned.to_json()
    assert [one.outcome for one in await site.deploy(site.wanted(*objects))] == [Outcome.UNCHANGED]

    changed = orjson.loads(orjson.dumps(RICH).replace(b'"main:1"', b'"main:2"'))
    update = next(
        one for one in (await site.plan(site.wanted(changed, *objects[1:]))).releases[0].changes if one.fields
    )
    assert update.verified
    assert update.fields == (FieldChange("/spec/template/spec/containers/0/image", "main:1", "main:2"),)


async def test_a_normalised_quantity_is_kept(site: Site) -> None:
    obj = orjson.loads(orjson.dumps(RICH).replace(b'"100m"', b'"1000m"'))
    await site.deploy(site.wanted(obj))
    kept = _only(await site.plan(site.wanted(obj)))
    assert kept.action.value == "keep"
    stored = await site.engine.store(site.wanted(obj).key).read(site.wanted(obj).key)
    assert stored.state.forms == {kept.form}
    live = await site.live("apps/v1", "Deployment", "rich")
    assert live["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"] == "1"


async def test_every_character_arrives_unharmed(site: Site) -> None:
    odd = "".join(map(chr, [*range(1, 0x100), 0x2028, 0x2029, 0xFEFF, 0xFFFD, 0xFFFE, 0xFFFF, 0x1F600]))
    one = site.wanted(config_map(key=odd))
    assert [done.outcome for done in await site.deploy(one)] == [Outcome.SUCCEEDED]
    assert (await site.live("v1", "ConfigMap", "settings"))["data"] == {"key": odd}
    assert _said(await site.plan(one)) == ["keep"]


async def test_a_field_dropped_from_the_source_disappears_and_foreign_ones_stay(site: Site) -> None:
    await site.deploy(site.wanted(config_map(a="1", b="2")))
    await site.kubectl("patch", "configmap", "settings", "--type=merge", "--patch", '{"data":{"theirs":"x"}}')
    assert _only(await site.plan(site.wanted(config_map(a="1", b="2")))).action.value == "keep"
    await site.deploy(site.wanted(config_map(a="1")))
    assert (await site.live("v1", "ConfigMap", "settings"))["data"] == {"a": "1", "theirs": "x"}


async def test_a_field_taken_by_kubectl_is_named_and_taken_back(site: Site) -> None:
    one = site.wanted(config_map(key="ours"))
    await site.deploy(one)
    await site.kubectl("patch", "configmap", "settings", "--type=merge", "--patch", '{"data":{"key":"theirs"}}')
    (drifted,) = await status([one], site.engine)
    assert drifted.drift is Drift.DRIFTED
    assert _only(await site.plan(one)).fields == (FieldChange("/data/key", "theirs", "ours", "kubectl-patch"),)
    await site.deploy(one)
    assert (await site.live("v1", "ConfigMap", "settings"))["data"] == {"key": "ours"}
    assert [found.drift for found in await status([one], site.engine)] == [Drift.NONE]


async def test_an_object_made_by_kubectl_is_adopted(site: Site) -> None:
    await site.kubectl("apply", "--filename=-", stdin=orjson.dumps(config_map(key="same")).decode())
    change = _only(await site.plan(site.wanted(config_map(key="same"))))
    assert (change.action.value, change.reason) == ("update", "adopt")
    await site.deploy(site.wanted(config_map(key="same")))
    assert _only(await site.plan(site.wanted(config_map(key="same")))).action.value == "keep"


async def test_a_secret_made_by_kubectl_apply_shows_nothing_while_it_is_adopted(site: Site) -> None:
    made = secret(a="clear-text-1")
    await site.kubectl("apply", "--filename=-", stdin=orjson.dumps(made).decode())
    planned = await site.plan(site.wanted(secret(a="clear-text-2")))
    assert {field.path: field.equal for field in _only(planned).fields}["/data/a"] is False
    for hidden in ("clear-text", "Y2xlYXItdGV4dC"):
        assert hidden not in str(planned.to_json())


async def test_who_may_only_look_can_plan(site: Site) -> None:
    before = [config_map(key="old"), secret(a="b")]
    await site.deploy(site.wanted(*before))
    await site.kubectl("create", "serviceaccount", "viewer")
    subject = f"--serviceaccount={site.namespace}:viewer"
    await site.kubectl("create", "rolebinding", "viewer", "--clusterrole=view", subject)
    token = (await site.kubectl("create", "token", "viewer")).strip()
    cluster = KubernetesCluster(replace(site.access, credential=BearerToken(token)), clock=SystemClock(), environ={})
    try:
        engine = real_engine(cluster)
        one = site.wanted(config_map(key="new"), secret(a="c"), deployment())
        planned = await plan([one], engine)
        (done,) = await deploy(planned, [one.target], engine)
    finally:
        await cluster.close()
    said = {change.ref.kind: change for change in planned.releases[0].changes}
    assert (said["Secret"].reason, said["Secret"].unverified_reason) == ("unknown", Unverified.FORBIDDEN)
    assert said["ConfigMap"].unverified_reason is Unverified.FORBIDDEN
    assert said["ConfigMap"].fields == (FieldChange("/data/key", "old", "new"),)
    assert said["Deployment"].action.value == "create"
    assert done.outcome is Outcome.FAILED


async def test_a_secret_key_dropped_from_string_data_disappears_and_nothing_shows_it(site: Site) -> None:
    await site.deploy(site.wanted(secret(a="clear-text-1", b="clear-text-2")))
    planned = await site.plan(site.wanted(secret(a="clear-text-3")))
    assert [(field.path, field.equal) for field in _only(planned).fields] == [("/data/a", False), ("/data/b", False)]
    assert "clear-text" not in str(planned.to_json())
    assert "Y2xlYXItdGV4dC" not in str(planned.to_json())
    await site.deploy(site.wanted(secret(a="clear-text-3")))
    assert list((await site.live("v1", "Secret", "token"))["data"]) == ["a"]


async def test_replicas_never_fall_while_an_autoscaler_takes_over(site: Site) -> None:
    """Before the first scaling only our entry holds the replicas; leaving them out then would make them one."""
    ref = ObjectRef("apps/v1", "Deployment", site.namespace, "web")
    await site.deploy(site.wanted(deployment(replicas=3)))
    kinds = {(kind.api_version, kind.kind): kind for kind in await site.cluster.kinds()}
    listing = await site.cluster.list(kinds["apps/v1", "Deployment"], site.namespace)
    watching = site.cluster.watch(
        kinds["apps/v1", "Deployment"], site.namespace, resource_version=listing.resource_version
    )
    scaled = [deployment(replicas=3, image="web:2"), autoscaler()]
    await site.deploy(site.wanted(*scaled))
    await site.kubectl("scale", "deployment", "web", "--replicas=5")
    planned = await site.plan(site.wanted(*scaled))
    assert next(one for one in planned.releases[0].changes if one.ref == ref).reason == "autoscaler"
    await site.deploy(site.wanted(deployment(replicas=3, image="web:3"), autoscaler()))
    await site.deploy(site.wanted(deployment(replicas=None, image="web:4"), autoscaler()))
    live = await site.live("apps/v1", "Deployment", "web")
    await site.kubectl("annotate", "deployment", "web", "the-end=true")
    seen = []
    async for event in watching:
        seen.append(event.object["spec"]["replicas"])
        if "the-end" in event.object["metadata"]["annotations"]:
            break
    assert live["spec"]["replicas"] == 5
    assert live["spec"]["template"]["spec"]["containers"][0]["image"] == "web:4"
    assert min(seen) >= 3
    assert seen == sorted(seen)


async def test_a_definition_and_its_objects_in_one_plan(site: Site) -> None:
    kind = "Widget" + site.namespace.removeprefix("test-")
    crd = definition(kind)
    crd["spec"]["versions"][0]["schema"] = {
        "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    }
    crd["spec"]["names"] |= {"singular": kind.lower()}
    user, definer = site.wanted(custom(kind), of=release("user")), site.wanted(crd, of=release("definer"))
    planned = await site.plan(user, definer, verify=True)
    assert {one.ref.kind: one.unverified_reason for part in planned.releases for one in part.changes} == {
        kind: Unverified.CRD_NOT_YET,
        "CustomResourceDefinition": None,
    }
    try:
        results = await site.deploy(user, definer, wait=True)
        assert [one.explanation for one in results] == ["", ""]
        assert _said(await site.plan(user, definer)) == ["keep", "keep"]
    finally:
        await site.kubectl("delete", "crd", crd["metadata"]["name"], "--wait=false")


async def test_a_namespace_is_made_before_what_is_in_it(site: Site) -> None:
    name = site.namespace + "-made"
    one = site.wanted(config_map())
    made = replace(one.target.environment, namespace=name, create_namespace=True)
    one = wanted(config_map(), of=one.target.release, env=made)
    try:
        assert [done.outcome for done in await site.deploy(one, wait=True)] == [Outcome.SUCCEEDED]
        assert _said(await site.plan(one)) == ["keep"]
    finally:
        await site.kubectl("delete", "namespace", name, "--wait=false")
    (missing,) = await site.deploy(wanted(config_map(), env=environment(release(), namespace="nowhere-at-all")))
    assert missing.outcome is Outcome.FAILED
    assert "createNamespace" in missing.explanation


async def test_what_cannot_be_changed_is_said_by_the_plan_and_nothing_is_written(site: Site) -> None:
    await site.deploy(site.wanted(deployment(replicas=0), config_map(key="old")))
    changed = deployment(replicas=0)
    changed["spec"]["selector"]["matchLabels"] = {"app": "other"}
    changed["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
    one = site.wanted(changed, config_map(key="new"))
    planned = await site.plan(one)
    refused = next(change for change in planned.releases[0].changes if change.ref.kind == "Deployment")
    assert refused.unverified_reason is Unverified.REFUSED
    (done,) = await site.deploy(one)
    assert done.outcome is Outcome.FAILED
    assert "immutable" in done.explanation
    assert (await site.live("v1", "ConfigMap", "settings"))["data"] == {"key": "old"}


async def test_an_object_that_changes_all_the_time_is_applied_in_the_end(site: Site) -> None:
    await site.deploy(site.wanted(deployment(replicas=0)))
    one = site.wanted(deployment(replicas=0, image="web:2"))
    planned = await site.plan(one)
    await site.kubectl("annotate", "deployment", "web", "foreign=1")
    (done,) = await deploy(planned, [one.target], site.engine, DeployOptions(wait=False))
    assert done.outcome is Outcome.SUCCEEDED
    annotations = (await site.live("apps/v1", "Deployment", "web"))["metadata"]["annotations"]
    assert annotations["foreign"] == "1"


async def test_a_release_of_500_objects(site: Site) -> None:
    one = site.wanted(*(config_map(f"c-{number:03}") for number in range(500)))
    assert [done.outcome for done in await site.deploy(one, wait=True)] == [Outcome.SUCCEEDED]
    assert set(_said(await site.plan(one))) == {"keep"}


async def test_pods_run_and_hooks_are_awaited(site: Site, real_sandbox: RunningSandbox) -> None:
    image = f"{real_sandbox.registry}/app:1.0"
    migrate = job()
    migrate["spec"]["template"]["spec"]["containers"][0] |= {"image": image, "env": [{"name": "CRASH", "value": "0"}]}
    migrate["metadata"]["namespace"] = site.namespace
    chart = release(chart=True)
    one = site.wanted(deployment(image=image), of=chart, hooks=(hook(migrate, "pre-install", weight=1),))
    (done,) = await site.deploy(one, wait=True)
    assert (done.outcome, done.explanation) == (Outcome.SUCCEEDED, "")
    broken = site.wanted(deployment(image=f"{real_sandbox.registry}/app:none"), of=chart)
    (failed,) = await site.deploy(broken, wait=True)
    assert failed.outcome is Outcome.FAILED
    assert "app:none" in failed.explanation
