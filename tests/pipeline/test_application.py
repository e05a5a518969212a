"""The use cases over a repository and a cluster in memory. What the commands make of them: tests/cli."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from fairlead.bootstrap import Wishes, open_application
from fairlead.domain.deployments import Outcome
from fairlead.domain.errors import Refused
from fairlead.domain.identity import ObjectRef
from fairlead.domain.rendering import Capabilities
from fairlead.domain.status import Drift
from fairlead.doors.redaction import Redactor
from fairlead.pipeline.application import Application
from fairlead.settings import Settings
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.fakes.releases import Recorder
from tests.fakes.source import FakeSource
from tests.pipeline.applications import Doors, targets

ENVIRONMENTS = """\
clusters: [{name: eu, provider: {existingContext: {contextName: eu}}}]
environments:
  - {name: test, clusterName: eu, kubeNamespace: default, releasesFiles: [apps.yaml]}
"""
APPS = """\
releases:
  - {name: base, resourceFiles: [base.yaml]}
  - {name: app, dependsOn: [base], chart: {dir: app}, values: [{key: a, valueFrom: {secretRef: {name: s, key: k}}}]}
  - {name: broken, chart: {dir: broken}}
  - {name: remote, chart: {reference: "oci://127.0.0.1:1/charts/remote", version: 1.0.0}}
"""
BASE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: base}\n"
APP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {a: {{ .Values.a | quote }}}\n"
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}}


@pytest.fixture
async def application(tmp_path: Path) -> AsyncIterator[Application]:
    for name in ("app", "broken"):
        (tmp_path / name / "templates").mkdir(parents=True)
        (tmp_path / name / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n")
    (tmp_path / "app" / "templates" / "app.yaml").write_text(APP)
    (tmp_path / "broken" / "templates" / "app.yaml").write_text('{{ fail "on purpose" }}')
    for file, text in {"environments.yaml": ENVIRONMENTS, "apps.yaml": APPS, "base.yaml": BASE}.items():
        (tmp_path / file).write_text(text)
    settings = Settings.from_environment({"HOME": str(tmp_path / "home")})
    async with open_application(settings, Wishes(tmp_path, offline=True), Recorder(), Redactor()) as opened:
        doors = Doors()
        doors.cluster.put({**SECRET, "data": {"k": "aHVudGVyMg=="}})
        yield replace(opened, clusters=doors, clock=FakeClock(), source=FakeSource())


async def test_deploying_brings_what_was_planned(application: Application) -> None:
    chosen = targets(application, "base", "app")
    plan = await application.plan(chosen)
    assert {one.outcome for one in await application.apply(plan, chosen)} == {Outcome.SUCCEEDED}
    assert not (await application.plan(chosen)).writes
    assert {one.drift for one in await application.status(chosen)} == {Drift.NONE}


async def test_dependencies_that_are_not_selected_must_be_healthy(application: Application) -> None:
    chosen = targets(application, "app")
    with pytest.raises(Refused):
        await application.require_dependencies(chosen)
    base = targets(application, "base")
    await application.require_dependencies(base)
    await application.apply(await application.plan(base), base)
    await application.require_dependencies(chosen)


async def test_rendering_shows_secrets_only_when_asked_and_tells_the_redactor(application: Application) -> None:
    chosen = targets(application, "app")
    (hidden,) = await application.render(chosen)
    assert hidden.manifests[0].data["data"] == {"a": "(secret s/k)"}
    assert application.redactor.text("hunter2") == "hunter2"
    (clear,) = await application.render(chosen, show_secrets=True)
    assert clear.manifests[0].data["data"] == {"a": "hunter2"}
    assert application.redactor.text("hunter2") == "(secret)"


async def test_the_redactor_knows_the_secrets_of_hooks_now_and_when_going_back(
    application: Application, tmp_path: Path
) -> None:
    text = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: h, annotations: {helm.sh/hook: pre-install}}\n"
    base = tmp_path / "base.yaml"
    base.write_text(BASE + text + "stringData: {p: swordfish}\n")
    chosen = targets(application, "base")
    await application.apply(await application.plan(chosen), chosen)
    assert application.redactor.text("swordfish") == "(secret)"
    base.write_text(BASE + "data: {x: y}\n")
    await application.apply(await application.plan(chosen), chosen)
    opened = replace(application, redactor=Redactor())
    await opened.plan_rollback(chosen[0])
    assert opened.redactor.text("swordfish") == "(secret)"


async def test_offline_nothing_asks_a_cluster(application: Application) -> None:
    chosen = targets(application, "base", "app")
    await application.render(chosen, offline=Capabilities("v1.33.0"))
    await application.lint(chosen)
    await application.values(chosen[1])
    assert isinstance(application.clusters, Doors)
    assert application.clusters.asked == 0


@pytest.mark.parametrize("online", [False, True])
async def test_a_release_that_does_not_render_hides_nothing_of_the_others(
    application: Application, online: bool
) -> None:
    problems = await application.lint(targets(application), online=online)
    assert {(problem.code, problem.severity.value) for problem in problems} == {
        ("chartRenderFailed", "error"),
        ("chartOffline", "warning"),
    }
    assert all(problem.file and problem.line for problem in problems)


async def test_a_chart_that_prints_its_revision_comes_to_rest(application: Application, tmp_path: Path) -> None:
    template = APP.replace(
        "{{ .Values.a | quote }}", '"{{ .Values.a }} {{ .Release.Revision }} {{ .Release.IsUpgrade }}"'
    )
    chosen = targets(application, "app")
    ref = ObjectRef("v1", "ConfigMap", "default", "app")
    for metadata, said in (("{name: app}", "hunter2 1 false"), ("{name: app, labels: {a: b}}", "hunter2 2 true")):
        (tmp_path / "app" / "templates" / "app.yaml").write_text(template.replace("{name: app}", metadata))
        (done,) = await application.apply(await application.plan(chosen), chosen)
        assert done.outcome is Outcome.SUCCEEDED
        live = await (await application.clusters.open(chosen[0].environment)).get(ref)
        assert live is not None
        assert live["data"] == {"a": said}
        assert not (await application.plan(chosen)).writes
    assert [one.number for one in await application.history(chosen[0])] == [1, 2]


async def test_going_back_shows_neither_the_old_value_of_a_secret_nor_the_present_one(application: Application) -> None:
    chosen = targets(application, "app")
    await application.apply(await application.plan(chosen), chosen)
    cluster = await application.clusters.open(chosen[0].environment)
    assert isinstance(cluster, FakeCluster)
    cluster.put({**SECRET, "data": {"k": "c3dvcmRmaXNo"}})
    await application.apply(await application.plan(chosen), chosen)
    opened = replace(application, redactor=Redactor())
    planned = await opened.plan_rollback(chosen[0])
    (change,) = planned.releases[0].changes
    assert [(field.path, field.masked) for field in change.fields] == [("/data/a", True)]
    assert not any(word in str(planned.to_json()) for word in ("hunter2", "swordfish"))
    (done,) = await opened.apply(planned, chosen)
    assert done.outcome is Outcome.SUCCEEDED
    live = await cluster.get(ObjectRef("v1", "ConfigMap", "default", "app"))
    assert live is not None
    assert live["data"] == {"a": "hunter2"}
