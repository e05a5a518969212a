from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.identity import ReleaseKey
from fairlead.domain.marks import Foreign, Nobodys, Ours, Ownership, field_manager, marked, ownership, unmarked

KEY = ReleaseKey("test", "c", "shop", "web")
HELM = {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"}


def _obj(labels: dict[str, str] | None = None, annotations: dict[str, str] | None = None, manager: str = "x") -> Any:
    meta = {"name": "a", "labels": labels, "annotations": annotations, "managedFields": [{"manager": manager}]}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}


def test_a_chart_object_carries_exactly_helms_marks() -> None:
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": {"x": "y"}}}
    assert marked(obj, KEY, is_chart=True)["metadata"] == {
        "name": "a",
        "labels": {"x": "y", "app.kubernetes.io/managed-by": "Helm"},
        "annotations": HELM,
    }
    assert obj["metadata"] == {"name": "a", "labels": {"x": "y"}}


def test_any_other_object_carries_one_annotation() -> None:
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "annotations": {"x": "y"}}}
    assert marked(obj, KEY, is_chart=False)["metadata"] == {
        "name": "a",
        "annotations": {"x": "y", "fairlead.dev/release": "shop/web"},
    }


@pytest.mark.parametrize("is_chart", [True, False])
def test_our_own_marks_make_an_object_ours(is_chart: bool) -> None:
    assert ownership(marked(_obj(), KEY, is_chart=is_chart), KEY, is_chart=is_chart) == Ours()


@pytest.mark.parametrize(
    ("live", "is_chart", "expected"),
    [
        (_obj(), False, Nobodys()),
        (_obj({"app.kubernetes.io/managed-by": "Helm"}), True, Nobodys()),
        (_obj(annotations={"fairlead.dev/release": "shop/other"}), False, Foreign("Fairlead release shop/other")),
        (_obj(annotations=HELM), False, Foreign("Helm release shop/web")),
        (_obj(annotations={**HELM, "meta.helm.sh/release-name": "b"}), True, Foreign("Helm release shop/b")),
        (_obj({"argocd.argoproj.io/instance": "app"}), False, Foreign("Argo CD application app")),
        (_obj(annotations={"argocd.argoproj.io/tracking-id": "t"}), True, Foreign("Argo CD application t")),
        (
            _obj({"helm.toolkit.fluxcd.io/name": "w", "helm.toolkit.fluxcd.io/namespace": "n"}, HELM),
            True,
            Foreign("Flux HelmRelease n/w"),
        ),
        (_obj({"kustomize.toolkit.fluxcd.io/name": "k"}), False, Foreign("Flux Kustomization k")),
        (_obj({"kapp.k14s.io/app": "17"}), False, Foreign("kapp app 17")),
        (_obj(manager="argocd-controller"), False, Foreign("Argo CD")),
    ],
)
def test_ownership(live: Any, is_chart: bool, expected: Ownership) -> None:
    assert ownership(live, KEY, is_chart=is_chart) == expected


def test_charts_share_helms_field_manager() -> None:
    assert (field_manager(is_chart=True), field_manager(is_chart=False)) == ("helm", "fairlead")


def test_the_mark_can_be_left_out() -> None:
    metadata = {"name": "a", "annotations": {"fairlead.dev/release": "team/web"}}
    assert unmarked({"kind": "A", "metadata": metadata}) == {"kind": "A", "metadata": {"name": "a"}}
    more = {"annotations": {"fairlead.dev/release": "team/web", "b": "c"}}
    assert unmarked({"metadata": more}) == {"metadata": {"annotations": {"b": "c"}}}
    assert unmarked({}) == {"metadata": {}}
