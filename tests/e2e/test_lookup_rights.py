"""`lookup` asks the API server as the caller and as nobody else (security case S14), whatever else is at hand."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from fairlead.domain.access import Access
from fairlead.doors.dial import Dialer
from fairlead.doors.process import Program, run
from fairlead.doors.trust import Trust
from tests.e2e.running import RunningSandbox
from tests.fakes.certificates import Authority
from tests.fakes.http import Answer, HttpServer, Request
from tests.fakes.installed import ANY_CODE, FAIRLEAD
from tests.fakes.terminal import Ended

pytestmark = pytest.mark.e2e

ENVIRONMENTS = """\
clusters: [{{name: sandbox, provider: {{existingContext: {{contextName: {context}}}}}}}]
environments: [{{name: test, clusterName: sandbox, kubeNamespace: {namespace}, releasesFiles: [apps.yaml]}}]
"""
APPS = "releases: [{name: web, chart: {dir: web}}]\n"
TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata: {{name: found}}
data: {{found: '{{{{ (lookup "v1" "Secret" "{namespace}" "{name}") | toJson | b64enc }}}}'}}
"""
PASSED_ON = ("content-type", "accept")


@dataclass
class Tenant:
    """A service account that may only work in its namespace, and everything that is asked on its behalf."""

    root: Path
    namespace: str
    sandbox: RunningSandbox
    server: HttpServer
    token: str

    async def run(self, *arguments: str, where: str, name: str) -> Ended:
        """Run a command as the tenant; the administrator's kubeconfig lies where ambient settings are found."""
        template = self.root / "web" / "templates" / "found.yaml"
        template.write_text(TEMPLATE.format(namespace=where, name=name))
        access = ("--kubeconfig", str(self.root / "tenant.json"), "--context", "tenant")
        program = Program((str(FAIRLEAD), *arguments, *access), cwd=self.root, env=self.sandbox.env, accepted=ANY_CODE)
        done = await run(program)
        return Ended(done.exit_code, done.stdout.decode(), done.stderr.decode())

    @property
    def callers(self) -> set[str]:
        """Who asked anything."""
        return {request.headers.get("authorization", "nobody") for request in self.server.requests}

    def asked(self, path: str) -> bool:
        """Whether anybody asked for what lies there."""
        return any(request.path.partition("?")[0] == path for request in self.server.requests)


@pytest.fixture
async def tenant(
    tmp_path: Path, sandbox: RunningSandbox, sandbox_access: Access, namespace: str
) -> AsyncIterator[Tenant]:
    ask = ("-n", namespace)
    await sandbox.ask("create", "serviceaccount", "tenant", *ask)
    verbs = "--verb=get,list,watch,create,patch,update,delete"
    await sandbox.ask("create", "role", "tenant", verbs, "--resource=configmaps,secrets,leases", *ask)
    await sandbox.ask("create", "rolebinding", "tenant", "--role=tenant", f"--serviceaccount={namespace}:tenant", *ask)
    await sandbox.ask("create", "secret", "generic", "own", "--from-literal=k=mine", *ask)
    token = (await sandbox.ask("create", "token", "tenant", *ask)).strip()
    (tmp_path / "web" / "templates").mkdir(parents=True)
    (tmp_path / "web" / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    (tmp_path / "environments.yaml").write_text(ENVIRONMENTS.format(context=sandbox.contexts[0], namespace=namespace))
    (tmp_path / "apps.yaml").write_text(APPS)
    dialer = Dialer(Trust(ca=sandbox_access.ca))

    async def forward(request: Request, _: asyncio.StreamWriter) -> Answer:
        names = (*PASSED_ON, "authorization")
        headers = {name: request.headers[name] for name in names if name in request.headers}
        url = sandbox_access.server + request.path
        found = await dialer.request(request.method, url, headers=headers, body=request.body or None)
        kept = {"Content-Type": found.headers.get("Content-Type", "application/json")}
        return Answer(found.status, found.body, kept)

    authority = Authority()
    async with HttpServer(forward, tls=authority.server_context("127.0.0.1")) as server:
        (tmp_path / "tenant.json").write_text(json.dumps(_kubeconfig(server.url, authority.ca, token)))
        yield Tenant(tmp_path, namespace, sandbox, server, token)
    await dialer.close()


def _kubeconfig(server: str, ca: bytes, token: str) -> Mapping[str, object]:
    cluster = {"server": server, "certificate-authority-data": base64.b64encode(ca).decode()}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "tenant",
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "tenant", "user": {"token": token}}],
        "contexts": [{"name": "tenant", "context": {"cluster": "c", "user": "tenant"}}],
    }


async def test_lookup_finds_what_the_caller_may_see(tenant: Tenant) -> None:
    rendered = await tenant.run("render", "test", where=tenant.namespace, name="own")
    assert rendered.code == 0, rendered
    assert "found: e30=" not in rendered.stdout  # {} in base64: nothing was found
    assert tenant.asked(f"/api/v1/namespaces/{tenant.namespace}/secrets/own")
    assert tenant.callers == {f"Bearer {tenant.token}"}


@pytest.mark.parametrize("command", [("render", "test"), ("plan", "test"), ("apply", "test", "--yes")])
async def test_lookup_does_not_see_what_only_others_may(tenant: Tenant, command: tuple[str, ...]) -> None:
    await tenant.sandbox.ask("create", "namespace", f"{tenant.namespace}-other")
    try:
        where = ("-n", f"{tenant.namespace}-other")
        await tenant.sandbox.ask("create", "secret", "generic", "foreign", "--from-literal=k=hunter2hunter2", *where)
        refused = await tenant.run(*command, where=f"{tenant.namespace}-other", name="foreign")
    finally:
        await tenant.sandbox.ask("delete", "namespace", f"{tenant.namespace}-other", "--wait=false")
    assert refused.code == 1, refused
    assert "hunter2" not in refused.stdout + refused.stderr
    assert "aHVudGVyMmh1bnRlcjI" not in refused.stdout + refused.stderr
    assert tenant.asked(f"/api/v1/namespaces/{tenant.namespace}-other/secrets/foreign")
    assert tenant.callers == {f"Bearer {tenant.token}"}
