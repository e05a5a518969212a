from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.errors import Severity
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.linting import lint_releases
from fairlead.domain.manifests import Manifest
from fairlead.domain.rendering import RenderedRelease


def release(name: str, *objects: dict[str, Any], cluster: str = "c", namespace: str = "ns") -> RenderedRelease:
    manifests = tuple(Manifest(obj, f"{name}.yaml", line) for line, obj in enumerate(objects, start=1))
    return RenderedRelease(ReleaseKey("env", cluster, namespace, name), "sha256:0", manifests)


def thing(kind: str, name: str, api_version: str = "v1", namespace: str = "ns", **more: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": namespace}, **more}


def ingress(name: str, host: str | None = "example.com", path: str | None = "/", cls: str | None = None) -> Any:
    rule: dict[str, Any] = {"http": {"paths": [{"path": path} if path else {}]}}
    if host:
        rule["host"] = host
    spec: dict[str, Any] = {"rules": [rule]}
    if cls:
        spec["ingressClassName"] = cls
    return thing("Ingress", name, "networking.k8s.io/v1", spec=spec)


def codes(*releases: RenderedRelease, kube: dict[str, str] | None = None) -> list[tuple[str, str | None]]:
    return [(problem.code, problem.file) for problem in lint_releases(releases, kube_versions=kube or {})]


@pytest.mark.parametrize(
    ("first", "second", "conflict"),
    [
        (ingress("a"), ingress("b"), True),
        (ingress("a", path=None), ingress("b", path="/"), True),
        (ingress("a", host=None), ingress("b", host=None), True),
        (ingress("a", host="EXAMPLE.com"), ingress("b"), True),
        (ingress("a", host="x.example.com"), ingress("b"), False),
        (ingress("a", path="/a"), ingress("b", path="/b"), False),
        (ingress("a", cls="nginx"), ingress("b", cls="traefik"), False),
        (ingress("a", cls="nginx"), ingress("b", cls="nginx"), True),
        (ingress("a", cls="nginx"), ingress("b"), True),
        (thing("Ingress", "a", spec=None), ingress("b"), False),
        (thing("Ingress", "a", spec={"rules": [None, {"host": "example.com"}]}), ingress("b"), True),
    ],
)
def test_two_ingresses_may_not_claim_one_host_and_path(first: Any, second: Any, conflict: bool) -> None:
    expected = [("ingressConflict", "two.yaml")] if conflict else []
    assert codes(release("one", first), release("two", second)) == expected


def test_ingresses_of_different_clusters_do_not_meet() -> None:
    assert codes(release("one", ingress("a"), cluster="x"), release("two", ingress("b"), cluster="y")) == []


def test_an_object_belongs_to_one_release() -> None:
    one = release("one", thing("ConfigMap", "a"))
    two = release("two", thing("ConfigMap", "b"), thing("ConfigMap", "a"))
    problems = lint_releases([one, two], kube_versions={})
    assert [(problem.code, problem.file, problem.line) for problem in problems] == [("duplicateObject", "two.yaml", 2)]


def test_one_kind_in_two_versions_is_still_one_object() -> None:
    one = release("one", thing("HorizontalPodAutoscaler", "a", "autoscaling/v1"))
    two = release("two", thing("HorizontalPodAutoscaler", "a", "autoscaling/v2"))
    assert codes(one, two) == [("duplicateObject", "two.yaml")]


@pytest.mark.parametrize(
    "other",
    [
        release("two", thing("ConfigMap", "a", namespace="other")),
        release("two", thing("Secret", "a")),
        release("two", thing("ConfigMap", "a"), cluster="d"),
    ],
)
def test_what_only_looks_alike_is_no_duplicate(other: RenderedRelease) -> None:
    assert codes(release("one", thing("ConfigMap", "a")), other) == []


def test_generated_names_are_no_duplicates() -> None:
    nameless = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"generateName": "x-"}}
    assert codes(release("one", nameless, nameless)) == []


@pytest.mark.parametrize(
    ("kube", "code", "severity"),
    [
        ("v1.36.3", "apiVersionRemoved", Severity.ERROR),
        ("v1.25.0", "apiVersionRemoved", Severity.ERROR),
        ("v1.24.17-gke.100", "apiVersionDeprecated", Severity.WARNING),
        ("", "apiVersionRemoved", Severity.ERROR),
    ],
)
def test_retired_api_versions(kube: str, code: str, severity: Severity) -> None:
    old = release("one", thing("CronJob", "a", "batch/v1beta1"))
    found = lint_releases([old], kube_versions={"c": kube} if kube else {})
    assert [(problem.code, problem.severity) for problem in found] == [(code, severity)]


def test_living_api_versions_pass() -> None:
    assert codes(release("one", thing("CronJob", "a", "batch/v1")), kube={"c": "v1.36.3"}) == []
