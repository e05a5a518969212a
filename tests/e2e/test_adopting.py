"""Objects that kubectl and Helm 3 left on a real API server, taken over without a trace of them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from fairlead.domain.changes import Change
from fairlead.domain.deployments import Outcome
from fairlead.domain.managed_fields import managers
from fairlead.pipeline.deploy import DeployOptions, deploy
from tests.e2e.sites import Site
from tests.fakes.releases import config_map, deployment, secret

pytestmark = pytest.mark.e2e

MAKERS = {
    "kubectl apply": ("apply", "--filename=-"),
    "kubectl create": ("create", "--filename=-"),
    "Helm 3": ("create", "--filename=-", "--field-manager=helm"),
}


def _old() -> dict[str, Any]:
    made = deployment(replicas=0)
    spec = made["spec"]["template"]["spec"]
    spec["containers"][0]["env"] = [{"name": "GOES", "value": "1"}, {"name": "STAYS", "value": "1"}]
    spec["containers"].append({"name": "side", "image": "side:1"})
    spec["nodeSelector"] = {"disk": "ssd"}
    made["metadata"]["annotations"] = {"goes": "1"}
    return made


def _new() -> dict[str, Any]:
    wished = deployment(replicas=0)
    wished["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "STAYS", "value": "1"}]
    return wished


def _paths(changes: tuple[Change, ...]) -> set[str]:
    return {field.path for change in changes for field in change.fields if field.new is None}


@pytest.mark.parametrize("maker", sorted(MAKERS))
async def test_what_the_source_no_longer_has_disappears_and_the_plan_says_exactly_that(
    site: Site,
    maker: str,
) -> None:
    for made in (_old(), secret(stays="1", goes="2")):
        await site.kubectl(*MAKERS[maker], stdin=orjson.dumps(made).decode())
    one = site.wanted(_new(), secret(stays="1"))
    planned = (await site.plan(one)).releases[0]
    assert {change.reason for change in planned.changes} == {"adopt"}
    pod = "/spec/template/spec"
    copy = {"/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration"}
    gone = {f"{pod}/containers/0/env/0", f"{pod}/containers/1", f"{pod}/nodeSelector", "/data/goes"}
    assert gone | {"/metadata/annotations/goes"} == {
        path.removesuffix("/disk") for path in _paths(planned.changes) - copy
    }
    assert [done.outcome for done in await site.deploy(one)] == [Outcome.SUCCEEDED]
    live = await site.live("apps/v1", "Deployment", "web")
    (main,) = live["spec"]["template"]["spec"]["containers"]
    assert main["env"] == [{"name": "STAYS", "value": "1"}]
    assert "nodeSelector" not in live["spec"]["template"]["spec"]
    assert live["metadata"]["annotations"].keys() <= {"fairlead.dev/release", "deployment.kubernetes.io/revision"}
    assert managers(live) <= {"fairlead", "kube-controller-manager"}
    assert list((await site.live("v1", "Secret", "token"))["data"]) == ["stays"]
    assert [change.action.value for change in (await site.plan(one)).releases[0].changes] == ["keep", "keep"]


async def test_keys_of_an_applied_string_data_go(site: Site) -> None:
    made = orjson.dumps(secret(stays="1", goes="2")).decode()
    await site.kubectl("apply", "--server-side", "--field-manager=fairlead", "--filename=-", stdin=made)
    one = site.wanted(secret(stays="1"))
    assert "/data/goes" in _paths((await site.plan(one)).releases[0].changes)
    await site.deploy(one)
    assert list((await site.live("v1", "Secret", "token"))["data"]) == ["stays"]


async def test_ownership_that_was_taken_is_kept(site: Site) -> None:
    made = config_map(stays="1", goes="2")
    made["metadata"]["labels"] = {"argocd.argoproj.io/instance": "storefront"}
    await site.kubectl(
        "apply",
        "--server-side",
        "--field-manager=argocd-controller",
        "--filename=-",
        stdin=orjson.dumps(made).decode(),
    )
    one = site.wanted(config_map(stays="1"))
    planned = await site.plan(one, take_ownership=True)
    assert "/data/goes" in _paths(planned.releases[0].changes)
    await deploy(planned, [one.target], site.engine, DeployOptions(wait=False))
    live = await site.live("v1", "ConfigMap", "settings")
    assert (live["data"], managers(live)) == ({"stays": "1"}, frozenset({"fairlead"}))
    assert [change.action.value for change in (await site.plan(one)).releases[0].changes] == ["keep"]
