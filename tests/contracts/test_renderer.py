"""One suite over both renderers: the Helm library in its worker, and the `helm` program.

What charts render to is compared with goldens, so the two can only pass when they agree with each other as well.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from fairlead.adapters.helm.library import HelmLibrary
from fairlead.adapters.helm.program import HelmProgram
from fairlead.adapters.helm.workers import Limits, Workers
from fairlead.domain.errors import FairleadError, InputError, OperationFailed
from fairlead.domain.rendering import Capabilities, ChartRequest, LocalChart, RenderedChart
from fairlead.doors.yaml import dump_stream
from fairlead.ports.renderer import ChartRenderer
from tests.conftest import Golden
from tests.fakes.charts import fixture_chart, small_chart
from tests.fakes.helm import helm_program

pytestmark = pytest.mark.asyncio(loop_scope="module")

CAPABILITIES = Capabilities("v1.36.3", ("apps/v1", "shop.example/v1/Basket"))
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


async def make_renderer(kind: str, limits: Limits) -> ChartRenderer:
    if kind == "library":
        return HelmLibrary(Workers(limits, most=1))
    return await HelmProgram(await helm_program(), limits).with_version()


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["library", "program"])
async def renderer(request: pytest.FixtureRequest) -> AsyncIterator[ChartRenderer]:
    made = await make_renderer(request.param, Limits())
    yield made
    await made.close()


@pytest.fixture
def request_for(tmp_path: Path) -> Callable[..., Any]:
    async def make(chart: str | dict[str, str], values: dict[str, Any] | None = None, **more: Any) -> ChartRequest:
        local = await (fixture_chart(chart, tmp_path) if isinstance(chart, str) else small_chart(chart, tmp_path))
        return ChartRequest("shop", "market", local, values or {}, CAPABILITIES, **more)

    return make


def shown(rendered: RenderedChart) -> str:
    """Everything a rendering produced, as one text to review."""
    parts = [f"# notes: {json.dumps(rendered.notes)}\n"]
    parts += [f"# crd from {one.source}\n{dump_stream([one.data])}" for one in rendered.crds]
    parts += [f"# from {one.source}\n{dump_stream([one.data])}" for one in rendered.manifests]
    for hook in rendered.hooks:
        policies = ",".join(hook.delete_policies)
        title = f"# hook {','.join(hook.events)} at {hook.weight}, delete {policies}, from {hook.manifest.source}"
        parts.append(f"{title}\n{dump_stream([hook.manifest.data])}")
    return "".join(parts)


@dataclass(frozen=True)
class Case:
    chart: str
    values: dict[str, Any]
    more: dict[str, Any]


CASES = {
    "umbrella": Case("umbrella", {}, {}),
    "umbrella-all": Case(
        "umbrella",
        {"tags": {"fast": True}, "back": {"enabled": True}, "database": {"name": "other", "backup": {"enabled": True}}},
        {},
    ),
    "umbrella-no-database": Case("umbrella", {"database": {"enabled": False}}, {}),
    "features": Case(
        "features",
        {
            "text": "comma, \"quotes\" 'and'\nnew lines\tümläut \U0001f600 \x7f \u2028 {{ braces }} C:\\path",
            "removed": None,
            "nested": {"removed": None},
            "list": ["z", "ü,\n"],
        },
        {},
    ),
    "features-upgrade": Case("features", {"template": "plain"}, {"is_upgrade": True}),
    "hooks": Case("hooks", {}, {}),
    "strict": Case("strict", {}, {}),
    "old": Case("old", {}, {}),
}


@pytest.mark.parametrize("name", CASES)
async def test_charts_render_as_their_golden_says(
    name: str, renderer: ChartRenderer, request_for: Any, golden: Golden
) -> None:
    case = CASES[name]
    rendered = await renderer.render(await request_for(case.chart, case.values, **case.more))
    golden(f"charts/{name}.yaml", shown(rendered))


async def test_the_same_chart_renders_differently_for_other_values(renderer: ChartRenderer, request_for: Any) -> None:
    # Helm changes a loaded chart while rendering; nothing of one rendering may reach the next.
    small = await renderer.render(await request_for("umbrella", {"database": {"enabled": False}}))
    large = await renderer.render(await request_for("umbrella", {"database": {"enabled": True}}))
    again = await renderer.render(await request_for("umbrella", {"database": {"enabled": False}}))
    assert small == again
    assert len(large.manifests) > len(small.manifests)


@pytest.mark.parametrize(
    "text", ["a,b=c", "one\ntwo\n", "a\\b\\,c", "ü \U0001f600 \u2028 \ufeff \x7f", " 'x' \"y\" ", "{a}", "~"]
)
async def test_values_arrive_unharmed(text: str, renderer: ChartRenderer, request_for: Any) -> None:
    chart = {
        "templates/a.yaml": CONFIG_MAP
        + "data: {text: {{ .Values.text | quote }}, key: {{ keys .Values.map | first | quote }}}\n"
    }
    rendered = await renderer.render(await request_for(chart, {"text": text, "map": {text: 1}}))
    assert rendered.manifests[0].data["data"] == {"text": text, "key": text}


@dataclass(frozen=True)
class Refusal:
    chart: str | dict[str, str]
    kind: type[FairleadError]
    code: str
    file: str | None = None
    line: int | None = None
    values: dict[str, Any] = field(default_factory=dict)


def template(text: str, line: int | None) -> Refusal:
    """A refusal of the one template of a small chart."""
    return Refusal({"templates/a.yaml": text}, OperationFailed, "chartRenderFailed", "small/templates/a.yaml", line)


def strict(line: int, **values: Any) -> Refusal:
    """A refusal of the chart that checks its values."""
    return Refusal("strict", OperationFailed, "chartRenderFailed", "strict/templates/main.yaml", line, values)


ERRORS = {
    "fail": strict(1, mode="bad"),
    "required": strict(5, name=""),
    "nil pointer": strict(9, deep={"x": 1}),
    "library chart": Refusal("bricks", InputError, "chartInvalid"),
    "kube version": Refusal("future", OperationFailed, "kubeVersionUnsupported"),
    "syntax": template("\n{{ if }}", 2),
    "function": template("{{ nope }}", 1),
    "not yaml": template("a: [1", None),
    "no kind": template("a: 1", None),
    "not a mapping": template("- a\n- b\n", None),
    "endless include": template('{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}', 1),
    "fail in tpl": template('{{ tpl `{{ fail "why: so" }}` . }}', 1),
}


@pytest.mark.parametrize("name", ERRORS)
async def test_refusals_say_what_and_where(name: str, renderer: ChartRenderer, request_for: Any) -> None:
    expected = ERRORS[name]
    with pytest.raises(expected.kind) as caught:
        await renderer.render(await request_for(expected.chart, expected.values))
    problem = caught.value.problems[0]
    assert (problem.code, problem.file, problem.line) == (expected.code, expected.file, expected.line)


async def test_every_violation_of_a_schema_is_named(renderer: ChartRenderer, request_for: Any) -> None:
    values = {"replicas": "many", "name": "NOT LOWER", "inner": {"size": "xl"}}
    with pytest.raises(InputError) as caught:
        await renderer.render(await request_for("strict", values))
    assert {problem.code for problem in caught.value.problems} == {"valuesSchema"}
    assert {problem.path for problem in caught.value.problems} == {"replicas", "name", "inner.size"}


async def test_the_revision_is_the_charts_to_see_or_an_error(renderer: ChartRenderer, request_for: Any) -> None:
    chart = {"templates/a.yaml": CONFIG_MAP + "data: {x: {{ .Release.Revision | quote }}}\n"}
    request = await request_for(chart, revision=7)
    if isinstance(renderer, HelmLibrary):
        assert (await renderer.render(request)).manifests[0].data["data"] == {"x": "7"}
        return
    with pytest.raises(OperationFailed) as caught:  # `helm template` knows only the first revision
        await renderer.render(request)
    assert caught.value.code == "chartRenderFailed"
    assert (await renderer.render(await request_for("old", revision=7))).manifests


async def test_values_that_json_cannot_hold_are_refused(renderer: ChartRenderer, request_for: Any) -> None:
    for value in (float("nan"), "\ud800", object()):
        with pytest.raises(InputError) as caught:
            await renderer.render(await request_for("old", {"value": value}))
        assert caught.value.code == "valuesInvalid"


async def test_default_values_are_the_charts_own(renderer: ChartRenderer, tmp_path: Path) -> None:
    chart = await fixture_chart("strict", tmp_path)
    assert await renderer.default_values(chart.path) == {"replicas": 1, "name": "shop", "mode": "ok"}


async def test_a_chart_that_is_none_is_refused(renderer: ChartRenderer, tmp_path: Path) -> None:
    broken = tmp_path / "broken.tgz"
    broken.write_bytes(b"not an archive")
    with pytest.raises(InputError):
        await renderer.render(ChartRequest("a", "b", LocalChart(str(broken), "", "a", "1.0.0"), {}, CAPABILITIES))
    with pytest.raises(InputError) as caught:
        await renderer.default_values(str(broken))
    assert caught.value.code == "chartInvalid"


async def test_a_cluster_may_serve_thousands_of_kinds(renderer: ChartRenderer, tmp_path: Path) -> None:
    data = 'data: {x: {{ .Capabilities.APIVersions.Has "group-3999.shop.example/v1beta1/SomeKind" | quote }}}\n'
    chart = await small_chart({"templates/a.yaml": CONFIG_MAP + data}, tmp_path)
    versions = tuple(f"group-{index}.shop.example/v1beta1/SomeKind" for index in range(4000))
    rendered = await renderer.render(ChartRequest("a", "b", chart, {}, Capabilities("v1.36.3", versions)))
    assert rendered.manifests[0].data["data"] == {"x": "true"}


async def test_the_version_names_the_engine(renderer: ChartRenderer) -> None:
    assert any(char.isdigit() for char in renderer.version)
