"""What releases may declare, by the installed command on a real cluster: sources, patches, places, secrets."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.shops import WEB
from tests.e2e.repositories import Repository
from tests.fakes.certificates import Authority
from tests.fakes.chart_server import Pages, demand, packaged
from tests.fakes.http import Answer, HttpServer

pytestmark = pytest.mark.e2e

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: {data}}}\n"
UNSCHEDULABLE = WEB.replace("spec: {containers", "spec: {nodeSelector: {no: node}, containers")


async def test_a_chart_from_a_repository_that_demands_a_certificate_and_a_password(
    repository: Repository, tmp_path: Path
) -> None:
    authority = Authority()
    client = authority.issue("client")
    for name, content in {"ca": authority.ca, "cert": client.certificate, "key": client.key}.items():
        (tmp_path / f"{name}.pem").write_bytes(content)
    pages = Pages(guard=demand("Basic " + base64.b64encode(b"ci:pass-word-1").decode(), Answer(401)))
    pages.publish("small", "1.0.0", packaged())
    files = {f"{name}File": f"${{CERTIFICATES}}/{name}.pem" for name in ("ca", "cert", "key")}
    user = {"username": "ci", "passwordFrom": {"env": "CHARTS_PASSWORD"}}
    environ = {"CERTIFICATES": str(tmp_path), "CHARTS_PASSWORD": "pass-word-1"}
    repository = replace(repository, environ={**environ, "FAIRLEAD_CACHE": str(tmp_path / "cache")})
    async with HttpServer(pages, tls=authority.server_context("127.0.0.1", demand_client=True)) as server:
        repo = {"name": "shop", "url": server.url, **user, **files}
        chart = {"reference": "shop/small", "version": "1.0.0"}
        repository.declare([{"name": "small", "chart": chart}], helmRepos=[repo])
        wrong = replace(repository, environ={**repository.environ, "CHARTS_PASSWORD": "pass-word-2"})
        refused = await wrong.run("plan", "test", code=1)
        assert "pass-word-2" not in refused.stderr
        assert await repository.outcomes() == {"small": "succeeded"}
    assert (await repository.read("configmap", "a"))["metadata"]["annotations"]["meta.helm.sh/release-name"] == "small"


async def test_a_kustomization_after_what_it_depends_on_in_a_namespace_of_its_own(repository: Repository) -> None:
    other = f"{repository.namespace}-other"
    repository.write("first.yaml", f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {other}}}\n")
    repository.write("overlay/kustomization.yaml", "namePrefix: k-\nresources: [cm.yaml]\n")
    repository.write("overlay/cm.yaml", CONFIG_MAP.format(name="cm", data="b"))
    built = {"name": "built", "kustomize": {"dir": "overlay"}, "namespace": other, "dependsOn": ["first"]}
    repository.declare([built, {"name": "first", "resourceFiles": ["first.yaml"], "labels": {"tier": "base"}}])
    assert await repository.outcomes("-l", "tier=base") == {"first": "succeeded"}
    assert await repository.outcomes() == {"first": "unchanged", "built": "succeeded"}
    assert (await repository.read("configmap", "k-cm", other))["data"] == {"a": "b"}
    await repository.sandbox.ask("delete", "namespace", other, "--wait=false")


async def test_patches_ignored_fields_and_no_waiting_of_a_chart(repository: Repository) -> None:
    repository.write("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n")
    repository.write("web/templates/web.yaml", UNSCHEDULABLE)
    patches = [
        {"target": {"kind": "Deployment"}, "patch": {"spec": {"minReadySeconds": 7}}},
        {"target": {"kind": "Deployment"}, "patch": [{"op": "add", "path": "/metadata/labels", "value": {"by": "us"}}]},
    ]
    ignored = [{"kind": "Deployment", "paths": ["/spec/replicas"]}]
    release = {"name": "web", "chart": {"dir": "web"}, "patches": patches, "ignoreFields": ignored}
    repository.declare([{**release, "wait": False}])
    assert await repository.outcomes() == {"web": "succeeded"}
    live = await repository.read("deployment", "web")
    assert (live["spec"]["minReadySeconds"], live["metadata"]["labels"]["by"]) == (7, "us")
    await repository.sandbox.ask("scale", "deployment", "web", "--replicas=0", "-n", repository.namespace)
    assert await repository.outcomes() == {"web": "unchanged"}
    assert (await repository.read("deployment", "web"))["spec"]["replicas"] == 0
    repository.declare([{**release, "timeout": "1s"}])
    await repository.sandbox.ask("scale", "deployment", "web", "--replicas=1", "-n", repository.namespace)
    failed = (await repository.run("apply", "test", "--output", "json", code=1)).document
    assert [item["outcome"] for item in failed["deployments"]] == ["failed"]


async def test_values_from_secrets_arrive_and_leave_no_trace(repository: Repository, tmp_path: Path) -> None:
    repository.write("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n")
    template = CONFIG_MAP.format(name="c", data='{{ printf "u:%s" .Values.a | b64enc }}, b: {{ .Values.b | b64enc }}')
    repository.write("web/templates/c.yaml", template)
    values = [
        {"key": "a", "valueFrom": {"secretRef": {"name": "db", "key": "password"}}},
        {"key": "b", "valueFrom": {"env": "TOKEN"}},
    ]
    repository.declare([{"name": "web", "chart": {"dir": "web"}, "values": values}])
    cache = tmp_path / "cache"
    literal = "--from-literal=password=from-cluster-1"
    await repository.sandbox.ask("create", "secret", "generic", "db", literal, "-n", repository.namespace)
    said = ""
    for token in ("from-caller-1", "from-caller-2"):
        repository = replace(repository, environ={"TOKEN": token, "FAIRLEAD_CACHE": str(cache)})
        for command in (("values", "test", "web"), *((verb, "test") for verb in ("render", "plan", "apply", "status"))):
            for output in ("text", "json"):
                ended = await repository.run(*command, "--output", output)
                said += ended.stdout + ended.stderr
        assert (await repository.read("configmap", "c"))["data"] == {
            "a": base64.b64encode(b"u:from-cluster-1").decode(),
            "b": base64.b64encode(token.encode()).decode(),
        }
    kept = _contents(tmp_path)
    for trace in ("u:from-cluster-1", "from-caller-1", "from-caller-2"):
        for form in (trace.removeprefix("u:"), base64.b64encode(trace.encode()).decode()):
            assert form not in said
            assert form.encode() not in kept
    shown = await repository.run("render", "test", "--show-secrets")
    assert base64.b64encode(b"from-caller-2").decode() in shown.stdout


def _contents(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
