from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.autoscaling import has_replicas, identity, scaled_by

HPA: dict[str, Any] = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "a", "namespace": "shop"},
    "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
}
WEB = ("apps", "Deployment", "shop", "web")


@pytest.mark.parametrize(
    ("change", "targets"),
    [
        ({}, {WEB}),
        ({"apiVersion": "autoscaling/v1"}, {WEB}),
        (
            {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "spec": {"scaleTargetRef": {"name": "web"}}},
            {WEB},
        ),
        ({"apiVersion": "example.com/v1"}, set()),
        ({"kind": "Deployment"}, set()),
        ({"spec": {}}, set()),
        ({"spec": None}, set()),
    ],
)
def test_what_autoscalers_target(change: dict[str, Any], targets: set[tuple[str, ...]]) -> None:
    assert scaled_by([{**HPA, **change}]) == targets


def test_identity_ignores_the_version() -> None:
    web = {"apiVersion": "apps/v1beta1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}
    assert identity(web) == WEB


@pytest.mark.parametrize(("obj", "has"), [({"spec": {"replicas": 0}}, True), ({"spec": {}}, False), ({}, False)])
def test_has_replicas(obj: dict[str, Any], has: bool) -> None:
    assert has_replicas(obj) is has
