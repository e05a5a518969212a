"""The real Helm goes on with what we deployed, and we go on with what it deployed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from fairlead.domain.config import ChartDir
from fairlead.domain.helm_chart import chart_json
from fairlead.domain.helm_payload import release_of
from fairlead.doors.process import Program, run, start, stop
from fairlead.doors.yaml import read_values
from tests.e2e.running import RunningSandbox
from tests.fakes.charts import FIXTURES, charts
from tests.fakes.installed import ANY_CODE, FAIRLEAD
from tests.fakes.terminal import Ended, validate

pytestmark = pytest.mark.e2e

ENVIRONMENTS = """\
clusters: [{{name: sandbox, provider: {{existingContext: {{contextName: {context}}}}}}}]
environments: [{{name: test, clusterName: sandbox, kubeNamespace: {namespace}, releasesFiles: [apps.yaml]}}]
"""
APPS = "releases: [{{name: web, chart: {{dir: {chart}}}, values: [{{key: text, value: {text}}}]}}]\n"
CHART = "apiVersion: v2\nname: {name}\nversion: 1.0.0\nappVersion: 1.10\nannotations: {{ports: 80}}\n"
TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {text: {{ .Values.text | quote }}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: fixed}
data: {how: {{ .Release.IsInstall | quote }}, revision: {{ .Release.Revision | quote }}}
"""
HOOK = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: probe, annotations: {helm.sh/hook: test}}
"""

ENDLESS = """\
apiVersion: batch/v1
kind: Job
metadata: {name: endless, annotations: {helm.sh/hook: pre-upgrade}}
spec: {suspend: true, template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}
"""


@dataclass(frozen=True)
class Site:
    """A repository with one chart, the namespace it goes to, and the programs that act on it."""

    root: Path
    namespace: str
    sandbox: RunningSandbox

    def declare(self, text: str, chart: str = "web") -> None:
        (self.root / "apps.yaml").write_text(APPS.format(text=text, chart=chart))

    async def json(self, *arguments: str, code: int = 0) -> Mapping[str, Any]:
        argv = (str(FAIRLEAD), *arguments, "--output", "json")
        done = await run(Program(argv, cwd=self.root, env=self.sandbox.env, accepted=ANY_CODE))
        ended = Ended(done.exit_code, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in ended.stderr
        assert ended.code == code, ended
        validate(ended.document)
        return ended.document

    async def apply(self, *options: str) -> list[str]:
        ended = await self.json("apply", "test", "--yes", *options)
        return [one["outcome"] for one in ended["deployments"]]

    def helm_program(self, *arguments: str) -> Program:
        context = ("--kube-context", self.sandbox.contexts[0], "--namespace", self.namespace)
        return Program((str(self.sandbox.helm), *arguments, *context), cwd=self.root, env=self.sandbox.env)

    async def helm(self, *arguments: str) -> str:
        return (await run(self.helm_program(*arguments))).stdout.decode()

    async def helm_json(self, *arguments: str) -> Any:
        return json.loads(await self.helm(*arguments, "--output", "json"))

    async def revisions(self) -> list[tuple[int, str]]:
        return [(one["revision"], one["status"]) for one in await self.helm_json("history", "web")]

    async def live(self, kind: str, name: str) -> dict[str, Any]:
        text = await self.sandbox.ask("get", kind, name, "-n", self.namespace, "-o", "json", "--show-managed-fields")
        found: dict[str, Any] = orjson.loads(text)
        return found

    async def uids(self) -> list[str]:
        return [(await self.live("configmap", name))["metadata"]["uid"] for name in ("settings", "fixed")]

    async def text(self) -> str:
        return str((await self.live("configmap", "settings"))["data"]["text"])

    async def payload(self, revision: int) -> dict[str, Any]:
        return dict(release_of(await self.live("secret", f"sh.helm.release.v1.web.v{revision}")).body)


@pytest.fixture
def site(tmp_path: Path, sandbox: RunningSandbox, namespace: str) -> Site:
    for name in ("web", "other"):
        (tmp_path / name / "templates" / "tests").mkdir(parents=True)
        (tmp_path / name / "Chart.yaml").write_text(CHART.format(name=name))
        (tmp_path / name / "values.yaml").write_text("text: none\nn: 1\nempty: null\n")
        (tmp_path / name / "templates" / "all.yaml").write_text(TEMPLATE)
        (tmp_path / name / "templates" / "NOTES.txt").write_text("Say {{ .Values.text }} <&>\n")
        (tmp_path / name / "templates" / "tests" / "probe.yaml").write_text(HOOK)
    (tmp_path / "environments.yaml").write_text(ENVIRONMENTS.format(context=sandbox.contexts[0], namespace=namespace))
    site = Site(tmp_path, namespace, sandbox)
    site.declare("one")
    return site


async def test_helm_knows_what_we_deployed(site: Site) -> None:
    assert await site.apply() == ["succeeded"]
    (listed,) = await site.helm_json("list")
    assert {name: listed[name] for name in ("name", "revision", "status", "chart", "app_version")} == {
        "name": "web",
        "revision": "1",
        "status": "deployed",
        "chart": "web-1.0.0",
        "app_version": "1.1",
    }
    status = await site.helm_json("status", "web")
    assert (status["info"]["status"], status["info"]["notes"]) == ("deployed", "Say one <&>\n")
    assert await site.helm_json("get", "values", "web") == {"text": "one"}
    everything = await site.helm("get", "all", "web")
    assert "# Source: web/templates/tests/probe.yaml" in everything
    assert "TEST SUITE:     probe\n" in await site.helm("test", "web")

    site.declare("two")
    assert await site.apply() == ["succeeded"]
    assert await site.revisions() == [(1, "superseded"), (2, "deployed")]
    assert await site.apply() == ["unchanged"]
    assert await site.revisions() == [(1, "superseded"), (2, "deployed")]
    assert (await site.live("configmap", "fixed"))["data"] == {"how": "false", "revision": "2"}


async def test_helm_rolls_back_and_uninstalls_what_we_deployed(site: Site) -> None:
    await site.apply()
    site.declare("two")
    await site.apply()
    uids = await site.uids()
    await site.helm("rollback", "web", "1")
    assert (await site.text(), await site.uids()) == ("one", uids)
    assert await site.revisions() == [(1, "superseded"), (2, "superseded"), (3, "deployed")]

    await site.helm("upgrade", "web", "web", "--set", "text=three")
    assert await site.text() == "three"
    assert await site.apply() == ["succeeded"]
    assert (await site.text(), await site.uids()) == ("two", uids)
    assert (await site.revisions())[-2:] == [(4, "superseded"), (5, "deployed")]

    await site.helm("uninstall", "web")
    left = await site.sandbox.ask("get", "configmaps", "-n", site.namespace, "-o", "name")
    assert "settings" not in left
    assert "fixed" not in left


async def test_a_rollback_by_hand_is_named(site: Site) -> None:
    await site.apply()
    site.declare("two")
    await site.apply()
    await site.helm("rollback", "web", "1")
    (state,) = (await site.json("status", "test"))["releases"]
    assert state["drift"] == "drifted"
    assert "Rollback to 1" in state["cause"]
    await site.apply()
    (state,) = (await site.json("status", "test"))["releases"]
    assert (state["drift"], state["cause"]) == ("none", "")
    told = (await site.json("history", "test", "web"))["deployments"]
    assert [(one["number"], one["outcome"], one["by"] == "helm") for one in told] == [
        (1, "succeeded", False),
        (2, "succeeded", False),
        (3, "succeeded", True),
        (4, "succeeded", False),
    ]
    assert told[2]["explanation"] == "Rollback to 1"
    (shown,) = (await site.json("show", "test", "web", "3"))["deployments"]
    assert shown["explanation"] == "Rollback to 1"


async def test_a_release_of_helm_is_taken_over_without_making_anything_anew(site: Site) -> None:
    await site.helm("install", "web", "web", "--set", "text=one")
    uids = await site.uids()
    assert await site.apply() == ["unchanged"]
    assert await site.revisions() == [(1, "deployed")]
    site.declare("two")
    assert await site.apply() == ["succeeded"]
    assert (await site.uids(), await site.text()) == (uids, "two")
    assert await site.revisions() == [(1, "superseded"), (2, "deployed")]
    assert (await site.payload(2))["info"]["first_deployed"] == (await site.payload(1))["info"]["first_deployed"]
    await site.helm("upgrade", "web", "web", "--set", "text=three")
    assert await site.text() == "three"


async def test_what_helm_made_and_the_chart_no_longer_holds_is_deleted(site: Site) -> None:
    extra = site.root / "web" / "templates" / "extra.yaml"
    extra.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\n")
    await site.helm("install", "web", "web", "--set", "text=one")
    extra.unlink()
    assert await site.apply() == ["succeeded"]
    assert "extra" not in await site.sandbox.ask("get", "configmaps", "-n", site.namespace, "-o", "name")
    assert await site.revisions() == [(1, "superseded"), (2, "deployed")]


async def test_a_client_side_release_is_taken_over_too(site: Site) -> None:
    await site.helm("install", "web", "web", "--set", "text=one", "--server-side=false")
    uids = await site.uids()
    site.declare("two")
    assert await site.apply() == ["succeeded"]
    assert (await site.uids(), await site.text()) == (uids, "two")
    assert (await site.payload(2))["apply_method"] == "ssa"
    await site.helm("rollback", "web", "1")
    assert await site.text() == "one"


@pytest.mark.parametrize(
    ("text", "outcome", "revisions"),
    [
        ("three", "succeeded", [(1, "superseded"), (2, "failed"), (3, "deployed")]),
        ("one", "unchanged", [(1, "deployed"), (2, "failed")]),
    ],
)
async def test_what_a_killed_helm_began_is_taken_over(
    site: Site, text: str, outcome: str, revisions: list[tuple[int, str]]
) -> None:
    await site.helm("install", "web", "web", "--set", "text=one")
    waiting = site.root / "web" / "templates" / "wait.yaml"
    waiting.write_text(ENDLESS)
    killed = await start(site.helm_program("upgrade", "web", "web", "--set", "text=two"))
    async with asyncio.timeout(60):
        while await site.revisions() != [(1, "deployed"), (2, "pending-upgrade")]:  # noqa: ASYNC110 - another program's
            await asyncio.sleep(0.2)
    await stop(killed)
    waiting.unlink()
    site.declare(text)
    assert await site.apply() == [outcome]
    assert await site.revisions() == revisions
    await site.helm("upgrade", "web", "web", "--set", "text=four")
    assert await site.text() == "four"


async def test_hooks_of_an_upgrade_run_on_a_release_that_helm_installed(site: Site) -> None:
    for when in ("install", "upgrade"):
        hook = HOOK.replace("probe", when).replace("helm.sh/hook: test", f"helm.sh/hook: pre-{when}")
        (site.root / "web" / "templates" / f"{when}.yaml").write_text(hook)
    await site.helm("install", "web", "web", "--no-hooks", "--set", "text=one")
    site.declare("two")
    assert await site.apply() == ["succeeded"]
    assert "upgrade" in await site.sandbox.ask("get", "configmaps", "-n", site.namespace, "-o", "name")
    assert "install" not in await site.sandbox.ask("get", "configmaps", "-n", site.namespace, "-o", "name")


async def test_a_release_of_another_chart_is_not_taken_over_unasked(site: Site) -> None:
    await site.helm("install", "web", "other", "--set", "text=one")
    refused = await site.json("apply", "test", "--yes", code=4)
    assert [error["code"] for error in refused["errors"]] == ["foreignOwner"]
    assert await site.revisions() == [(1, "deployed")]
    site.declare("two")
    assert await site.apply("--take-ownership") == ["succeeded"]
    assert await site.revisions() == [(1, "superseded"), (2, "deployed")]


@pytest.mark.parametrize("chart", ["web", "old", "strict"])
async def test_a_chart_is_kept_as_helm_keeps_it(site: Site, chart: str) -> None:
    """What our record says of a chart is what the real Helm writes of the same files."""
    folder = site.root / "web" if chart == "web" else FIXTURES / chart
    await site.helm("install", "web", str(folder))
    theirs = _comparable((await site.payload(1))["chart"])
    source = charts(folder.parent, site.root / "cache")
    files = await source.files(await source.fetch(ChartDir(folder.name), ()))
    assert _comparable(chart_json(files, read_values)) == theirs


def _comparable(chart: Mapping[str, Any]) -> Any:
    """Leave out times, and what Helm's processing of dependencies puts in and takes out."""
    metadata = {name: value for name, value in chart["metadata"].items() if name != "dependencies"}
    files = {kind: [(one["name"], one["data"]) for one in chart[kind] or ()] for kind in ("templates", "files")}
    own = {name: value for name, value in chart["values"].items() if not isinstance(value, dict)}
    return metadata, files, own, chart["lock"], chart["schema"]
