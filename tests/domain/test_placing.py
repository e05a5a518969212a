from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.errors import InputError
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.manifests import Manifest
from fairlead.domain.placing import check_objects, place, scopes_of

KEY = ReleaseKey("test", "c", "shop", "web")
CRD: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "x"},
    "spec": {"group": "example.com", "names": {"kind": "Widget"}, "scope": "Cluster"},
}
SCOPES = scopes_of([("v1", "ConfigMap", True), ("v1", "Node", False)], [CRD, {"kind": "Pod"}])


def _manifest(api_version: str, kind: str, **metadata: Any) -> Manifest:
    return Manifest({"apiVersion": api_version, "kind": kind, "metadata": metadata or None}, "a.yaml", 7)


@pytest.mark.parametrize(
    ("manifest", "namespace"),
    [
        (_manifest("v1", "ConfigMap", name="a"), "shop"),
        (_manifest("v1", "ConfigMap", name="a", namespace="other"), "other"),
        (_manifest("v1", "Node", name="a", namespace="other"), ""),
        (_manifest("example.com/v1", "Widget", name="a", namespace="other"), ""),
        (_manifest("unknown.io/v1", "Thing", name="a"), "shop"),
    ],
)
def test_objects_stand_where_their_scope_demands(manifest: Manifest, namespace: str) -> None:
    assert place(manifest, KEY, SCOPES).ref.namespace == namespace


def test_what_is_served_wins_over_a_definition() -> None:
    assert scopes_of([("example.com/v1", "Widget", True)], [CRD])["example.com", "Widget"] is True


@pytest.mark.parametrize(
    ("manifest", "code"),
    [
        (_manifest("", "ConfigMap", name="a"), "objectIncomplete"),
        (_manifest("v1", "ConfigMap"), "objectIncomplete"),
        (_manifest("v1", "ConfigMap", generateName="a-"), "generateName"),
    ],
)
def test_objects_without_an_identity_are_errors_with_their_place(manifest: Manifest, code: str) -> None:
    with pytest.raises(InputError) as caught:
        check_objects([(KEY, place(manifest, KEY, SCOPES))])
    (problem,) = caught.value.problems
    assert (problem.code, problem.file, problem.line) == (code, "a.yaml", 7)


def test_an_object_stands_only_once_in_a_cluster() -> None:
    one, other = (place(_manifest("v1", "ConfigMap", name="a"), KEY, SCOPES) for _ in range(2))
    elsewhere = ReleaseKey("test", "d", "shop", "web")
    check_objects([(KEY, one), (elsewhere, other)])
    with pytest.raises(InputError) as caught:
        check_objects([(KEY, one), (KEY, other)])
    assert caught.value.code == "duplicateObject"


def test_two_versions_of_a_kind_are_the_same_object() -> None:
    one, other = (place(_manifest(f"apps/{v}", "Deployment", name="a"), KEY, SCOPES) for v in ("v1", "v1beta1"))
    with pytest.raises(InputError):
        check_objects([(KEY, one), (ReleaseKey("test", "c", "shop", "b"), other)])
