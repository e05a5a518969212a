"""How often the API server is asked: a plan of many releases costs no more than one of a few."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from fairlead.bootstrap import Wishes, open_application
from fairlead.doors.redaction import Redactor
from fairlead.pipeline.application import Application
from fairlead.settings import Settings
from tests.fakes.clock import FakeClock
from tests.fakes.releases import Recorder
from tests.fakes.source import FakeSource
from tests.pipeline.applications import Doors, targets

ENVIRONMENTS = """\
clusters: [{name: eu, provider: {existingContext: {contextName: eu}}}]
environments: [{name: test, clusterName: eu, kubeNamespace: default, releasesFiles: [apps.yaml]}]
"""
CHART = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
---
apiVersion: v1
kind: Secret
metadata: {name: {{ .Release.Name }}}
"""


async def _asked(root: Path, count: int) -> tuple[Counter[str], int]:
    """Return what the plan of so many deployed releases asks, and how many lists their first deployment took."""
    (root / "chart" / "templates").mkdir(parents=True)
    (root / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: chart\nversion: 1.0.0\n")
    (root / "chart" / "templates" / "all.yaml").write_text(CHART)
    (root / "environments.yaml").write_text(ENVIRONMENTS)
    rows = []
    for number in range(count):
        (root / f"m{number}.yaml").write_text(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m{number}}}\n")
        rows += [f"{{name: c{number}, chart: {{dir: chart}}}}", f"{{name: m{number}, resourceFiles: [m{number}.yaml]}}"]
    (root / "apps.yaml").write_text("releases:\n" + "".join(f"  - {row}\n" for row in rows))
    settings = Settings.from_environment({"HOME": str(root / "home")})
    async with open_application(settings, Wishes(root, offline=True), Recorder(), Redactor()) as opened:
        doors = Doors()
        application = replace(opened, clusters=doors, clock=FakeClock(), source=FakeSource())
        await _deploy(application)
        lists = sum(call.verb == "list" for call in doors.cluster.calls)
        doors.cluster.calls.clear()
        assert not (await application.plan(targets(application))).writes
        return Counter(f"{call.verb} {call.kind} {call.fields}" for call in doors.cluster.calls), lists


async def _deploy(application: Application) -> None:
    chosen = targets(application)
    deployed = await application.apply(await application.plan(chosen), chosen)
    assert {one.outcome.value for one in deployed} == {"succeeded"}


async def test_many_releases_cost_no_more_questions_than_a_few(tmp_path: Path) -> None:
    (few, lists), (many, as_many) = await _asked(tmp_path / "few", 3), await _asked(tmp_path / "many", 30)
    assert many == few
    # What it serves is asked of the client, which knows it by then.
    assert {asked: times for asked, times in few.items() if times > 1 and "kinds" not in asked} == {}
    assert as_many == lists
