"""The commands that need no cluster, over a small shop."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.conftest import Golden
from tests.fakes.terminal import Terminal

ENVIRONMENTS = """\
clusters:
  - name: eu
    provider: {kubeconfig: {path: eu.kubeconfig}}
  - name: us
    provider: {gke: {project: acme, clusterName: main, zone: us-east1-b}}
environments:
  - name: test
    clusterName: eu
    kubeNamespace: shop-test
    releasesFiles: [apps.yaml]
    defaultValues: [{key: greeting, value: hello}]
  - name: production
    clusterName: us
    kubeNamespace: shop
    releasesFiles: [apps.yaml]
helmRepos: [{name: acme, url: "https://charts.acme.test"}]
"""
APPS = """\
releases:
  - name: settings
    resourceFiles: [settings.yaml, more.yaml]
  - name: web
    labels: {tier: web}
    dependsOn: [settings]
    chart: {dir: web}
    values:
      - {key: image.tag, value: 1.10}
      - {key: password, valueFrom: {env: PASSWORD}}
  - name: cache
    labels: {tier: data}
    chart: {reference: acme/cache, version: 1.2.3}
  - name: queue
    labels: {tier: data}
    chart: {reference: "oci://registry.acme.test/charts/queue", version: 2.0.0}
  - name: rules
    kustomize: {dir: rules}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    (root / "web" / "templates").mkdir(parents=True)
    (root / "rules").mkdir()
    (root / "environments.yaml").write_text(ENVIRONMENTS)
    (root / "apps.yaml").write_text(APPS)
    (root / "settings.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n")
    (root / "more.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n")
    (root / "web" / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    (root / "web" / "values.yaml").write_text("replicas: 2\nimage: {repository: shop/web, tag: latest}\n")
    (root / "rules" / "kustomization.yaml").write_text("resources: []\n")
    return root


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("clusters", ("list", "clusters")),
        ("clusters-of-one", ("list", "clusters", "test")),
        ("environments", ("list", "environments")),
        ("environments-of-cluster", ("list", "environments", "--cluster", "us")),
        ("releases", ("list", "releases")),
        ("releases-by-name", ("list", "releases", "test", "-r", "web,cache", "-r", "queue")),
        ("releases-by-label", ("list", "releases", "--all", "-l", "tier in (data)")),
    ],
)
def test_lists(shop: Path, golden: Golden, name: str, arguments: tuple[str, ...]) -> None:
    ended = Terminal(shop).run(*arguments)
    assert (ended.code, ended.stderr) == (0, "")
    golden(f"cli/list-{name}.txt", ended.stdout)
    as_json = Terminal(shop).run(*arguments, "--output", "json")
    assert as_json.code == 0
    golden(f"cli/list-{name}.json", as_json.stdout)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("list", "releases", "tset"), "unknownEnvironment"),
        (("list", "releases", "--cluster", "eux"), "unknownCluster"),
        (("list", "releases", "test", "-r", "wbe"), "unknownRelease"),
        (("list", "releases", "test", "--all"), "selection"),
        (("list", "releases", "-l", "a=b=c"), "invalidSelector"),
        (("list", "releases", "-f", "missing.yaml"), "missingFile"),
        (("plan",), "selection"),
        (("apply",), "selection"),
        (("render",), "selection"),
        (("init",), "selection"),
        (("init", "test", "--all"), "selection"),
        (("init", "test", "tset", "tets"), "unknownEnvironment"),
        (("use", "tset"), "unknownEnvironment"),
        (("values", "test", "wbe"), "unknownRelease"),
        (("apply", "test", "--timeout", "soon"), "invalidDuration"),
        (("status", "--watch"), "usage"),
    ],
)
def test_wrong_names_and_selections_are_wrong_input(shop: Path, arguments: tuple[str, ...], code: str) -> None:
    ended = Terminal(shop).run(*arguments, "--output", "json")
    assert ended.code == 2
    assert ended.document["errors"][0]["code"] == code


def test_several_unknown_environments_are_reported_at_once(shop: Path) -> None:
    ended = Terminal(shop).run("init", "tset", "tets", "test", "--output", "json")
    assert [error["code"] for error in ended.document["errors"]] == ["unknownEnvironment"] * 2


def test_the_environments_file_comes_from_option_then_variables(shop: Path) -> None:
    (shop / "deploy").mkdir()
    (shop / "deploy" / "other.yaml").write_text("environments: []\n")
    for environ in ({"FAIRLEAD_ENVIRONMENTS": "deploy/other.yaml"}, {"KUBECD_ENVIRONMENTS": "deploy/other.yaml"}):
        ended = Terminal(shop, environ).run("list", "environments", "--output", "json")
        assert ended.document["items"] == []
        ended = Terminal(shop, environ).run("-f", "environments.yaml", "list", "environments", "--output", "json")
        assert len(ended.document["items"]) == 2


def test_every_mistake_of_a_file_is_shown_with_its_place(shop: Path, golden: Golden) -> None:
    (shop / "environments.yaml").write_text(ENVIRONMENTS.replace("clusterName: eu", "clusterNmae: eu"))
    (shop / "apps.yaml").write_text(APPS.replace("dir: web", "dir: ../outside").replace("labels:", "lables:"))
    ended = Terminal(shop).run("list", "releases")
    assert (ended.code, ended.stdout) == (2, "")
    golden("cli/broken-files.txt", ended.stderr)


def test_values_say_where_they_come_from_and_hide_secrets(shop: Path, golden: Golden) -> None:
    ended = Terminal(shop, {"PASSWORD": "hunter2"}).run("values", "test", "web")
    assert (ended.code, ended.stderr) == (0, "")
    golden("cli/values.txt", ended.stdout)
    as_json = Terminal(shop, {"PASSWORD": "hunter2"}).run("values", "test", "web", "--output", "json")
    golden("cli/values.json", as_json.stdout)
    assert "hunter2" not in ended.stdout + as_json.stdout


@pytest.mark.parametrize("subject", ["environments", "releases", "output"])
def test_schemas_are_schemas(tmp_path: Path, subject: str) -> None:
    ended = Terminal(tmp_path).run("schema", subject)
    Draft202012Validator.check_schema(json.loads(ended.stdout))


def test_new_writes_a_starter_and_says_what_is_next(tmp_path: Path, golden: Golden) -> None:
    ended = Terminal(tmp_path).run("new", "shop")
    assert ended.code == 0
    golden("cli/new.txt", ended.stdout)
    again = Terminal(tmp_path).run("new", "shop", "--output", "json")
    assert again.code == 2
    assert Terminal(tmp_path / "shop").run("list", "releases", "--output", "json").document["items"]


def test_init_of_a_kubeconfig_in_the_repository_changes_nothing(shop: Path) -> None:
    (shop / "eu.kubeconfig").write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: eu\n"
        "clusters: [{name: eu, cluster: {server: 'https://eu.test'}}]\n"
        "contexts: [{name: eu, context: {cluster: eu, user: me}}]\n"
        "users: [{name: me, user: {token: t0ken}}]\n"
    )
    ended = Terminal(shop).run("init", "test", "--output", "json")
    assert ended.code == 0
    (context,) = ended.document["contexts"]
    assert (context["environment"], context["server"], context["changed"]) == ("test", "https://eu.test", False)
