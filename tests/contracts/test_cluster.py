"""What every cluster adapter guarantees, checked on the fake and on a real API server."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest

from fairlead.domain.errors import RemoteRefused
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.ports.cluster import ApiKind, Cluster, LiveObject, WatchEvent, WatchType
from tests.contracts.conftest import ClusterUnderTest

CONFIG_MAPS = ApiKind("v1", "ConfigMap", "configmaps", namespaced=True)
DEPLOYMENTS = ApiKind("apps/v1", "Deployment", "deployments", namespaced=True)


def config_map(name: str, namespace: str, **data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "data": data,
    }


def deployment(namespace: str, **spec: Any) -> dict[str, Any]:
    pod = {"containers": [{"name": "web", "image": "localhost/web:1"}]}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": pod}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "web"}}, "template": template, **spec},
    }


def managers(obj: LiveObject) -> dict[str, str]:
    return {entry["manager"]: entry["operation"] for entry in obj["metadata"]["managedFields"]}


async def test_an_applied_object_is_read_back(under_test: ClusterUnderTest) -> None:
    cluster, namespace = under_test.cluster, under_test.namespace
    made = await cluster.apply(config_map("a", namespace, key="1"), manager="fairlead")
    assert await cluster.get(object_ref(made)) == made
    assert made["data"] == {"key": "1"}
    assert made["metadata"]["uid"]
    assert made["metadata"]["resourceVersion"]
    assert managers(made) == {"fairlead": "Apply"}


async def test_applying_the_same_again_changes_nothing(under_test: ClusterUnderTest) -> None:
    cluster, namespace = under_test.cluster, under_test.namespace
    first = await cluster.apply(config_map("a", namespace, one="1"), manager="fairlead")
    again = await cluster.apply(config_map("a", namespace, one="1"), manager="fairlead")
    assert again["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


async def test_a_field_no_longer_declared_disappears(under_test: ClusterUnderTest) -> None:
    cluster, namespace = under_test.cluster, under_test.namespace
    await cluster.apply(config_map("a", namespace, one="1", two="2"), manager="fairlead")
    less = await cluster.apply(config_map("a", namespace, one="1"), manager="fairlead")
    assert less["data"] == {"one": "1"}


async def test_two_managers_keep_their_own_fields(under_test: ClusterUnderTest) -> None:
    cluster, namespace = under_test.cluster, under_test.namespace
    await cluster.apply(config_map("a", namespace, one="1"), manager="fairlead")
    await cluster.apply(config_map("a", namespace, two="2"), manager="someone")
    both = await cluster.apply(config_map("a", namespace, one="3"), manager="fairlead")
    assert both["data"] == {"one": "3", "two": "2"}
    assert managers(both) == {"fairlead": "Apply", "someone": "Apply"}


async def test_a_field_of_another_manager_is_a_conflict_unless_forced(under_test: ClusterUnderTest) -> None:
    cluster, namespace = under_test.cluster, under_test.namespace
    await cluster.apply(config_map("a", namespace, one="1"), manager="someone")
    with pytest.raises(RemoteRefused) as caught:
        await cluster.apply(config_map("a", namespace, one="2"), manager="fairlead", force=False)
    assert (caught.value.status, caught.value.code) == (409, "fieldConflict")
    forced = await cluster.apply(config_map("a", namespace, one="2"), manager="fairlead")
    assert forced["data"] == {"one": "2"}
    owners = {entry["manager"]: entry["fieldsV1"] for entry in forced["metadata"]["managedFields"]}
    assert "f:data" in owners["fairlead"]
    assert "f:one" not in owners["someone"].get("f:data", {})


async def test_ownership_of_list_items_is_by_their_keys(under_test: ClusterUnderTest) -> None:
    cluster, namespace = under_test.cluster, under_test.namespace
    made = await cluster.apply(deployment(namespace), manager="fairlead")
    fields = made["metadata"]["managedFields"][0]["fieldsV1"]
    containers = fields["f:spec"]["f:template"]["f:spec"]["f:containers"]
    assert containers == {'k:{"name":"web"}': {".": {}, "f:image": {}, "f:name": {}}}
    assert fields["f:spec"]["f:selector"] == {}


async def test_a_dry_run_shows_and_stores_nothing(under_test: ClusterUnderTest) -> None:
    cluster, namespace = under_test.cluster, under_test.namespace
    tried = await cluster.apply(config_map("a", namespace, one="1"), manager="fairlead", dry_run=True)
    assert tried["data"] == {"one": "1"}
    assert await cluster.get(object_ref(tried)) is None
    made = await cluster.apply(config_map("a", namespace, one="1"), manager="fairlead")
    tried = await cluster.apply(config_map("a", namespace, one="2"), manager="fairlead", dry_run=True)
    assert tried["data"] == {"one": "2"}
    assert await cluster.get(object_ref(made)) == made


async def test_generation_counts_changes_of_the_spec_alone(under_test: ClusterUnderTest) -> None:
    cluster, namespace = under_test.cluster, under_test.namespace
    made = await cluster.apply(deployment(namespace), manager="fairlead")
    labelled = deployment(namespace)
    labelled["metadata"]["labels"] = {"a": "b"}
    second = await cluster.apply(labelled, manager="fairlead")
    third = await cluster.apply({**labelled, "spec": deployment(namespace, paused=True)["spec"]}, manager="fairlead")
    assert [obj["metadata"]["generation"] for obj in (made, second, third)] == [1, 1, 2]


async def test_an_apply_can_demand_uid_and_version(under_test: ClusterUnderTest) -> None:
    cluster, namespace = under_test.cluster, under_test.namespace
    made = await cluster.apply(config_map("a", namespace, one="1"), manager="fairlead")
    changed = await cluster.apply(_pinned(config_map("a", namespace, one="2"), made), manager="fairlead")
    assert changed["data"] == {"one": "2"}
    with pytest.raises(RemoteRefused) as caught:
        await cluster.apply(_pinned(config_map("a", namespace, one="3"), made), manager="fairlead")
    assert (caught.value.status, caught.value.code) == (409, "conflict")
    assert await cluster.delete(object_ref(made), uid=made["metadata"]["uid"])
    with pytest.raises(RemoteRefused) as caught:
        await cluster.apply(_pinned(config_map("a", namespace, one="3"), changed), manager="fairlead")
    assert (caught.value.status, caught.value.code) == (409, "conflict")


async def test_stringdata_becomes_data(under_test: ClusterUnderTest) -> None:
    cluster, namespace = under_test.cluster, under_test.namespace
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": namespace},
        "stringData": {"a": "b"},
    }
    made = await cluster.apply(secret, manager="fairlead")
    assert made["data"] == {"a": base64.b64encode(b"b").decode()}
    assert "stringData" not in made


async def test_a_missing_namespace_refuses_also_a_dry_run(under_test: ClusterUnderTest) -> None:
    for dry_run in (False, True):
        with pytest.raises(RemoteRefused) as caught:
            await under_test.cluster.apply(config_map("a", "nowhere"), manager="fairlead", dry_run=dry_run)
        assert (caught.value.status, caught.value.code) == (404, "namespaceMissing")


async def test_a_kind_nobody_serves(under_test: ClusterUnderTest) -> None:
    ref = ObjectRef("example.org/v1", "Nothing", under_test.namespace, "a")
    assert await under_test.cluster.get(ref) is None
    manifest = {"apiVersion": "example.org/v1", "kind": "Nothing", "metadata": {"name": "a"}}
    with pytest.raises(RemoteRefused) as caught:
        await under_test.cluster.apply(manifest, manager="fairlead")
    assert (caught.value.status, caught.value.code) == (404, "kindNotServed")


async def test_a_deletion_hits_exactly_its_object(under_test: ClusterUnderTest) -> None:
    cluster, namespace = under_test.cluster, under_test.namespace
    made = await cluster.apply(config_map("a", namespace), manager="fairlead")
    ref, uid = object_ref(made), made["metadata"]["uid"]
    for wrong in ({"uid": "another"}, {"uid": uid, "resource_version": "1"}):
        with pytest.raises(RemoteRefused) as caught:
            await cluster.delete(ref, **wrong)
        assert (caught.value.status, caught.value.code) == (409, "conflict")
    assert await cluster.delete(ref, uid=uid, resource_version=made["metadata"]["resourceVersion"])
    assert await cluster.get(ref) is None
    assert not await cluster.delete(ref, uid=uid)


async def test_lists_select(under_test: ClusterUnderTest) -> None:
    cluster, namespace = under_test.cluster, under_test.namespace
    for name in ("a", "b", "c"):
        await cluster.apply(config_map(name, namespace), manager="fairlead")

    async def names(label_selector: str = "", field_selector: str = "") -> set[str]:
        listing = await cluster.list(
            CONFIG_MAPS, namespace, label_selector=label_selector, field_selector=field_selector
        )
        assert all(item["kind"] == "ConfigMap" and item["apiVersion"] == "v1" for item in listing.items)
        return {item["metadata"]["name"] for item in listing.items} - {"kube-root-ca.crt"}

    assert await names() == {"a", "b", "c"}
    assert await names(label_selector="app=a") == {"a"}
    assert await names(label_selector="app in (a, b),app!=b") == {"a"}
    assert await names(label_selector="!app") == set()
    assert await names(field_selector="metadata.name!=a") == {"b", "c"}
    everywhere = await cluster.list(CONFIG_MAPS, None, label_selector="app in (a,b)")
    assert {item["metadata"]["name"] for item in everywhere.items} >= {"a", "b"}


async def test_a_list_that_need_not_be_fresh_shows_what_was_written_before(under_test: ClusterUnderTest) -> None:
    cluster, namespace = under_test.cluster, under_test.namespace
    for number in range(10):
        made = await cluster.apply(config_map(f"m{number}", namespace), manager="fairlead")
        await cluster.patch(object_ref(made), [{"op": "add", "path": "/data", "value": {"n": "1"}}], manager="fairlead")
        shown = await cluster.list(CONFIG_MAPS, namespace, label_selector=f"app=m{number}", fresh=False)
        assert [one.get("data") for one in shown.items] == [{"n": "1"}]
        bare = await cluster.list_metadata(CONFIG_MAPS, namespace, label_selector=f"app=m{number}", fresh=False)
        assert len(bare.items) == 1


async def test_secrets_are_listed_without_records(under_test: ClusterUnderTest) -> None:
    cluster, namespace = under_test.cluster, under_test.namespace
    for name, kind in (("a", "Opaque"), ("b", "helm.sh/release.v1")):
        meta = {"name": name, "namespace": namespace}
        await cluster.apply({"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": kind}, manager="fairlead")
    secrets = ApiKind("v1", "Secret", "secrets", namespaced=True)
    listing = await cluster.list(secrets, namespace, field_selector="type!=helm.sh/release.v1")
    assert [item["metadata"]["name"] for item in listing.items] == ["a"]


async def test_metadata_is_listed_without_the_rest(under_test: ClusterUnderTest) -> None:
    cluster, namespace = under_test.cluster, under_test.namespace
    made = [await cluster.apply(config_map(name, namespace, key="1"), manager="fairlead") for name in ("a", "b")]
    listing = await cluster.list_metadata(CONFIG_MAPS, namespace, label_selector="app=a")
    expected = {name: made[0][name] for name in ("apiVersion", "kind", "metadata")}
    assert listing.items == (expected,)
    assert listing.resource_version


async def test_a_watch_tells_what_happened_since_its_version(under_test: ClusterUnderTest) -> None:
    cluster, namespace = under_test.cluster, under_test.namespace
    before = await cluster.apply(config_map("a", namespace), manager="fairlead")
    listing = await cluster.list(CONFIG_MAPS, namespace)
    async with asyncio.timeout(30):
        events = cluster.watch(CONFIG_MAPS, namespace, resource_version=listing.resource_version)
        await cluster.apply(config_map("b", namespace), manager="fairlead")
        assert await _next(events, "b") is WatchType.ADDED
        await cluster.apply(config_map("b", namespace, key="1"), manager="fairlead")
        assert await _next(events, "b") is WatchType.MODIFIED
        await cluster.delete(object_ref(before), uid=before["metadata"]["uid"])
        assert await _next(events, "a") is WatchType.DELETED
        await _close(events)


async def test_a_watch_can_be_narrowed(under_test: ClusterUnderTest) -> None:
    cluster, namespace = under_test.cluster, under_test.namespace
    listing = await cluster.list(CONFIG_MAPS, namespace)
    async with asyncio.timeout(30):
        events = cluster.watch(
            CONFIG_MAPS, namespace, resource_version=listing.resource_version, field_selector="metadata.name=b"
        )
        await cluster.apply(config_map("a", namespace), manager="fairlead")
        await cluster.apply(config_map("b", namespace), manager="fairlead")
        event = await anext(events)
        assert event.object["metadata"]["name"] == "b"
        await _close(events)


async def test_facts_about_the_cluster(under_test: ClusterUnderTest) -> None:
    cluster = under_test.cluster
    facts = await cluster.capabilities()
    assert facts.kube_version.startswith("v1.")
    assert facts.complete
    assert {"v1", "apps/v1", "v1/ConfigMap", "apps/v1/Deployment"} <= set(facts.api_versions)
    kinds = {(kind.api_version, kind.kind): kind for kind in await cluster.kinds()}
    assert kinds["apps/v1", "Deployment"].plural == "deployments"
    assert kinds["apps/v1", "Deployment"].namespaced
    assert "patch" in kinds["v1", "ConfigMap"].verbs
    assert not kinds["v1", "Namespace"].namespaced
    assert await cluster.uid() == await cluster.uid()


async def test_kinds_of_a_new_crd_are_found(under_test: ClusterUnderTest) -> None:
    cluster, namespace = under_test.cluster, under_test.namespace
    await cluster.kinds()
    crd = await cluster.apply(_crd(), manager="fairlead")
    widget = {"apiVersion": "test.fairlead.dev/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": namespace}}
    await _until_served(cluster, ("test.fairlead.dev/v1", "Widget"))
    made = await cluster.apply({**widget, "spec": {"size": 1}}, manager="fairlead")
    assert made["spec"] == {"size": 1}
    assert await cluster.delete(object_ref(crd), uid=crd["metadata"]["uid"])


async def test_logs_of_no_pod_are_empty(under_test: ClusterUnderTest) -> None:
    pod = ObjectRef("v1", "Pod", under_test.namespace, "none")
    assert await under_test.cluster.logs(pod, container="c", previous=False, tail=10) == ""


async def test_no_document_for_what_is_not_served(under_test: ClusterUnderTest) -> None:
    assert await under_test.cluster.openapi("example.org/v1") is None


def _pinned(manifest: dict[str, Any], live: LiveObject) -> dict[str, Any]:
    pins = {name: live["metadata"][name] for name in ("uid", "resourceVersion")}
    return {**manifest, "metadata": {**manifest["metadata"], **pins}}


async def _next(events: AsyncIterator[WatchEvent], name: str) -> WatchType:
    async for event in events:
        if event.object["metadata"].get("name") == name:
            return event.type
    raise AssertionError("the watch ended")


async def _close(events: AsyncIterator[WatchEvent]) -> None:
    close = getattr(events, "aclose", None)
    assert close is not None
    await close()


async def _until_served(cluster: Cluster, wanted: tuple[str, str]) -> None:
    async with asyncio.timeout(30):
        while wanted not in {(kind.api_version, kind.kind) for kind in await cluster.kinds(fresh=True)}:
            pass


def _crd() -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
    }
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.test.fairlead.dev"},
        "spec": {"group": "test.fairlead.dev", "scope": "Namespaced", "names": names, "versions": [version]},
    }
