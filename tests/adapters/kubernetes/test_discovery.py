"""Both forms of discovery lead to the same catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.adapters.kubernetes.discovery import Catalogue, discover
from fairlead.ports.cluster import ApiKind

VERBS = ["get", "list", "patch"]


def resource(kind: str, plural: str, scope: str, *subresources: tuple[str, str]) -> dict[str, Any]:
    subs = [{"subresource": name, "responseKind": {"kind": kind}, "verbs": ["get"]} for name, kind in subresources]
    return {"resource": plural, "responseKind": {"kind": kind}, "scope": scope, "verbs": VERBS, "subresources": subs}


def aggregated(group: str, resources: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    versions = [{"version": "v1", "resources": resources, **more}]
    return {"kind": "APIGroupDiscoveryList", "items": [{"metadata": {"name": group}, "versions": versions}]}


def legacy_list(*resources: tuple[str, str, bool]) -> dict[str, Any]:
    listed = [{"name": name, "kind": kind, "namespaced": scoped, "verbs": VERBS} for name, kind, scoped in resources]
    return {"kind": "APIResourceList", "resources": listed}


async def catalogue(documents: Mapping[str, Mapping[str, Any]]) -> Catalogue:
    async def fetch(path: str) -> Mapping[str, Any]:
        return documents[path]

    async def fetch_if_there(path: str) -> Mapping[str, Any] | None:
        return documents.get(path)

    return await discover(fetch, fetch_if_there)


NEW: dict[str, dict[str, Any]] = {
    "/api": aggregated(
        "",
        [
            resource("Pod", "pods", "Namespaced", ("log", "Pod"), ("eviction", "Eviction"), ("odd", "")),
            resource("Namespace", "namespaces", "Cluster"),
            {"resource": "broken", "responseKind": None, "scope": "Cluster"},
        ],
    ),
    "/apis": aggregated("apps", [resource("Deployment", "deployments", "Namespaced", ("scale", "Scale"))]),
}
OLD: dict[str, dict[str, Any]] = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "groups": [{"name": "apps", "versions": [{"groupVersion": "apps/v1"}]}]},
    "/api/v1": legacy_list(
        ("pods", "Pod", True),
        ("pods/log", "Pod", True),
        ("pods/eviction", "Eviction", True),
        ("namespaces", "Namespace", False),
    ),
    "/apis/apps/v1": legacy_list(("deployments", "Deployment", True), ("deployments/scale", "Scale", True)),
}


async def test_both_forms_say_the_same() -> None:
    assert await catalogue(NEW) == await catalogue(OLD)


async def test_kinds_have_names_scopes_and_verbs() -> None:
    found = await catalogue(NEW)
    assert found.find("v1", "Pod") == ApiKind("v1", "Pod", "pods", namespaced=True, verbs=frozenset(VERBS))
    assert found.find("apps/v1", "Deployment") in found.kinds
    assert not any(kind.kind == "Scale" for kind in found.kinds)
    assert found.find("v1", "Deployment") is None


async def test_versions_are_those_of_helm() -> None:
    expected = ("apps/v1", "apps/v1/Deployment", "apps/v1/Scale", "v1", "v1/Eviction", "v1/Namespace", "v1/Pod")
    assert (await catalogue(NEW)).api_versions == expected


async def test_a_group_whose_server_is_down_is_stale_and_not_gone() -> None:
    down = {**NEW, "/apis": aggregated("metrics.k8s.io", [], freshness="Stale")}
    assert (await catalogue(down)).stale == {"metrics.k8s.io/v1"}
    without = {path: document for path, document in OLD.items() if path != "/apis/apps/v1"}
    found = await catalogue(without)
    assert found.stale == {"apps/v1"}
    assert "apps/v1" in found.api_versions
