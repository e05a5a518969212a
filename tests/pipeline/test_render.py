from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from fairlead.domain.config import (
    App,
    ChartDir,
    Cluster,
    Compat,
    Crds,
    Declaration,
    Environment,
    EnvRef,
    Kustomization,
    Literal,
    ManifestFiles,
    Patch,
    PatchType,
    Place,
    Release,
    ReleaseSource,
    ValueEntry,
)
from fairlead.domain.errors import InputError, OperationFailed, Problem
from fairlead.domain.events import Event, Rendered, RenderStarted
from fairlead.domain.helm_past import HelmPast
from fairlead.domain.helm_payload import HelmRevision
from fairlead.domain.helm_release import HelmStatus
from fairlead.domain.manifests import Manifest
from fairlead.domain.providers import ExistingContext
from fairlead.domain.rendering import Capabilities, ChartRequest, Hook, LocalChart, Lookup, RenderedChart
from fairlead.domain.targets import Target
from fairlead.doors.paths import Paths
from fairlead.pipeline.render import Facts, Rendering, render, render_all
from fairlead.pipeline.values import Sources, ValuesFiles
from tests.fakes.descriptors import described
from tests.fakes.rendering import FakeCharts, FakeKustomize, FakeRenderer

PLACE = Place("shop.yaml", 7, 3)
FACTS = Facts(Capabilities("v1.36.3", ("apps/v1",)))
T = TypeVar("T")


def release(source: ReleaseSource, **more: Any) -> Target:
    made = Release("web", source, PLACE, **more)
    return Target(Environment("prod", "main", "market", PLACE, (made,)), made)


def an_object(kind: str = "ConfigMap", name: str = "a", **more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **more}


def chart_of(*objects: dict[str, Any], **more: Any) -> RenderedChart:
    return RenderedChart(tuple(Manifest(one, "a/templates/x.yaml") for one in objects), **more)


@dataclass
class Bench:
    """A repository, and fakes for everything that rendering asks for."""

    root: Path
    charts: FakeCharts = field(default_factory=FakeCharts)
    renderer: FakeRenderer = field(default_factory=FakeRenderer)
    kustomize: FakeKustomize = field(default_factory=FakeKustomize)
    events: list[Event] = field(default_factory=list)
    sources: Sources = field(default_factory=lambda: Sources(environ={"PASSWORD": "hunter2"}))

    def emit(self, event: Event) -> None:
        self.events.append(event)

    @property
    def rendering(self) -> Rendering:
        declaration = Declaration(
            "environments.yaml", (Cluster("main", ExistingContext("c"), {}, PLACE),), (), (), Compat()
        )
        paths = Paths(self.root)
        return Rendering(
            declaration,
            paths,
            ValuesFiles(paths),
            self,
            charts=ready(self.charts),
            renderer=ready(self.renderer),
            kustomize=ready(self.kustomize),
        )

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)


def ready(port: T) -> Callable[[], Awaitable[T]]:
    async def get() -> T:
        return port

    return get


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path.resolve())


async def test_manifests_come_in_order_with_their_places(bench: Bench) -> None:
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: b}\n"
    bench.write("b.yaml", f"{service}---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: n}}\n")
    bench.write("a.yaml", "# comment\napiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: other}\n")
    rendered = await render(release(ManifestFiles(("b.yaml", "a.yaml"))), FACTS, bench.rendering, bench.sources)
    assert [(one.source, one.line, one.ref.kind, one.ref.namespace) for one in rendered.manifests] == [
        ("b.yaml", 1, "Service", "market"),
        ("b.yaml", 5, "Namespace", ""),
        ("a.yaml", 2, "Secret", "other"),
    ]
    assert bench.events == [
        RenderStarted(rendered.key),
        Rendered(rendered.key, objects=3, cached=False),
    ]


@pytest.mark.parametrize(("version", "name"), [("1.2", "web-1-2"), ("#", "web-next")])
async def test_an_app_is_its_next_version_without_marks(bench: Bench, version: str, name: str) -> None:
    app = App(described(newVersion=version, namespace="market", secrets=["login"]))
    rendered = await render(release(app), FACTS, bench.rendering, bench.sources)
    assert [(one.ref.kind, one.ref.name, one.ref.namespace) for one in rendered.manifests] == [
        ("Service", name, "market"),
        ("PodDisruptionBudget", name, "market"),
        ("Deployment", name, "market"),
        ("Service", "web", "market"),
    ]
    assert {(one.source, one.line) for one in rendered.manifests} == {("shop.yaml", 7)}
    assert not any("fairlead.dev/release" in str(one.data) for one in rendered.manifests)


async def test_a_manifest_that_is_no_object_is_refused_with_its_line(bench: Bench) -> None:
    bench.write("a.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n---\n- item\n")
    with pytest.raises(InputError) as caught:
        await render(release(ManifestFiles(("a.yaml",))), FACTS, bench.rendering, bench.sources)
    problem = caught.value.problems[0]
    assert (problem.code, problem.file, problem.line) == ("objectInvalid", "a.yaml", 5)


async def test_hooks_of_manifests_are_hooks(bench: Bench) -> None:
    bench.write(
        "a.yaml",
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: migrate\n  annotations: {helm.sh/hook: pre-install}\n",
    )
    rendered = await render(release(ManifestFiles(("a.yaml",))), FACTS, bench.rendering, bench.sources)
    assert rendered.manifests == ()
    assert [(hook.events, hook.manifest.ref.namespace) for hook in rendered.hooks] == [(("pre-install",), "market")]


async def test_lists_are_taken_apart(bench: Bench) -> None:
    bench.renderer.answer = lambda _: chart_of({"apiVersion": "v1", "kind": "List", "items": [an_object(name="x")]})
    rendered = await render(release(ChartDir("c")), FACTS, bench.rendering, bench.sources)
    assert [one.ref.name for one in rendered.manifests] == ["x"]


async def test_kustomizations_are_built(bench: Bench) -> None:
    bench.kustomize.stream = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: k}\n"
    rendered = await render(release(Kustomization("k")), FACTS, bench.rendering, bench.sources)
    assert bench.kustomize.built == ["k"]
    assert [(one.source, one.line, one.ref.name) for one in rendered.manifests] == [("k", None, "k")]


async def test_the_chart_gets_values_and_facts(bench: Bench) -> None:
    values = (ValueEntry("a.b", Literal("1,2\n"), PLACE),)
    deployed = HelmPast((HelmRevision(4, "web", "own", HelmStatus.DEPLOYED),))
    facts = Facts(FACTS.capabilities, lookup=Lookup("/tmp/k", "c"), pasts={("own", "web"): deployed})
    await render(release(ChartDir("c"), values=values, namespace="own"), facts, bench.rendering, bench.sources)
    request = bench.renderer.requests[0]
    assert request == ChartRequest(
        "web", "own", bench.charts.chart, {"a": {"b": "1,2\n"}}, FACTS.capabilities, revision=4, is_upgrade=True
    )
    await render(
        release(ChartDir("c"), values=values, namespace="own"),
        replace(facts, as_next=True),
        bench.rendering,
        bench.sources,
    )
    assert bench.renderer.requests[1] == replace(request, revision=5)


async def test_only_a_chart_that_looks_up_gets_the_cluster(bench: Bench) -> None:
    bench.charts.chart = LocalChart("/charts/l.tgz", "sha256:1", "l", "1.0.0", generates=True, looks_up=True)
    lookup = Lookup("/tmp/k", "c")
    await render(release(ChartDir("c")), Facts(FACTS.capabilities, lookup=lookup), bench.rendering, bench.sources)
    assert bench.renderer.requests[0].lookup == lookup


async def test_patches_reach_objects_and_hooks(bench: Bench) -> None:
    hook = Hook(("pre-install",), 0, (), Manifest(an_object("ConfigMap", "hook"), "a/templates/h.yaml"))
    bench.renderer.answer = lambda _: chart_of(an_object(), an_object("Secret", "s"), hooks=(hook,))
    patch = Patch("ConfigMap", None, PatchType.STRATEGIC, {"data": {"x": "y"}}, PLACE)
    rendered = await render(release(ChartDir("c"), patches=(patch,)), FACTS, bench.rendering, bench.sources)
    assert [one.data.get("data") for one in rendered.manifests] == [{"x": "y"}, None]
    assert rendered.hooks[0].manifest.data["data"] == {"x": "y"}
    assert rendered.hooks[0].manifest.ref.namespace == "market"


async def test_scopes_come_from_the_cluster_from_definitions_and_from_kubernetes(bench: Bench) -> None:
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "planets.x.example"},
        "spec": {"group": "x.example", "scope": "Cluster", "names": {"kind": "Planet"}},
    }
    objects = [
        {"apiVersion": "x.example/v1", "kind": "Planet", "metadata": {"name": "p"}},
        {"apiVersion": "y.example/v1", "kind": "Known", "metadata": {"name": "k"}},
        {"apiVersion": "z.example/v1", "kind": "Unknown", "metadata": {"name": "u"}},
        an_object("ClusterRole", "c", apiVersion="rbac.authorization.k8s.io/v1"),
        an_object("Pod", "pod"),
    ]
    bench.renderer.answer = lambda _: chart_of(*objects, crds=(Manifest(crd, "a/crds/p.yaml"),))
    facts = Facts(FACTS.capabilities, scopes={("y.example", "Known"): True})
    rendered = await render(release(ChartDir("c")), facts, bench.rendering, bench.sources)
    assert [one.ref.namespace for one in rendered.manifests] == ["", "market", "market", "", "market"]
    assert [one.ref.name for one in rendered.crds] == ["planets.x.example"]
    without = await render(release(ChartDir("c"), crds=Crds.SKIP), facts, bench.rendering, bench.sources)
    assert (without.crds, without.manifests) == ((), rendered.manifests)


async def test_the_inputs_digest_changes_with_every_input_and_with_nothing_else(bench: Bench) -> None:
    async def digest(facts: Facts = FACTS, **more: Any) -> str:
        return (await render(release(ChartDir("c"), **more), facts, bench.rendering, bench.sources)).inputs_digest

    bench.renderer.answer = lambda _: chart_of(an_object())
    first = await digest()
    deployed = HelmPast((HelmRevision(9, "web", "market", HelmStatus.DEPLOYED),))
    assert first == await digest()
    assert first == await digest(replace(FACTS, pasts={("market", "web"): deployed}))
    patch = Patch(None, None, PatchType.STRATEGIC, {"data": {"a": "b"}}, PLACE)
    others = [
        await digest(values=(ValueEntry("a", Literal("b"), PLACE),)),
        await digest(Facts(Capabilities("v1.35.0", ("apps/v1",)))),
        await digest(Facts(Capabilities("v1.36.3", ("apps/v1", "x/v1")))),
        await digest(Facts(Capabilities("v1.36.3", ("apps/v1",), complete=True))),
        await digest(namespace="elsewhere"),
        await digest(patches=(patch,)),
        await digest(crds=Crds.REPLACE),
        await digest(crds=Crds.SKIP),
    ]
    bench.charts.chart = LocalChart("/charts/b.tgz", "sha256:2", "b", "1.0.0")
    others.append(await digest())
    bench.renderer.version = "fake 2"
    others.append(await digest())
    assert len({first, *others}) == len(others) + 1


async def test_other_kinds_in_the_cluster_are_no_input_of_a_chart_that_does_not_ask(bench: Bench) -> None:
    async def digest(*versions: str, values: tuple[ValueEntry, ...] = ()) -> str:
        facts = Facts(Capabilities("v1.36.3", versions))
        return (
            await render(release(ChartDir("c"), values=values), facts, bench.rendering, bench.sources)
        ).inputs_digest

    bench.renderer.answer = lambda _: chart_of(an_object())
    bench.charts.chart = LocalChart("/charts/a.tgz", "sha256:1", "a", "1.0.0", asks_versions=False)
    asking = (ValueEntry("a", Literal("{{ .Capabilities.APIVersions }}"), PLACE),)
    assert await digest("apps/v1") == await digest("apps/v1", "x/v1")
    assert await digest("apps/v1", values=asking) != await digest("apps/v1", "x/v1", values=asking)


async def test_manifest_bytes_make_the_inputs_digest(bench: Bench) -> None:
    target = release(ManifestFiles(("a.yaml",)))
    digests = set()
    for text in (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: b}\n",
    ):
        bench.write("a.yaml", text)
        digests.add((await render(target, FACTS, bench.rendering, bench.sources)).inputs_digest)
    assert len(digests) == 2


async def test_a_refused_value_is_placed_where_it_was_written(bench: Bench) -> None:
    def refuse(_: ChartRequest) -> RenderedChart:
        raise InputError([Problem("valuesSchema", "a.b: no", path="a.b"), Problem("valuesSchema", "c: no", path="c")])

    bench.renderer.answer = refuse
    values = (ValueEntry("a.b", Literal("1"), Place("values.yaml", 12, 5)),)
    with pytest.raises(InputError) as caught:
        await render(release(ChartDir("c"), values=values), FACTS, bench.rendering, bench.sources)
    assert [(problem.file, problem.line) for problem in caught.value.problems] == [
        ("values.yaml", 12),
        ("shop.yaml", 7),
    ]


async def test_errors_and_records_of_rendering_hold_no_secret(bench: Bench) -> None:
    def fail(request: ChartRequest) -> RenderedChart:
        raise OperationFailed(Problem("chartRenderFailed", f"bad: {request.values['p']}" + "x" * 100_000, "t.yaml", 3))

    bench.renderer.answer = fail
    target = release(ChartDir("c"), values=(ValueEntry("p", EnvRef("PASSWORD"), PLACE),))
    with pytest.raises(OperationFailed) as caught:
        await render(target, FACTS, bench.rendering, bench.sources)
    problem = caught.value.problems[0]
    assert "hunter2" not in problem.message
    assert len(problem.message) < 10_000
    assert (problem.file, problem.line) == ("t.yaml", 3)
    bench.renderer.answer = lambda _: chart_of(an_object())
    rendered = await render(target, FACTS, bench.rendering, bench.sources)
    assert rendered.secrets == ("hunter2",)
    assert bench.renderer.requests[-1].holds_secrets
    assert "hunter2" not in repr(rendered)


async def test_several_releases_keep_their_order_and_the_first_failure_is_raised(bench: Bench) -> None:
    bench.write("a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n")
    targets = [release(ManifestFiles(("a.yaml",))), release(ChartDir("c"))]
    both = await render_all([(target, FACTS) for target in targets], bench.rendering, bench.sources)
    assert [len(one.manifests) for one in both] == [1, 0]
    broken = release(ManifestFiles(("missing.yaml",)))
    with pytest.raises(InputError):
        await render_all([(targets[0], FACTS), (broken, FACTS)], bench.rendering, bench.sources)


async def test_nothing_is_built_that_no_release_needs(bench: Bench) -> None:
    async def never() -> Any:
        raise AssertionError("not needed")

    bench.write("a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n")
    whole = bench.rendering
    lean = Rendering(whole.declaration, whole.paths, whole.values_files, bench, never, never, never)
    assert (await render(release(ManifestFiles(("a.yaml",))), FACTS, lean, bench.sources)).manifests


async def test_the_releases_of_a_run_see_one_look_at_a_chart_and_the_next_run_looks_again(bench: Bench) -> None:
    releases = [(release(ChartDir("chart")), FACTS)] * 3
    await render_all(releases, bench.rendering, bench.sources)
    assert len(bench.charts.fetched) == 1
    await render_all(releases, bench.rendering, bench.sources)
    assert len(bench.charts.fetched) == 2
