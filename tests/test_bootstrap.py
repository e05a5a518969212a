"""The composition root: what is built, when, and that everything is closed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from fairlead.bootstrap import Wishes, open_application
from fairlead.bootstrap.application import Later
from fairlead.domain.config import ChartReference
from fairlead.domain.errors import InputError, OperationFailed
from fairlead.domain.images import ImageName
from fairlead.domain.selection import Scope, choose_environments, choose_releases
from fairlead.domain.targets import Target
from fairlead.doors.fetch import basic_auth
from fairlead.doors.redaction import Redactor
from fairlead.pipeline.application import Application
from fairlead.settings import Settings
from tests.fakes.chart_server import index_of
from tests.fakes.http import Answer, HttpServer
from tests.fakes.registry_server import RegistryServer, errors

ENVIRONMENTS = """\
clusters: [{name: eu, provider: {existingContext: {contextName: eu}}}]
environments:
  - name: test
    clusterName: eu
    kubeNamespace: shop
    defaultValues: [{key: token, valueFrom: {env: TOKEN}}]
    releasesFiles: [apps.yaml]
helmRepos: [{name: acme, url: "https://127.0.0.1:1", username: me, passwordFrom: {env: PASSWORD}}]
"""
APPS = """\
releases:
  - {name: web, chart: {reference: acme/web, version: 1.0.0}}
  - {name: local, chart: {dir: chart}}
"""


class Nobody:
    """Hears every event and keeps none."""

    def emit(self, event: object) -> None: ...


@dataclass
class Port:
    """A port that knows whether it was closed."""

    closed: int = 0

    async def close(self) -> None:
        self.closed += 1


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    (root / "chart").mkdir(parents=True)
    (root / "environments.yaml").write_text(ENVIRONMENTS)
    (root / "apps.yaml").write_text(APPS)
    (root / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: local\nversion: 1.0.0\n")
    (root / "chart" / "values.yaml").write_text("size: 3\n")
    return root


def settings(root: Path, **environ: str) -> Settings:
    return Settings.from_environment({"HOME": str(root.parent / "home"), "PATH": "/usr/bin:/bin", **environ})


def target(application: Application, name: str) -> Target:
    (chosen,) = choose_releases(choose_environments(application.declaration, Scope("test")), (name,))
    return chosen


async def test_a_port_is_built_once_and_closed_only_if_built() -> None:
    built: list[Port] = []

    async def build() -> Port:
        built.append(Port())
        return built[-1]

    used, unused = Later(build), Later(build)
    assert await used.get() is await used.get()
    await used.close()
    await unused.close()
    assert [port.closed for port in built] == [1]


async def test_the_environment_decides_which_helm_renders(shop: Path, tmp_path: Path) -> None:
    helm = tmp_path / "helm"
    helm.write_text("#!/bin/sh\necho v4.9.9\n")
    helm.chmod(0o755)
    for environ, name in (({}, "helm-python-sdk"), ({"FAIRLEAD_HELM": str(helm)}, "helm v4.9.9")):
        async with open_application(settings(shop, **environ), Wishes(shop), Nobody(), Redactor()) as application:
            renderer = await application.rendering.renderer()
            assert renderer.version.startswith(name)


async def test_values_come_with_the_charts_own(shop: Path) -> None:
    async with open_application(settings(shop, TOKEN="t0ken"), Wishes(shop), Nobody(), Redactor()) as application:
        values = await application.values(target(application, "local"))
    assert values.shown == {"size": 3, "token": "(secret env/TOKEN)"}


async def test_declared_variables_are_secret_from_the_start(shop: Path) -> None:
    redactor = Redactor()
    environ = {"TOKEN": "t0ken-value", "PASSWORD": "pass-value"}
    async with open_application(settings(shop, **environ), Wishes(shop), Nobody(), redactor):
        assert redactor.text("t0ken-value and pass-value") == "(secret) and (secret)"


@pytest.mark.parametrize(
    ("offline", "environ", "kind", "code"),
    [
        (True, {"PASSWORD": "p"}, OperationFailed, "chartOffline"),
        (False, {}, InputError, "passwordMissing"),
    ],
)
async def test_charts_that_cannot_be_had(
    shop: Path, offline: bool, environ: dict[str, str], kind: type[Exception], code: str
) -> None:
    async with open_application(
        settings(shop, **environ), Wishes(shop, offline=offline), Nobody(), Redactor()
    ) as application:
        with pytest.raises(kind) as failed:
            await application.values(target(application, "web"))
    assert isinstance(failed.value, InputError | OperationFailed)
    assert failed.value.code == code


async def test_registries_are_asked_with_dockers_logins_and_what_is_broken_is_logged(
    shop: Path, caplog: pytest.LogCaptureFixture
) -> None:
    login = basic_auth("me", "hunter2-word")["Authorization"]
    pages = RegistryServer()
    pages.push("shop/api", "1.0")
    wanted = errors(401, "UNAUTHORIZED", **{"WWW-Authenticate": "Basic"})
    index = index_of({"web": [{"version": "one"}, {"version": "1.0.0", "urls": ["a.tgz"]}]})
    pages.faults += [
        lambda request: Answer(body=index) if request.path == "/index.yaml" else None,
        lambda request: None if request.headers.get("authorization") == login else wanted,
    ]
    redactor = Redactor()
    async with HttpServer(pages) as server:
        config = {"auths": {f"127.0.0.1:{server.port}": {"username": "me", "password": "hunter2-word"}}}
        (shop / "config.json").write_text(json.dumps(config))
        environ = {"DOCKER_CONFIG": str(shop), "FAIRLEAD_CACHE": str(shop / "cache")}
        async with open_application(settings(shop, **environ), Wishes(shop), Nobody(), redactor) as application:
            registry = await application.upgrading.registry()
            assert await registry.tags(ImageName(f"127.0.0.1:{server.port}", "shop/api")) == ("1.0",)
            versions = await registry.chart_versions(ChartReference(f"{server.url}/web", "1.0.0"), ())
    assert [one.version for one in versions] == ["1.0.0"]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert redactor.text("hunter2-word") == "(secret)"


async def test_an_environment_without_a_context_says_what_to_do(shop: Path) -> None:
    async with open_application(settings(shop), Wishes(shop), Nobody(), Redactor()) as application:
        with pytest.raises(InputError) as failed:
            await application.clusters.open(application.declaration.environments[0])
    assert failed.value.code == "contextMissing"


async def test_a_cluster_is_opened_once_by_the_override(shop: Path) -> None:
    (shop / "ci.kubeconfig").write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: ci\n"
        "clusters: [{name: ci, cluster: {server: 'https://127.0.0.1:1'}}]\n"
        "contexts: [{name: ci, context: {cluster: ci, user: ci}}]\n"
        "users: [{name: ci, user: {token: t0ken}}]\n"
    )
    wishes = Wishes(shop, kubeconfig=Path("ci.kubeconfig"))
    async with open_application(settings(shop), wishes, Nobody(), Redactor()) as application:
        environment = application.declaration.environments[0]
        assert await application.clusters.open(environment) is await application.clusters.open(environment)
