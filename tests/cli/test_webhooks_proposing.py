"""`fairlead webhooks --pr` with real git, a forge that speaks as GitLab does, and no registry at all."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.bare_repository import PATH, git
from tests.fakes.forge_server import TOKEN, ForgeServer
from tests.fakes.http import HttpServer
from tests.fakes.repository import write_files
from tests.fakes.webhooks import CONFIG, serving

ENVIRONMENTS = """\
clusters: [{{name: eu, provider: {{minikube: {{}}}}}}]
environments:
  - {{name: test, clusterName: eu, kubeNamespace: shop, releasesFiles: [apps.yaml]}}
updates:
  forge: {{kind: gitlab, api: "{api}", repository: acme/deploy}}
  tokenFrom: {{env: FORGE_TOKEN}}
  direct: {direct}
"""
APPS = 6


def apps(registry: str, patch: int) -> str:
    """Return a releases file in which every release, the first of them an app, runs this patch of its image."""
    pod = f"containers: [{{name: a, image: '{registry}/app0:1.0.{patch}', ports: [{{containerPort: 80}}]}}]"
    values = "[{{key: image.repository, value: '" + registry + "/app{}'}}, {{key: image.tag, value: 1.0.{}}}]"
    trigger = "    trigger: {image: {track: PatchLevel}}\n"
    app = f"  - name: app0\n    app: {{newVersion: '#', podspec: {{{pod}}}}}\n{trigger}"
    return f"releases:\n{app}" + "".join(
        f"  - name: app{number}\n    chart: {{dir: c}}\n{trigger}    values: {values.format(number, patch)}\n"
        for number in range(1, APPS)
    )


@dataclass
class Site:
    """A clone, the server it came from, and the forge."""

    clone: Path
    server: Path
    forge: ForgeServer
    registry: str = ""  # the forge too, which knows no image: what labels say is left out

    def apps(self, patch: int) -> str:
        return apps(self.registry, patch)

    def image(self, number: int, patch: int) -> str:
        return f"{self.registry}/app{number}:1.0.{patch}"

    @property
    def environ(self) -> dict[str, str]:
        return {"PATH": PATH, "FORGE_TOKEN": TOKEN, "HOME": str(self.clone.parent)}

    async def text(self, branch: str) -> str:
        return await git(self.server, "show", f"{branch}:apps.yaml") + "\n"

    async def commits(self) -> int:
        return int(await git(self.server, "rev-list", "--count", "main"))


@pytest.fixture
async def site(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    found = Site(tmp_path / "clone", tmp_path / "server.git", ForgeServer("gitlab"))
    async with HttpServer(found.forge) as http:
        found.registry = http.url.removeprefix("http://")
        environments = ENVIRONMENTS.format(api=http.url, direct=request.param)
        files = {
            "environments.yaml": environments,
            "apps.yaml": found.apps(0),
            "webhooks.yaml": CONFIG,
            "c/Chart.yaml": "",
        }
        write_files(found.clone, files)
        found.server.mkdir()
        await git(found.server, "init", "--quiet", "--bare")
        await git(found.clone, "init", "--quiet")
        await git(found.clone, "add", ".")
        await git(found.clone, "commit", "--quiet", "-m", "first")
        await git(found.clone, "remote", "add", "origin", str(found.server))
        await git(found.clone, "push", "--quiet", "origin", "HEAD:refs/heads/main")
        await git(found.server, "symbolic-ref", "HEAD", "refs/heads/main")
        yield found


@pytest.mark.parametrize("site", ["false"], indirect=True)
async def test_after_a_kill_every_announcement_becomes_a_pull_request(site: Site) -> None:
    async with serving(site.clone, "--pr", environ=site.environ) as server:
        for number in range(APPS):
            assert await server.deliver(site.image(number, 1)) == 202
        await server.end(signal.SIGKILL)
    assert site.forge.pulls == []

    async with serving(site.clone, "--pr", environ=site.environ) as server:
        lines = [await server.line() for _ in range(2 * APPS)]
        assert await server.end(signal.SIGTERM) == 130

    assert {pull.branch for pull in site.forge.pulls} == {f"fairlead/test.app{number}" for number in range(APPS)}
    assert all("1.0.0 -> 1.0.1" in line and "https://forge.example.org/" in line for line in lines[1::2])
    assert await site.text("main") == site.apps(0)
    assert (site.clone / "apps.yaml").read_text() == site.apps(0)
    assert TOKEN not in "".join(lines)


@pytest.mark.parametrize("site", ["true"], indirect=True)
async def test_what_is_announced_together_is_one_commit(site: Site) -> None:
    async with serving(site.clone, "--pr", environ=site.environ) as server:
        told = [server.deliver(site.image(number, patch)) for number in range(APPS) for patch in (2, 1)]
        assert set(await asyncio.gather(*told)) == {202}
        for _ in range(2 * APPS):
            await server.line()
        await server.end(signal.SIGTERM)

    assert await site.text("main") == site.apps(2)
    assert await site.commits() == 2
