"""What charts see of the cluster's API versions, however they ask, in both renderers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from fairlead.adapters.charts.packages import pack_chart
from fairlead.adapters.clock.system import SystemClock
from fairlead.adapters.helm.library import HelmLibrary
from fairlead.adapters.helm.program import HelmProgram
from fairlead.adapters.helm.workers import Limits, Workers
from fairlead.adapters.kubernetes.client import KubernetesCluster
from fairlead.domain.access import Access
from fairlead.domain.config import ChartDir
from fairlead.domain.errors import InputError, OperationFailed
from fairlead.domain.rendering import Capabilities, ChartRequest, LocalChart
from fairlead.doors.archives import write_tar
from fairlead.doors.process import Program, run
from fairlead.doors.yaml import read_manifests
from fairlead.ports.renderer import ChartRenderer
from tests.e2e.running import RunningSandbox
from tests.fakes.charts import CHART_YAML, charts, small_chart, write_chart
from tests.fakes.helm import helm_program

pytestmark = pytest.mark.asyncio(loop_scope="module")

BUILT_IN = "extensions/v1beta1"  # no cluster serves it since Kubernetes 1.22, and Helm knows it still
SERVED = ("apps/v1", "shop.example/v1", "shop.example/v1/Basket", "v1")
CLUSTER = Capabilities("v1.36.3-vendor.7", SERVED, complete=True)
SEEN = '{{ .Capabilities.APIVersions | join "," | quote }}'


def config_map(name: str, data: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata:\n  seen: {data}\n"


def package(files: Mapping[str, str], packages: Mapping[str, bytes] | None = None) -> bytes:
    return pack_chart({**{path: text.encode() for path, text in files.items()}, **(packages or {})})


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["library", "program"])
async def renderer(request: pytest.FixtureRequest) -> AsyncIterator[ChartRenderer]:
    made: ChartRenderer = HelmLibrary(Workers(Limits(), most=1))
    if request.param == "program":
        made = HelmProgram(await helm_program())
    yield made
    await made.close()


async def seen(
    renderer: ChartRenderer, chart: LocalChart, cluster: Capabilities, values: dict[str, Any] | None = None
) -> dict[str, Any]:
    rendered = await renderer.render(ChartRequest("web", "market", chart, values or {}, cluster))
    return {one.data["metadata"]["name"]: one.data["data"]["seen"] for one in rendered.manifests}


ALL = ",".join(SERVED)
WAYS = {
    "directly": (SEEN, ALL),
    "by a variable": ('{{ $all := .Capabilities }}{{ $all.APIVersions | join "," | quote }}', ALL),
    "by with": ('{{ with .Capabilities }}{{ .APIVersions | join "," | quote }}{{ end }}', ALL),
    "by range": ('"{{ range $i, $one := .Capabilities.APIVersions }}{{ if $i }},{{ end }}{{ $one }}{{ end }}"', ALL),
    "by tpl": ("{{ tpl .Values.text . }}", ALL),
    "by include": (
        f'{{{{ define "x" }}}}{SEEN}{{{{ end }}}}{{{{ include "x" (dict "Capabilities" .Capabilities) }}}}',
        ALL,
    ),
    "has": ('{{ .Capabilities.APIVersions.Has "shop.example/v1/Basket" | quote }}', "true"),
    "has not": (f'{{{{ .Capabilities.APIVersions.Has "{BUILT_IN}" | quote }}}}', "false"),
}
VERSIONS = {
    "{{ .Capabilities.KubeVersion }}": "v1.36.3",
    "{{ .Capabilities.KubeVersion.String }}": "v1.36.3",
    "{{ .Capabilities.KubeVersion.Version }}": "v1.36.3-vendor.7",
    "{{ .Capabilities.KubeVersion.GitVersion }}": "v1.36.3-vendor.7",
    "{{ .Capabilities.KubeVersion.Major }}/{{ .Capabilities.KubeVersion.Minor }}": "1/36",
    "{{ .Capabilities.HelmVersion.Version | trunc 3 }}": "v4.",
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_chart_sees_exactly_what_the_cluster_serves(way: str, renderer: ChartRenderer, tmp_path: Path) -> None:
    template, expected = WAYS[way]
    chart = await small_chart({"templates/a.yaml": config_map("a", template)}, tmp_path)
    values = {"text": SEEN} if way == "by tpl" else {}
    assert await seen(renderer, chart, CLUSTER, values) == {"a": expected}


@pytest.mark.parametrize("asks", [True, False])
@pytest.mark.parametrize("template", VERSIONS)
async def test_versions_are_the_same_whether_a_chart_asks_or_not(
    template: str, asks: bool, renderer: ChartRenderer, tmp_path: Path
) -> None:
    asking = "{{ with .Capabilities }}{{ end }}" if asks else ""
    chart = await small_chart({"templates/a.yaml": config_map("a", template + asking)}, tmp_path)
    assert chart.asks_versions is asks
    assert await seen(renderer, chart, CLUSTER) == {"a": VERSIONS[template]}


async def test_a_chart_that_does_not_ask_gets_the_structure_of_helm(renderer: ChartRenderer, tmp_path: Path) -> None:
    template = '{{ printf "%s" .Capabilities.KubeVersion | splitList " " | first | trimPrefix "{" }}'
    chart = await small_chart({"templates/a.yaml": config_map("a", template)}, tmp_path / "printed")
    assert await seen(renderer, chart, CLUSTER) == {"a": "v1.36.3-vendor.7"}
    wrong = {"templates/a.yaml": config_map("a", "{{ .Capabilities.KubeVersion.Nothing }}")}
    with pytest.raises(OperationFailed):
        await seen(renderer, await small_chart(wrong, tmp_path / "wrong"), CLUSTER)


async def test_sub_charts_see_the_same(renderer: ChartRenderer, tmp_path: Path) -> None:
    def metadata(name: str, **more: object) -> str:
        return json.dumps({"apiVersion": "v2", "name": name, "version": "1.0.0", **more})

    inner = {"Chart.yaml": metadata("inner"), "templates/a.yaml": config_map("inner", SEEN)}
    packed = {"Chart.yaml": metadata("packed"), "templates/deep/er/a.yaml": config_map("packed", SEEN)}
    twice = [{"name": "plain", "version": "1.0.0", "alias": alias} for alias in ("one", "two")]
    files = {
        "Chart.yaml": metadata("top", dependencies=twice),
        "templates/a.yaml": config_map("top", "{{ .Subcharts.one.Capabilities.APIVersions | join `,` | quote }}"),
        "charts/plain/Chart.yaml": metadata("plain"),
        "charts/plain/templates/a.yaml": config_map("{{ .Chart.Name }}", SEEN),
    }
    write_chart(tmp_path / "chart", files)
    archive = package(packed, {"charts/inner.tgz": package(inner)})
    (tmp_path / "chart" / "charts" / "packed.tgz").write_bytes(archive)
    chart = await charts(tmp_path, tmp_path / "cache").fetch(ChartDir("chart"), ())
    names = ("top", "packed", "inner", "one", "two")
    assert await seen(renderer, chart, CLUSTER) == dict.fromkeys(names, ALL)


async def test_notes_see_the_same_and_nothing_else_is_rendered(renderer: ChartRenderer, tmp_path: Path) -> None:
    chart = await small_chart({"templates/NOTES.txt": "{{ .Capabilities.KubeVersion }} " + SEEN}, tmp_path)
    rendered = await renderer.render(ChartRequest("web", "market", chart, {}, CLUSTER))
    assert (rendered.notes, rendered.manifests, rendered.hooks) == (f'v1.36.3 "{ALL}"', (), ())


async def test_errors_name_the_same_line(renderer: ChartRenderer, tmp_path: Path) -> None:
    files = {"templates/a.yaml": '\n{{ if .Capabilities.APIVersions.Has "v1" }}\n{{ fail "no" }}{{ end }}'}
    with pytest.raises(OperationFailed) as caught:
        await seen(renderer, await small_chart(files, tmp_path), CLUSTER)
    problem = caught.value.problems[0]
    assert (problem.file, problem.line) == ("small/templates/a.yaml", 3)


async def test_a_chart_that_is_gone_is_refused(renderer: ChartRenderer, tmp_path: Path) -> None:
    for name, content in (("gone.tgz", None), ("broken.tgz", b"not an archive"), ("empty.tgz", write_tar({}))):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(InputError):
            await seen(renderer, LocalChart(str(path), "", "small", "1.0.0"), CLUSTER)


async def test_without_a_cluster_helms_own_versions_come_first(renderer: ChartRenderer, tmp_path: Path) -> None:
    chart = await small_chart({"Chart.yaml": CHART_YAML, "templates/a.yaml": config_map("a", SEEN)}, tmp_path)
    found = (await seen(renderer, chart, Capabilities("v1.36.3", ("shop.example/v1",))))["a"].split(",")
    assert found[0] == "v1"
    assert BUILT_IN in found
    assert found[-1] == "shop.example/v1"


@pytest.mark.e2e
async def test_the_library_sees_what_helm_sees_on_a_real_cluster(
    sandbox: RunningSandbox, sandbox_access: Access, tmp_path: Path
) -> None:
    asked = "".join(
        f"  {index}: {{{{ .Capabilities.APIVersions.Has {json.dumps(version)} | quote }}}}\n"
        for index, version in enumerate(ASKED)
    )
    template = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  seen: {ORDERED}\n{asked}"
    chart = await small_chart({"templates/a.yaml": template}, tmp_path)
    cluster = KubernetesCluster(sandbox_access, clock=SystemClock(), environ={})
    library = HelmLibrary(Workers(Limits(), most=1))
    try:
        facts = await cluster.capabilities()
        mine = await library.render(ChartRequest("web", "default", chart, {}, facts))
    finally:
        await library.close()
        await cluster.close()
    options = (f"--kubeconfig={sandbox.kubeconfig}", f"--kube-context={sandbox.contexts[0]}", "--dry-run=server")
    argv = (str(await helm_program()), "template", *options, "web", chart.path)
    theirs = read_manifests((await run(Program(argv, env={"HOME": str(tmp_path)}))).stdout, "helm")
    assert mine.manifests[0].data == theirs[0][0]
    assert {"true", "false"} < set(mine.manifests[0].data["data"].values())


ORDERED = '{{ .Capabilities.KubeVersion }} {{ .Capabilities.APIVersions | sortAlpha | join "," }}'
ASKED = (
    *(BUILT_IN, "policy/v1beta1", "batch/v1beta1", "autoscaling/v2beta2", "networking.k8s.io/v1beta1/Ingress"),
    *("v1", "apps/v1", "apps/v1/Deployment", "batch/v1/CronJob", "policy/v1/PodDisruptionBudget", "v1/Pod"),
    *("apiextensions.k8s.io/v1", "apiextensions.k8s.io/v1beta1", "monitoring.coreos.com/v1"),
)
