"""`fairlead lint` over files, as a person or a pipeline calls it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.terminal import Terminal

ENVIRONMENTS = """\
clusters: [{name: eu, provider: {kubeconfig: {path: eu.kubeconfig}}}]
environments:
  - {name: test, clusterName: eu, kubeNamespace: shop, releasesFiles: [apps.yaml]}
"""
APPS = """\
releases:
  - {name: one, resourceFiles: [one.yaml]}
  - {name: two, resourceFiles: [two.yaml]}
"""
INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: NAME}
spec:
  rules: [{host: HOST, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}]}}]
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    root.mkdir()
    (root / "environments.yaml").write_text(ENVIRONMENTS)
    (root / "apps.yaml").write_text(APPS)
    (root / "one.yaml").write_text(INGRESS.replace("NAME", "ingress1").replace("HOST", "example.com"))
    return root


@pytest.mark.parametrize(("host", "code", "found"), [("example.com", 2, ["ingressConflict"]), ("example.org", 0, [])])
def test_one_host_and_path_belongs_to_one_ingress(shop: Path, host: str, code: int, found: list[str]) -> None:
    (shop / "two.yaml").write_text("# the second\n" + INGRESS.replace("NAME", "ingress2").replace("HOST", host))
    ended = Terminal(shop).run("lint", "--output", "json")
    assert ended.code == code
    problems = ended.document["problems"]
    assert [problem["code"] for problem in problems] == found
    assert [(problem["file"], problem["line"]) for problem in problems] == [("two.yaml", 2)] * len(found)
