"""What is asked, word by word."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from fairlead.adapters.kubernetes import requests
from fairlead.adapters.kubernetes.requests import ApiRequest, Page, Selection
from fairlead.domain.errors import InputError
from fairlead.domain.identity import ObjectRef
from fairlead.ports.cluster import ApiKind

MAPS = ApiKind("v1", "ConfigMap", "configmaps", namespaced=True)
ROLES = ApiKind("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", namespaced=False)
DEPLOYMENTS = ApiKind("apps/v1", "Deployment", "deployments", namespaced=True)
MAP = ObjectRef("v1", "ConfigMap", "shop", "a")


def query(request: ApiRequest) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.target).query).items()}


@pytest.mark.parametrize(
    ("kind", "ref", "path"),
    [
        (MAPS, MAP, "/api/v1/namespaces/shop/configmaps/a"),
        (
            DEPLOYMENTS,
            ObjectRef("apps/v1", "Deployment", "shop", "web"),
            "/apis/apps/v1/namespaces/shop/deployments/web",
        ),
        (
            ROLES,
            ObjectRef("rbac.authorization.k8s.io/v1", "ClusterRole", "", "system:node"),
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode",
        ),
        (
            ROLES,
            ObjectRef("rbac.authorization.k8s.io/v1", "ClusterRole", "ignored", "a"),
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/a",
        ),
        (MAPS, ObjectRef("v1", "ConfigMap", "shop", "../x?y#z"), "/api/v1/namespaces/shop/configmaps/..%2Fx%3Fy%23z"),
    ],
)
def test_paths(kind: ApiKind, ref: ObjectRef, path: str) -> None:
    assert requests.get(kind, ref).target == path


@pytest.mark.parametrize(("namespace", "name"), [("shop", ""), ("shop", ".."), ("..", "a"), ("shop", ".")])
def test_names_cannot_lead_to_other_objects(namespace: str, name: str) -> None:
    with pytest.raises(InputError) as caught:
        requests.delete(MAPS, ObjectRef("v1", "ConfigMap", namespace, name), uid="u", resource_version=None)
    assert caught.value.code == "nameInvalid"


def test_a_page_asks_for_what_is_selected() -> None:
    first = requests.list_page(MAPS, Selection("shop", "a in (b,c)", "type!=x/y"), Page())
    assert urlsplit(first.target).path == "/api/v1/namespaces/shop/configmaps"
    assert query(first) == {"labelSelector": "a in (b,c)", "fieldSelector": "type!=x/y", "limit": "500"}
    assert "+" not in first.target
    later = requests.list_page(MAPS, Selection(), Page("t/=", least="7"))
    assert urlsplit(later.target).path == "/api/v1/configmaps"
    assert query(later) == {"limit": "500", "continue": "t/="}


def test_an_apply_carries_the_object_as_json() -> None:
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    request = requests.apply(MAPS, MAP, manifest, manager="helm", dry_run=False, force=True)
    assert request.method == "PATCH"
    assert request.headers["Content-Type"] == "application/apply-patch+yaml"
    assert orjson.loads(request.body or b"") == manifest
    assert query(request) == {"fieldManager": "helm", "fieldValidation": "Strict", "force": "true"}
    tried = requests.apply(MAPS, MAP, manifest, manager="fairlead", dry_run=True, force=False)
    assert query(tried) == {"fieldManager": "fairlead", "fieldValidation": "Strict", "dryRun": "All"}


def test_what_yaml_does_not_take_as_it_is_is_escaped() -> None:
    data = {"odd": "\x01\x7f\x80\x85\x9f\ufeff\ufffe\uffff", "plain": "ü\u2028\U0001f600"}
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data}
    body = requests.apply(MAPS, MAP, manifest, manager="helm", dry_run=False, force=True).body or b""
    assert orjson.loads(body) == manifest
    assert rb"\u0001\u007f\u0080\u0085\u009f\ufeff\ufffe\uffff" in body
    assert "ü\u2028\U0001f600".encode() in body


def test_a_patch_says_what_it_expects_and_hides_what_may_be_secret() -> None:
    operations = [{"op": "replace", "path": "/data/a", "value": "aHVudGVyMg=="}]
    request = requests.patch(MAPS, MAP, operations, manager="fairlead")
    assert (request.method, request.headers["Content-Type"]) == ("PATCH", "application/json-patch+json")
    assert orjson.loads(request.body or b"") == operations
    assert query(request) == {"fieldManager": "fairlead", "fieldValidation": "Strict"}
    assert not request.secrets
    secret = replace(MAP, kind="Secret")
    assert "hunter2" in requests.patch(MAPS, secret, operations, manager="fairlead").secrets


@pytest.mark.parametrize("version", [None, "7"])
def test_a_deletion_names_its_one_object(version: str | None) -> None:
    request = requests.delete(MAPS, MAP, uid="u", resource_version=version)
    body = orjson.loads(request.body or b"")
    assert request.method == "DELETE"
    assert body["preconditions"] == {"uid": "u", **({"resourceVersion": "7"} if version else {})}
    assert body["propagationPolicy"] == "Background"


def test_a_watch_resumes_and_ends_by_itself() -> None:
    request = requests.watch(MAPS, Selection("shop", fields="metadata.name=a"), version="7", seconds=40)
    assert query(request) == {
        "watch": "1",
        "allowWatchBookmarks": "true",
        "resourceVersion": "7",
        "timeoutSeconds": "40",
        "fieldSelector": "metadata.name=a",
    }


@pytest.mark.parametrize("previous", [True, False])
def test_logs_are_bounded(previous: bool) -> None:
    pod = ObjectRef("v1", "Pod", "shop", "web-1")
    request = requests.logs(pod, container="web", previous=previous, tail=20)
    assert urlsplit(request.target).path == "/api/v1/namespaces/shop/pods/web-1/log"
    named = {"container": "web", "tailLines": "20", "limitBytes": str(requests.LOG_BYTES)}
    assert query(request) == {**named, **({"previous": "true"} if previous else {})}


def test_secret_values_are_known_in_every_form() -> None:
    manifest = {
        "kind": "Secret",
        "metadata": {"name": "a"},
        "data": {"a": "aHVudGVyMg==", "b": "not base64!", "c": 12345, "e": [{"f": "deep"}]},
        "stringData": {"d": "clear"},
    }
    request = requests.apply(MAPS, MAP, manifest, manager="m", dry_run=False, force=True)
    assert set(request.secrets) == {"aHVudGVyMg==", "hunter2", "not base64!", "12345", "deep", "clear", "Y2xlYXI="}
    assert "hunter2" not in repr(request)
    harmless = requests.apply(
        MAPS, MAP, {"kind": "ConfigMap", "data": {"a": "b"}}, manager="m", dry_run=False, force=True
    )
    assert harmless.secrets == ()
