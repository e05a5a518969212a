"""What only a real API server can show."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from typing import Any

import orjson
import pytest

from fairlead.adapters.clock.system import SystemClock
from fairlead.adapters.kubernetes.client import KubernetesCluster
from fairlead.adapters.kubernetes.discovery import discover
from fairlead.domain.access import BearerToken
from fairlead.domain.errors import RemoteRefused
from fairlead.domain.identity import ObjectRef
from fairlead.doors.dial import Dialer
from fairlead.doors.process import Program, run
from fairlead.doors.trust import Trust
from fairlead.ports.cluster import ApiKind
from tests.contracts.conftest import RealCluster
from tests.e2e.running import RunningSandbox

pytestmark = pytest.mark.e2e
MAPS = ApiKind("v1", "ConfigMap", "configmaps", namespaced=True)


def manifest(api_version: str, kind: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **fields}


async def refusal(real: RealCluster, wanted: dict[str, Any]) -> RemoteRefused:
    with pytest.raises(RemoteRefused) as caught:
        await real.cluster.apply(wanted, manager="fairlead")
    return caught.value


async def test_more_objects_than_a_page_holds(real: RealCluster) -> None:
    names = {f"n{number}" for number in range(1100)}
    await asyncio.gather(*(real.cluster.apply(manifest("v1", "ConfigMap", name), manager="fairlead") for name in names))
    listing = await real.cluster.list(MAPS, real.namespace)
    assert {item["metadata"]["name"] for item in listing.items} - {"kube-root-ca.crt"} == names


SECRET = base64.b64encode(b"hunter2").decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"data": {"password": 48151623}},
        {"data": {"password": "hunter2!"}},
        {"data": SECRET},
        {"stringData": {"password": {"is": "hunter2"}}},
        {"data": {"pass word": SECRET}},
        {"type": "kubernetes.io/tls", "data": {"tls.crt": SECRET}},
        {"extra": SECRET},
    ],
)
async def test_no_refusal_of_a_secret_shows_it(real: RealCluster, wrong: dict[str, Any]) -> None:
    error = await refusal(real, manifest("v1", "Secret", "s", **wrong))
    assert error.code == "objectInvalid"
    for shown in (str(error), repr(error.problems)):
        assert not any(secret in shown for secret in ("hunter2", SECRET, "48151623"))
    assert f"Secret {real.namespace}/s" in str(error)


async def test_mistakes_in_an_object_are_named_with_their_fields(real: RealCluster) -> None:
    pod = {"containers": [{"name": "A", "image": "x", "imagePullPolicy": "Foo"}]}
    template = {"metadata": {"labels": {"a": "c"}}, "spec": pod}
    spec = {"replicas": -1, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    error = await refusal(real, manifest("apps/v1", "Deployment", "web", spec=spec))
    assert (error.code, error.status) == ("objectInvalid", 422)
    for field in ("spec.replicas", "spec.template.metadata.labels", "spec.template.spec.containers[0].imagePullPolicy"):
        assert field in str(error)


async def test_an_immutable_field_is_told_apart(real: RealCluster) -> None:
    def deployment(label: str) -> dict[str, Any]:
        template = {"metadata": {"labels": {"a": label}}, "spec": {"containers": [{"name": "a", "image": "x"}]}}
        spec = {"replicas": 0, "selector": {"matchLabels": {"a": label}}, "template": template}
        return manifest("apps/v1", "Deployment", "web", spec=spec)

    await real.cluster.apply(deployment("one"), manager="fairlead")
    assert (await refusal(real, deployment("two"))).code == "fieldImmutable"


async def test_unknown_fields_are_refused(real: RealCluster) -> None:
    error = await refusal(real, manifest("v1", "ConfigMap", "a", dota={"a": "b"}))
    assert error.code == "objectInvalid"
    assert ".dota" in str(error)


async def test_an_object_too_large_is_told_apart(real: RealCluster) -> None:
    error = await refusal(real, manifest("v1", "ConfigMap", "a", data={"a": "x" * 4_000_000}))
    assert error.code == "objectTooLarge"


async def test_deprecations_are_heard(real: RealCluster) -> None:
    await real.cluster.apply(manifest("v1", "Endpoints", "a"), manager="fairlead")
    assert [ref.kind for ref, _ in real.warnings] == ["Endpoints"]


async def test_a_caller_without_rights_hears_what_is_missing(real: RealCluster) -> None:
    await real.sandbox.ask("create", "serviceaccount", "reader", "-n", real.namespace)
    token = (await real.sandbox.ask("create", "token", "reader", "-n", real.namespace)).strip()
    reader = replace(real.access, credential=BearerToken(token))
    cluster = KubernetesCluster(reader, clock=SystemClock(), environ={})
    with pytest.raises(RemoteRefused) as caught:
        await cluster.list(MAPS, real.namespace)
    assert (caught.value.code, caught.value.status) == ("forbidden", 403)
    assert "list" in str(caught.value)
    assert "configmaps" in str(caught.value)
    assert await cluster.uid() == real.access.fingerprint
    with pytest.raises(RemoteRefused):
        await anext(aiter(cluster.watch(MAPS, real.namespace, resource_version="0")))
    await cluster.close()
    stranger = KubernetesCluster(
        replace(reader, credential=BearerToken("no such token")), clock=SystemClock(), environ={}
    )
    with pytest.raises(RemoteRefused) as caught:
        await stranger.list(MAPS, real.namespace)
    assert caught.value.code == "unauthorized"
    await stranger.close()


async def test_kinds_and_versions_are_those_of_kubectl(real: RealCluster) -> None:
    said = await real.sandbox.ask("api-versions")
    facts = await real.cluster.capabilities()
    assert {text for text in facts.api_versions if text.rpartition("/")[2][:1].islower()} == set(said.split())
    assert f'"gitVersion": "{facts.kube_version}"' in await real.sandbox.ask("get", "--raw", "/version")
    rows = (await real.sandbox.ask("api-resources", "--no-headers", "-o", "name")).split()
    plurals = {
        f"{kind.plural}.{kind.api_version.rpartition('/')[0]}".rstrip(".") for kind in await real.cluster.kinds()
    }
    assert plurals >= set(rows)


async def test_old_and_new_discovery_agree(real: RealCluster) -> None:
    credential = real.access.credential
    dialer = Dialer(Trust(ca=real.access.ca, client=credential))  # type: ignore[arg-type] # a sandbox has certificates

    async def fetch(path: str) -> dict[str, Any]:
        answer = await dialer.request("GET", real.access.server + path, headers={"Accept": "application/json"})
        found = orjson.loads(answer.body)
        assert isinstance(found, dict)
        return found

    old = await discover(fetch, fetch)
    await dialer.close()
    builtin = {kind for kind in await real.cluster.kinds() if "fairlead.dev" not in kind.api_version}
    assert {kind for kind in old.kinds if "fairlead.dev" not in kind.api_version} == builtin


async def test_openapi_describes_what_is_served(real: RealCluster) -> None:
    document = await real.cluster.openapi("apps/v1")
    assert document is not None
    assert "io.k8s.api.apps.v1.Deployment" in document["components"]["schemas"]
    core = await real.cluster.openapi("v1")
    assert core is not None
    assert "io.k8s.api.core.v1.Pod" in core["components"]["schemas"]


async def test_lookup_works_for_other_programs(real: RealCluster) -> None:
    lookup = await real.cluster.lookup()
    argv = (str(real.sandbox.kubectl), "--kubeconfig", lookup.kubeconfig, "--context", lookup.context)
    done = await run(Program((*argv, "get", "configmaps", "-o", "name"), env=real.sandbox.env))
    assert b"configmap/kube-root-ca.crt" in done.stdout


async def test_logs_of_a_container(real_sandbox: RunningSandbox, real: RealCluster) -> None:
    async def wait(*what: str) -> None:
        await real_sandbox.ask("wait", "-n", real.namespace, "--timeout=60s", *what, timeout=90)

    await wait("--for=create", "serviceaccount/default")
    container = {"name": "app", "image": f"{real_sandbox.registry}/app:1.0"}
    spec = {"containers": [container], "terminationGracePeriodSeconds": 0}
    await real.cluster.apply(manifest("v1", "Pod", "app", spec=spec), manager="fairlead")
    await wait("--for=condition=Ready", "pod/app")
    pod = ObjectRef("v1", "Pod", real.namespace, "app")
    said = await real_sandbox.ask("logs", "-n", real.namespace, "app", "--tail=1")
    assert await real.cluster.logs(pod, container="app", previous=False, tail=1) == said
    assert await real.cluster.logs(pod, container="app", previous=True, tail=1) == ""
    assert await real.cluster.logs(pod, container="none", previous=False, tail=1) == ""
