"""What a deployment writes besides its objects, counted by the API server itself on a cluster of its own."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fairlead.doors.process import Program, run
from fairlead.sandbox.cluster import down, up
from fairlead.sandbox.spec import NodeKind, SandboxSpec
from fairlead.sandbox.status import SandboxStatus
from tests.sandbox.traces import settings_in, unheard

pytestmark = pytest.mark.sandbox

FAIRLEAD = str(Path(sys.executable).parent / "fairlead")
RELEASES = 3
MOST_OF_A_RELEASE = 4
TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data: {a: {{ .Values.a | quote }}}
"""
WRITES = re.compile(
    r"apiserver_request_total\{"
    r'.*dry_run="",.*resource="(secrets|configmaps)".*verb="(?:APPLY|DELETE|PATCH|POST|PUT)"'
)


class Site:
    """A repository with releases of one chart, and the cluster that they go to."""

    def __init__(self, root: Path, status: SandboxStatus) -> None:
        self.root, self.status = root, status
        self.env = {"HOME": str(root), "KUBECONFIG": str(status.kubeconfig), "PATH": "/usr/bin:/bin"}
        chart = root / "chart"
        (chart / "templates").mkdir(parents=True)
        (chart / "Chart.yaml").write_text("apiVersion: v2\nname: a\nversion: 1.0.0\n")
        (chart / "templates" / "all.yaml").write_text(TEMPLATE)
        context = status.state.clusters[0].name
        (root / "environments.yaml").write_text(
            f"clusters: [{{name: c, provider: {{existingContext: {{contextName: {context}}}}}}}]\n"
            "environments: [{name: e, clusterName: c, kubeNamespace: default, releasesFiles: [releases.yaml]}]\n"
        )

    def declare(self, *values: str) -> None:
        rows = [
            f"  - {{name: r{number}, chart: {{dir: chart}}, values: [{{key: a, value: {value}}}]}}\n"
            for number, value in enumerate(values)
        ]
        (self.root / "releases.yaml").write_text("releases:\n" + "".join(rows))

    async def writes_of_an_apply(self) -> tuple[int, int]:
        """Apply; return how many Secrets and how many objects of the releases were written."""
        before = await self._written()
        await run(Program((FAIRLEAD, "apply", "e", "--yes"), cwd=self.root, env=self.env, timeout=120))
        after = await self._written()
        return after["secrets"] - before["secrets"], after["configmaps"] - before["configmaps"]

    async def _written(self) -> dict[str, int]:
        argv = (self.status.state.programs["kubectl"], "get", "--raw", "/metrics")
        found = (await run(Program(argv, env=self.env))).stdout.decode()
        counted = {"secrets": 0, "configmaps": 0}
        for line in found.splitlines():
            if match := WRITES.match(line):
                counted[match[1]] += int(float(line.rpartition(" ")[2]))
        return counted


@asynccontextmanager
async def a_site(tmp_path: Path) -> AsyncIterator[Site]:
    settings = settings_in(tmp_path)
    try:
        status = await up(SandboxSpec("counted", nodes=NodeKind.NONE), settings, unheard)
        root = tmp_path / "repository"
        await asyncio.to_thread(root.mkdir)
        yield Site(root, status)
    finally:
        await down("counted", settings, unheard)


async def test_bookkeeping_is_little_for_what_changes_and_nothing_for_what_does_not(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.declare(*["1"] * RELEASES)
        secrets, objects = await site.writes_of_an_apply()
        assert (objects, secrets <= MOST_OF_A_RELEASE * RELEASES) == (RELEASES, True), secrets
        site.declare("2", *["1"] * (RELEASES - 1))
        secrets, objects = await site.writes_of_an_apply()
        superseded = 1  # Helm's record of the revision before
        assert (objects, secrets <= MOST_OF_A_RELEASE + superseded) == (1, True), secrets
        assert await site.writes_of_an_apply() == (0, 0)
