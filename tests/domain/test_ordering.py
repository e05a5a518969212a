from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.changes import Action, Change
from fairlead.domain.identity import ObjectRef
from fairlead.domain.ordering import LAST_WAVE, defined_kinds, deletion_order, ordered, wave


def _ref(api_version: str, kind: str, name: str = "x", namespace: str = "") -> ObjectRef:
    return ObjectRef(api_version, kind, namespace, name)


CRD: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "spec": {"group": "example.com", "names": {"kind": "Widget"}, "scope": "Cluster"},
}


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (_ref("v1", "Namespace"), _ref("v1", "ServiceAccount")),
        (_ref("v1", "ServiceAccount"), _ref("v1", "Secret")),
        (_ref("rbac.authorization.k8s.io/v1", "Role"), _ref("rbac.authorization.k8s.io/v1", "RoleBinding")),
        (_ref("v1", "ConfigMap"), _ref("v1", "Service")),
        (_ref("v1", "Service"), _ref("apps/v1", "Deployment")),
        (_ref("apps/v1", "Deployment"), _ref("networking.k8s.io/v1", "Ingress")),
        (_ref("networking.k8s.io/v1", "Ingress"), _ref("example.com/v1", "Widget")),
        (_ref("v1", "Service"), _ref("serving.knative.dev/v1", "Service")),
    ],
)
def test_waves_follow_helms_order(earlier: ObjectRef, later: ObjectRef) -> None:
    assert wave(earlier) < wave(later)


def test_what_does_not_depend_on_each_other_shares_a_wave() -> None:
    assert wave(_ref("v1", "ConfigMap")) == wave(_ref("v1", "Secret"))
    assert wave(_ref("example.com/v1", "Widget")) == LAST_WAVE


def test_changes_are_written_in_one_order_and_deleted_in_the_reverse() -> None:
    refs = [
        _ref("example.com/v1", "Widget"),
        _ref("apps/v1", "Deployment", "b"),
        _ref("v1", "ConfigMap"),
        _ref("apps/v1", "Deployment", "a"),
        _ref("v1", "Namespace"),
        _ref("v1", "Secret"),
    ]
    changes = ordered(Change(Action.CREATE, ref) for ref in refs)
    kinds = [(change.ref.kind, change.ref.name) for change in changes]
    assert kinds == [
        ("Namespace", "x"),
        ("Secret", "x"),
        ("ConfigMap", "x"),
        ("Deployment", "a"),
        ("Deployment", "b"),
        ("Widget", "x"),
    ]
    assert deletion_order(changes) == changes[::-1]


def test_what_a_definition_adds() -> None:
    assert defined_kinds(CRD) == {("example.com", "Widget")}
    assert defined_kinds({"kind": "CustomResourceDefinition", "spec": {}}) == frozenset()
    assert defined_kinds({"kind": "Deployment"}) == frozenset()
