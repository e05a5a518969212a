"""Who owns what, read from entries as kube-apiserver 1.36 writes them."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain import managed_fields

OURS: dict[str, Any] = {
    "f:metadata": {"f:annotations": {"f:fairlead.dev/release": {}}, "f:labels": {".": {}, "f:app": {}}},
    "f:spec": {
        "f:replicas": {},
        "f:selector": {},
        "f:template": {
            "f:spec": {
                "f:containers": {
                    'k:{"name":"web"}': {
                        ".": {},
                        "f:image": {},
                        "f:name": {},
                        "f:args": {},
                        "f:resources": {"f:limits": {"f:cpu": {}}},
                        "f:ports": {
                            ".": {},
                            'k:{"containerPort":80,"protocol":"TCP"}': {".": {}, "f:containerPort": {}},
                        },
                    }
                }
            }
        },
    },
}

LIVE: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "web",
        "namespace": "shop",
        "labels": {"app": "web", "added": "by hand"},
        "annotations": {"fairlead.dev/release": "shop/web", "deployment.kubernetes.io/revision": "1"},
        "finalizers": ["a", "b"],
        "managedFields": [
            {"manager": "fairlead", "operation": "Apply", "apiVersion": "apps/v1", "fieldsV1": OURS},
            {
                "manager": "kubectl-edit",
                "operation": "Update",
                "apiVersion": "apps/v1",
                "fieldsV1": {"f:metadata": {"f:finalizers": {'v:"b"': {}}, "f:labels": {"f:added": {}}}},
            },
            {
                "manager": "kube-controller-manager",
                "operation": "Update",
                "subresource": "scale",
                "apiVersion": "apps/v1",
                "fieldsV1": {"f:spec": {"f:replicas": {}}},
            },
            {
                "manager": "kube-controller-manager",
                "operation": "Update",
                "subresource": "status",
                "apiVersion": "apps/v1",
                "fieldsV1": {"f:status": {"f:replicas": {}}},
            },
        ],
    },
    "spec": {
        "replicas": 3,
        "selector": {"matchLabels": {"app": "web"}},
        "strategy": {"type": "RollingUpdate"},
        "template": {
            "spec": {
                "containers": [
                    {"name": "injected", "image": "mesh:1"},
                    {
                        "name": "web",
                        "image": "web:1",
                        "args": ["a", "b"],
                        "imagePullPolicy": "IfNotPresent",
                        "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
                        "ports": [{"containerPort": 80, "protocol": "TCP"}, {"containerPort": 81, "protocol": "TCP"}],
                    },
                ],
                "restartPolicy": "Always",
            }
        },
    },
    "status": {"replicas": 3},
}

WEB = ("spec", "template", "spec", "containers", "1")


def test_owned_part_is_exactly_what_was_applied() -> None:
    fields = managed_fields.applied_fields(LIVE, "fairlead")
    assert fields is not None
    assert managed_fields.owned_part(LIVE, fields) == {
        "metadata": {"annotations": {"fairlead.dev/release": "shop/web"}, "labels": {"app": "web"}},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "spec": {
                    "containers": [
                        {
                            "name": "web",
                            "image": "web:1",
                            "args": ["a", "b"],
                            "resources": {"limits": {"cpu": "1"}},
                            "ports": [{"containerPort": 80}],
                        }
                    ]
                }
            },
        },
    }


@pytest.mark.parametrize(
    "change", [{"operation": "Update"}, {"manager": "x"}, {"subresource": "scale"}, {"apiVersion": "v2"}]
)
def test_only_our_own_apply_entry_in_this_version_counts(change: dict[str, str]) -> None:
    entry = {**LIVE["metadata"]["managedFields"][0], **change}
    live = {**LIVE, "metadata": {**LIVE["metadata"], "managedFields": [entry]}}
    assert managed_fields.applied_fields(live, "fairlead") is None


def test_an_object_without_managed_fields_has_no_owners() -> None:
    bare = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "empty"}}
    assert managed_fields.applied_fields(bare, "fairlead") is None
    assert managed_fields.managers(bare) == frozenset()


@pytest.mark.parametrize(
    ("steps", "owned"),
    [
        (("spec", "replicas"), True),
        (("spec", "selector", "matchLabels", "app"), True),  # inside a value owned as a whole
        ((*WEB, "image"), True),
        ((*WEB, "ports", "0", "containerPort"), True),
        ((*WEB, "ports", "1"), False),
        ((*WEB, "imagePullPolicy"), False),
        (("spec", "template", "spec", "containers", "0", "image"), False),
        (("spec", "template", "spec", "containers", "9"), False),
        (("spec", "template", "spec", "containers", "name"), False),
        (("spec", "strategy"), False),
        (("metadata", "labels", "app"), True),
        (("metadata", "labels", "added"), False),
    ],
)
def test_owns(steps: tuple[str, ...], owned: bool) -> None:
    assert managed_fields.owns(managed_fields.applied_fields(LIVE, "fairlead"), LIVE, steps) is owned
    assert not managed_fields.owns(None, LIVE, steps)


def test_other_owners_are_named_with_their_subresource() -> None:
    assert managed_fields.other_owners(LIVE, ("spec", "replicas"), "fairlead") == ("kube-controller-manager (scale)",)
    assert managed_fields.other_owners(LIVE, ("metadata", "labels", "added"), "fairlead") == ("kubectl-edit",)
    assert managed_fields.other_owners(LIVE, ("metadata", "labels", "app"), "helm") == ("fairlead",)
    assert managed_fields.other_owners(LIVE, ("metadata", "finalizers", "1"), "fairlead") == ("kubectl-edit",)
    assert managed_fields.other_owners(LIVE, ("metadata", "finalizers", "0"), "fairlead") == ()


def test_subresource_leaves_leave_the_status_out() -> None:
    assert list(managed_fields.subresource_leaves(LIVE)) == [("spec", "replicas")]


def test_sets_keep_only_our_members_in_live_order() -> None:
    fields: dict[str, Any] = {"f:metadata": {"f:finalizers": {'v:"b"': {}, 'v:"zzz"': {}}}}
    assert managed_fields.owned_part(LIVE, fields) == {"metadata": {"finalizers": ["b"]}}
    assert list(managed_fields.leaves(LIVE, fields)) == [("metadata", "finalizers", "1")]


def test_a_scalar_where_we_once_had_a_structure_is_taken_whole() -> None:
    live = {"spec": {"port": "named"}}
    assert managed_fields.owned_part(live, {"f:spec": {"f:port": {"f:number": {}}}}) == {"spec": {"port": "named"}}


def test_leaves_name_values_by_their_place_in_the_live_object() -> None:
    fields = managed_fields.applied_fields(LIVE, "fairlead")
    assert fields is not None
    found = set(managed_fields.leaves(LIVE, fields))
    assert (*WEB, "image") in found
    assert (*WEB, "ports", "0", "containerPort") in found
    assert ("spec", "selector") in found
    assert ("metadata", "labels", "added") not in found


@pytest.mark.parametrize(
    ("manager", "expected"), [("fairlead", True), ("kube-controller-manager", True), ("kubectl-edit", False)]
)
def test_who_wrote_a_value_in_whatever_way(manager: str, *, expected: bool) -> None:
    assert managed_fields.is_written_by(LIVE, ("spec", "replicas"), manager) is expected
