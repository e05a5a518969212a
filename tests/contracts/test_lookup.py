"""`lookup` in both renderers, against an API server that knows one Secret."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from fairlead.adapters.helm.library import HelmLibrary
from fairlead.adapters.helm.program import HelmProgram
from fairlead.adapters.helm.workers import Limits, Workers
from fairlead.domain.errors import OperationFailed
from fairlead.domain.rendering import Capabilities, ChartRequest, Lookup
from fairlead.ports.renderer import ChartRenderer
from tests.fakes.charts import small_chart
from tests.fakes.helm import helm_program
from tests.fakes.http import Answer, HttpServer, Request, json_answer

SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "known", "namespace": "market"},
    "data": {"k": "dg=="},
}
KINDS = [
    {"name": name, "singularName": "", "kind": kind, "namespaced": True, "verbs": ["get", "list"]}
    for name, kind in (("secrets", "Secret"), ("configmaps", "ConfigMap"))
]
PAGES: dict[str, Any] = {
    "/version": {"major": "1", "minor": "36", "gitVersion": "v1.36.3"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": KINDS},
    "/api/v1/namespaces/market/secrets/known": SECRET,
    "/api/v1/namespaces/market/secrets": {"kind": "SecretList", "apiVersion": "v1", "metadata": {}, "items": [SECRET]},
}
TEMPLATE = """apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data:
  known: {{ (lookup "v1" "Secret" "market" "known").data | toJson | quote }}
  unknown: {{ lookup "v1" "Secret" "market" "unknown" | toJson | quote }}
  all: {{ len (lookup "v1" "Secret" "market" "").items | quote }}
  served: {{ .Capabilities.APIVersions | sortAlpha | join "," | quote }}
"""
SERVED = ("v1", "v1/ConfigMap", "v1/Secret")


async def api(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
    page = PAGES.get(request.path.partition("?")[0])
    missing = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
    return json_answer(missing, 404) if page is None else json_answer(page)


@dataclass(frozen=True)
class Bench:
    renderer: ChartRenderer
    folder: Path

    async def render(self, server: str) -> Any:
        kubeconfig = self.folder / "kubeconfig"
        kubeconfig.write_text(json.dumps(kubeconfig_for(server)))
        chart = await small_chart({"templates/a.yaml": TEMPLATE}, self.folder)
        assert chart.looks_up
        lookup = Lookup(str(kubeconfig), "here")
        request = ChartRequest(
            "web", "market", chart, {}, Capabilities("v1.36.3", SERVED, complete=True), lookup=lookup
        )
        return (await self.renderer.render(request)).manifests[0].data["data"]


def kubeconfig_for(server: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
    }


@pytest_asyncio.fixture(params=["library", "program"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    renderer: ChartRenderer = HelmLibrary(Workers(Limits(), most=1))
    if request.param == "program":
        renderer = HelmProgram(await helm_program())
    yield Bench(renderer, tmp_path)
    await renderer.close()


async def test_lookup_sees_the_cluster(bench: Bench) -> None:
    async with HttpServer(api) as server:
        found = await bench.render(server.url)
    assert found == {"known": '{"k":"dg=="}', "unknown": "{}", "all": "1", "served": ",".join(SERVED)}


async def test_a_cluster_that_does_not_answer_is_an_error(bench: Bench) -> None:
    with pytest.raises(OperationFailed):
        await bench.render("http://127.0.0.1:1")
