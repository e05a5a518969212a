"""S16, S39, S40, S41: secrets from everywhere, all commands, and nothing of them where one may look without rights."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from fairlead.domain.access import Access
from fairlead.doors.fetch import basic_auth
from tests.e2e.leaking import Marker, Watched
from tests.e2e.running import RunningSandbox
from tests.fakes.chart_server import Pages, demand, packaged
from tests.fakes.http import Answer, HttpServer, Request
from tests.fakes.installed import FAIRLEAD

pytestmark = pytest.mark.e2e

NAMES = (
    "secret ref",
    "secret ref in a URL",
    "variable",
    "variable in data",
    "default of the chart",
    "plain value",
    "lines",
    "value of a hook",
    "value of a test",
    "manifest data",
    "manifest stringData",
    "item of a List",
    "JSON document",
    "applied by kubectl",
    "written by hand",
    "repository password",
    "registry login",
    "password in an address",
    "wrong type",
    "not base64",
    "failing patch",
    "refused patch",
    "fetched chart",
)
MARKERS = {name: Marker(name) for name in NAMES}
NEVER_SHOWN = ("secret ref", "secret ref in a URL", "variable", "variable in data", "lines", "repository password")
DECLARED_IN_CLEAR = tuple(name for name in NAMES if name not in NEVER_SHOWN)
"""What the files say in clear, `values` and `render` show as it stands there; whatever asks a cluster masks it."""
SECRETS = """\
apiVersion: v1
kind: Secret
metadata: {name: credentials}
stringData:
  ref: {{ .Values.ref | quote }}
  url: {{ printf "postgres://me:%s@db/shop" (.Values.inUrl | urlquery) | quote }}
  variable: {{ .Values.variable | quote }}
  default: {{ .Values.default | quote }}
  plain: {{ .Values.plain | quote }}
  lines: {{ printf "first line\\n%s\\nlast line\\n" .Values.lines | quote }}
data:
  inData: {{ .Values.inData | b64enc }}
"""
HOOKS = """\
apiVersion: v1
kind: Secret
metadata: {{name: {name}, annotations: {{helm.sh/hook: "{event}"}}}}
stringData: {{value: {value}}}
"""


def value(name: str) -> str:
    return MARKERS[name].value


def secret(name: str, **sections: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, **sections}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@dataclass
class Vault:
    """A repository full of secrets, the servers that it names, and who watches."""

    root: Path
    namespace: str
    sandbox: RunningSandbox
    watched: Watched
    servers: Mapping[str, str]

    def write(self, name: str, content: Any) -> None:
        """Write a file; JSON is YAML."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False))

    def declare(self, name: str, *releases: Mapping[str, Any], repos: Any = ()) -> str:
        """Write an environments file with these releases and return its name."""
        cluster = {"name": "c", "provider": {"existingContext": {"contextName": self.sandbox.contexts[0]}}}
        environment = {"name": "test", "clusterName": "c", "kubeNamespace": self.namespace, "releases": releases}
        self.write(name, {"clusters": [cluster], "environments": [environment], "helmRepos": list(repos)})
        return name

    async def both(self, *arguments: str, but: tuple[str, ...] = (), codes: tuple[int, ...] = (0,)) -> None:
        """Run a command for people who want to know everything, and for programs."""
        await self.watched.run(*arguments, "-v", but=but, codes=codes)
        await self.watched.run(*arguments, "--output", "json", but=but, codes=codes)


def _echo(request: Request) -> Answer:
    """Refuse, and say with which login."""
    if "authorization" not in request.headers:
        return Answer(401, b"", {"WWW-Authenticate": 'Basic realm="echo"'})
    login = request.headers["authorization"]
    return Answer(403, json.dumps({"errors": [{"code": "DENIED", "message": f"not with {login}"}]}).encode())


@pytest.fixture
async def vault(tmp_path: Path, sandbox: RunningSandbox, namespace: str) -> AsyncIterator[Vault]:
    charts, echo = Pages(), Pages(guard=_echo)
    charts.guard = demand(basic_auth("me", value("repository password"))["Authorization"], Answer(401))
    template = json.dumps(secret("fetched", stringData={"a": value("fetched chart")}))
    charts.publish("small", "1.0.0", packaged({"templates/a.yaml": template}))
    async with HttpServer(charts) as shop, HttpServer(echo) as registry:
        home = tmp_path / "home"
        (home / ".docker").mkdir(parents=True)
        login = encoded(f"me:{value('registry login')}")
        config = {"auths": {f"127.0.0.1:{registry.port}": {"auth": login}}}
        (home / ".docker" / "config.json").write_text(json.dumps(config))
        env = {
            **sandbox.env,
            "HOME": str(home),
            "PATH": f"{FAIRLEAD.parent}:{sandbox.env['PATH']}",
            "VARIABLE": value("variable"),
            "IN_DATA": value("variable in data"),
            "REPO_PASSWORD": value("repository password"),
            "LINES": value("lines"),
        }
        root = tmp_path / "repository"
        root.mkdir()
        servers = {"shop": shop.url, "registry": f"127.0.0.1:{registry.port}", "echo": registry.url}
        yield Vault(root, namespace, sandbox, Watched(MARKERS, env, root), servers)


def _write(vault: Vault) -> None:
    """Declare three releases: a chart, manifests and a fetched chart."""
    from_cluster = {"ref": "secret ref", "inUrl": "secret ref in a URL"}
    values: list[dict[str, Any]] = [
        {"key": key, "valueFrom": {"secretRef": {"name": "given", "key": key}}} for key in from_cluster
    ]
    variables = {"variable": "VARIABLE", "inData": "IN_DATA", "lines": "LINES"}
    values += [{"key": key, "valueFrom": {"env": name}} for key, name in variables.items()]
    values += [
        {"key": "plain", "value": value("plain value")},
        {"key": "image.repository", "value": f"{vault.servers['registry']}/app"},
        {"key": "image.tag", "value": "1.0.0"},
    ]
    vault.declare(
        "environments.yaml",
        {"name": "web", "chart": {"dir": "web"}, "values": values, "trigger": {"image": {"track": "Newest"}}},
        {"name": "files", "resourceFiles": ["secrets.yaml"]},
        {"name": "fetched", "chart": {"reference": "shop/small", "version": "1.0.0"}},
        repos=[
            {"name": "shop", "url": vault.servers["shop"], "username": "me", "passwordFrom": {"env": "REPO_PASSWORD"}}
        ],
    )
    vault.write("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n")
    vault.write("web/values.yaml", {"default": value("default of the chart")})
    vault.write("web/templates/secrets.yaml", SECRETS)
    for name, event in (("value of a hook", "pre-install,pre-upgrade"), ("value of a test", "test")):
        hook = HOOKS.format(name=name.replace(" ", "-"), event=event, value=json.dumps(value(name)))
        vault.write(f"web/templates/{event[:4]}.yaml", hook)
    document = json.dumps({"auths": {"db": {"password": value("JSON document")}}})
    items = [
        secret("in-data", data={"a": encoded(value("manifest data"))}),
        secret("in-text", stringData={"a": value("manifest stringData"), "json": document}),
        {"apiVersion": "v1", "kind": "List", "items": [secret("listed", stringData={"a": value("item of a List")})]},
        secret("adopted", stringData={"a": "another", "b": "made later"}),
    ]
    vault.write("secrets.yaml", "\n---\n".join(json.dumps(item, ensure_ascii=False) for item in items))


async def _make(vault: Vault, obj: Mapping[str, Any]) -> None:
    await vault.sandbox.ask("apply", "-n", vault.namespace, "-f", "-", stdin=json.dumps(obj))


async def _objects(vault: Vault) -> str:
    """Return every object that is no Secret, with Events, ConfigMaps and Leases among them."""
    ask = vault.sandbox.ask
    served = await ask("api-resources", "--namespaced", "--verbs=list", "-o", "name")
    kinds = sorted(set(served.split()) - {"secrets"})
    assert {"configmaps", "events", "leases.coordination.k8s.io"} <= set(kinds)
    return await ask("get", ",".join(kinds), "-n", vault.namespace, "-o", "json", "--show-managed-fields")


async def test_secrets_are_nowhere_but_in_secrets(vault: Vault) -> None:
    given = {"ref": value("secret ref"), "inUrl": value("secret ref in a URL")}
    await _make(vault, secret("given", stringData=given))
    await _make(vault, secret("adopted", stringData={"a": value("applied by kubectl")}))
    _write(vault)
    watched = vault.watched
    await vault.both("lint")
    await vault.both("lint", "--online")
    await vault.both("values", "test", "web", but=DECLARED_IN_CLEAR)
    await vault.both("render", "test", but=DECLARED_IN_CLEAR)
    await vault.both("plan", "test")
    await vault.both("plan", "test", "--save", "plan.json")
    await watched.run("apply", "test", "--yes", "--no-wait", "-v")
    (vault.root / "web" / "values.yaml").write_text(json.dumps({"default": "changed"}))
    change = json.dumps({"stringData": {"a": value("written by hand")}})
    await vault.sandbox.ask("patch", "secret", "in-text", "-n", vault.namespace, "-p", change)
    await vault.both("plan", "test")
    await vault.both("status", "test")
    await watched.run("apply", "test", "--yes", "--no-wait", "--output", "json")
    watched.look("objects", await _objects(vault))
    for release in ("web", "files", "fetched"):
        await vault.both("history", "test", release)
        await vault.both("show", "test", release, "1")
    await watched.run("rollback", "test", "web", "1", "--yes", "-v")
    await watched.run("rollback", "test", "web", "2", "--yes", "--output", "json")
    await vault.both("hold", "test", "files", "--reason", "freeze")
    await vault.both("test", "test", "web")
    await vault.both("poll", "test", codes=(0, 1))
    helm = str(vault.sandbox.helm)
    await replace(watched, env={**watched.env, "FAIRLEAD_HELM": helm}).run("plan", "test")
    await watched.run("delete", "test", "files", "--yes", "-v")
    await watched.run("delete", "test", "web", "--yes", "--output", "json")
    watched.look("objects at the end", await _objects(vault))
    written_by_us = [vault.root / name for name in ("environments.yaml", "secrets.yaml")]
    written_by_us += list((vault.root / "web").rglob("*.*"))
    assert watched.look_at_files(vault.root, but=written_by_us) > 0
    below = {argument for argv in watched.children for argument in argv}
    assert {helm, "fairlead.adapters.helm.worker"} <= below  # else no arguments of children were looked at
    assert sorted(watched.leaks) == []


FAILING: Mapping[str, Any] = {
    "wrong type": secret("a", stringData={"a": [value("wrong type")]}),
    "not base64": secret("a", data={"a": value("not base64")}),
}
PATCHES: Mapping[str, Any] = {
    "failing patch": [{"op": "test", "path": "/stringData/a", "value": value("failing patch")}],
    "refused patch": [{"op": "replace", "path": "/immutable", "value": value("refused patch")}],
}


@pytest.mark.parametrize("name", [*FAILING, *PATCHES])
async def test_errors_quote_no_secret(vault: Vault, name: str) -> None:
    vault.write("a.yaml", FAILING.get(name, secret("a", stringData={"a": value("manifest stringData")})))
    release: dict[str, Any] = {"name": "a", "resourceFiles": ["a.yaml"]}
    if name in PATCHES:
        release["patches"] = [{"target": {"kind": "Secret"}, "patch": PATCHES[name]}]
    vault.declare("environments.yaml", release)
    for command in (("lint", "--online"), ("plan", "test"), ("apply", "test", "--yes")):
        await vault.both(*command, codes=(0, 1, 2, 4))
    assert (await vault.watched.run("apply", "test", "--yes", codes=(1, 2, 4))).code
    vault.watched.look("objects", await _objects(vault))
    vault.watched.look_at_files(vault.root.parent / "home" / ".local")
    assert sorted(vault.watched.leaks) == []


async def test_addresses_that_fail_show_no_password(vault: Vault) -> None:
    core = MARKERS["password in an address"].core
    addresses = {"closed": f"http://me:{core}@127.0.0.1:1/charts", "echo": vault.servers["echo"]}
    login = {"username": "me", "passwordFrom": {"env": "REPO_PASSWORD"}}
    for name, url in addresses.items():
        repo = {"name": name, "url": url} | (login if name == "echo" else {})
        release = {"name": "a", "chart": {"reference": f"{name}/small", "version": "1.0.0"}}
        vault.declare("environments.yaml", release, repos=[repo])
        for command in ("lint", "render", "plan", "apply"):
            arguments = () if command == "lint" else ("test",)
            await vault.both(command, *arguments, codes=(0, 1, 2))
        assert (await vault.watched.run("plan", "test", codes=(1, 2))).code
    assert sorted(vault.watched.leaks) == []


async def test_a_viewer_sees_no_secret(vault: Vault, sandbox_access: Access) -> None:
    given = {"ref": value("secret ref"), "inUrl": value("secret ref in a URL")}
    await _make(vault, secret("given", stringData=given))
    _write(vault)
    await vault.watched.run("apply", "test", "--yes", "--no-wait")
    ask, there = vault.sandbox.ask, ("-n", vault.namespace)
    await ask("create", "serviceaccount", "viewer", *there)
    await ask(
        "create", "rolebinding", "viewer", "--clusterrole=view", f"--serviceaccount={vault.namespace}:viewer", *there
    )
    token = (await ask("create", "token", "viewer", *there)).strip()
    cluster = {
        "server": sandbox_access.server,
        "certificate-authority-data": encoded((sandbox_access.ca or b"").decode()),
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "viewer", "user": {"token": token}}],
        "contexts": [{"name": "viewer", "context": {"cluster": "c", "user": "viewer"}}],
    }
    vault.write("viewer.json", config)
    access = ("--kubeconfig", str(vault.root / "viewer.json"), "--context", "viewer")
    commands = [("plan", "test"), ("status", "test"), ("history", "test", "web"), ("show", "test", "web", "1")]
    for command in commands:
        for release in ((), ("-r", "files")) if command[-1] == "test" else ((),):
            await vault.both(*command, *release, *access, codes=(0, 1, 2, 4))
    seen = await vault.watched.run("status", "test", *access, "--output", "json", codes=(0, 1, 2, 4))
    assert seen.document
    assert sorted(vault.watched.leaks) == []
