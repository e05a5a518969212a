"""Logins that real clusters keep: a registry that wants one, Secrets as kubectl makes them, and `fairlead poll`."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fairlead.doors.process import Program, run
from tests.e2e.running import RunningSandbox
from tests.fakes.http import HttpServer
from tests.fakes.installed import FAIRLEAD
from tests.fakes.registry_server import RegistryServer, TokenService
from tests.fakes.repository import write_files

pytestmark = pytest.mark.e2e

PASSWORD = "pull-me-only"
ENVIRONMENTS = """\
clusters: [{{name: sandbox, provider: {{kubeconfig: {{path: "kubeconfig", context: "{context}"}}}}}}]
environments:
  - {{name: test, clusterName: sandbox, kubeNamespace: {namespace}, releasesFiles: [apps.yaml], pullSecrets: {secrets}}}
"""
APPS = """\
releases:
  - name: web
    chart: {{dir: web}}
    trigger: {{image: {{track: PatchLevel}}}}
    values: [{{key: image.repository, value: '{registry}/shop/api'}}, {{key: image.tag, value: 1.0.0}}]
"""


@dataclass
class Shop:
    """A namespace, a registry that wants a login, and a repository of one release."""

    root: Path
    sandbox: RunningSandbox
    namespace: str
    registry: str

    async def poll(self, secrets: str) -> dict[str, Any]:
        context = self.sandbox.contexts[0]
        environments = ENVIRONMENTS.format(context=context, namespace=self.namespace, secrets=secrets)
        apps = APPS.format(registry=self.registry)
        files = {"environments.yaml": environments, "apps.yaml": apps, "web/": ""}
        write_files(self.root, {**files, "kubeconfig": self.sandbox.kubeconfig.read_text()})
        env = {"HOME": str(self.root / "home"), "PATH": "", "NO_COLOR": "1"}
        argv = (str(FAIRLEAD), "poll", "--output", "json")
        done = await run(Program(argv, cwd=self.root, env=env, timeout=60, accepted=frozenset({0, 1})))
        assert PASSWORD not in done.stdout.decode() + done.stderr.decode()
        found: dict[str, Any] = json.loads(done.stdout)
        return found


@pytest.fixture
async def shop(sandbox: RunningSandbox, namespace: str, tmp_path: Path) -> AsyncIterator[Shop]:
    server = RegistryServer()
    server.push_tags("shop/api", ["1.0.0", "1.0.1"])
    async with HttpServer(server) as http:
        proof = base64.b64encode(f"robot:{PASSWORD}".encode()).decode()
        server.faults.append(TokenService(lambda: f"{http.url}/token", account=f"Basic {proof}"))
        registry = http.url.removeprefix("http://")
        logins = ("--docker-username=robot", f"--docker-password={PASSWORD}", f"--docker-server={registry}")
        await sandbox.ask("-n", namespace, "create", "secret", "docker-registry", "regcred", *logins)
        yield Shop(tmp_path, sandbox, namespace, registry)


async def test_a_pull_secret_lets_poll_in_by_name_or_by_service_account(shop: Shop) -> None:
    refused = await shop.poll("{}")
    assert [one["code"] for one in refused["skipped"]] == ["registryRefused"]

    named = await shop.poll("{names: [regcred]}")
    assert [one["to"] for one in named["updates"]] == ["1.0.1"]

    missing = await shop.poll("{names: [other]}")
    assert [one["code"] for one in missing["skipped"]] == ["secretNotFound"]

    account = '{"imagePullSecrets": [{"name": "regcred"}]}'
    await shop.sandbox.ask("-n", shop.namespace, "create", "serviceaccount", "web")
    await shop.sandbox.ask("-n", shop.namespace, "patch", "serviceaccount", "web", "--patch", account)
    by_account = await shop.poll("{serviceAccounts: [web]}")
    assert [one["to"] for one in by_account["updates"]] == ["1.0.1"]
