"""Which owned objects are deleted once they are not declared any more, and when a person must allow it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.changes import Action, Change, ReleasePlan
from fairlead.domain.identity import Commit, ObjectRef, ReleaseKey, Revision
from fairlead.domain.inventory import InventoryEntry
from fairlead.domain.marks import marked
from fairlead.domain.pruning import FEW, SHARE, blockers, guard, prune
from fairlead.domain.rendering import RenderedRelease

KEY = ReleaseKey("test", "c", "shop", "web")
SETTINGS = ObjectRef("v1", "ConfigMap", "shop", "settings")
ENTRY = InventoryEntry(SETTINGS, "u-1")


def _live(ref: ObjectRef = SETTINGS, uid: str = "u-1", **metadata: Any) -> dict[str, Any]:
    named = {"name": ref.name, "namespace": ref.namespace, "uid": uid, "resourceVersion": "7", **metadata}
    return {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": named}


def _by(manager: str) -> list[dict[str, Any]]:
    return [{"manager": manager, "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:data": {}}}]


OURS = marked(_live(), KEY, is_chart=False)
OURS_AS_CHART = marked(_live(), KEY, is_chart=True)
OF_OTHER_RELEASE = marked(_live(), ReleaseKey("test", "c", "shop", "api"), is_chart=False)
OF_OTHER_CHART = marked(_live(), ReleaseKey("test", "c", "shop", "api"), is_chart=True)


@pytest.mark.parametrize(
    ("live", "action"),
    [
        (None, None),
        (OURS, Action.DELETE),
        (OURS_AS_CHART, Action.DELETE),
        (_live(), Action.SKIP),
        ({**OURS, "metadata": {**OURS["metadata"], "uid": "u-2"}}, Action.SKIP),
        (OF_OTHER_RELEASE, Action.SKIP),
        (OF_OTHER_CHART, Action.SKIP),
        (_live(labels={"argocd.argoproj.io/instance": "shop"}), Action.SKIP),
        (_live(annotations={"kapp.k14s.io/app": "1"}), Action.SKIP),
        (_live(managedFields=_by("kustomize-controller")), Action.SKIP),
        (marked(_live(annotations={"helm.sh/resource-policy": " Keep"}), KEY, is_chart=True), Action.KEEP),
        (marked(_live(annotations={"helm.sh/resource-policy": "delete"}), KEY, is_chart=True), Action.DELETE),
    ],
)
def test_only_the_very_object_that_is_still_ours_is_deleted(live: dict[str, Any] | None, action: Action | None) -> None:
    found = prune(ENTRY, live, KEY)
    assert (found and found.action) == action
    if found is not None:
        assert found.is_pruning
        assert bool(found.reason) is (action is not Action.DELETE)


def test_a_deletion_is_bound_to_what_was_seen() -> None:
    found = prune(ENTRY, OURS, KEY)
    assert found is not None
    assert (found.uid, found.resource_version) == ("u-1", "7")


def test_without_pruning_nothing_goes() -> None:
    found = prune(ENTRY, OURS, KEY, enabled=False)
    assert found is not None
    assert found.action is Action.SKIP


def test_a_namespace_stays_while_it_holds_what_is_declared() -> None:
    ref = ObjectRef("v1", "Namespace", "", "shop")
    found = [
        prune(InventoryEntry(ref, "u-1"), marked(_live(ref), KEY, is_chart=False), KEY, namespaces_in_use=used)
        for used in ({"shop"}, {"other"})
    ]
    assert [change and change.action for change in found] == [Action.SKIP, Action.DELETE]


@given(
    uid=st.sampled_from(["u-1", "u-2", ""]),
    marks=st.dictionaries(
        st.sampled_from(["fairlead.dev/release", "meta.helm.sh/release-name", "kapp.k14s.io/app", "app"]),
        st.sampled_from(["shop/web", "web", "api", "other/web"]),
    ),
    manager=st.sampled_from(["fairlead", "helm", "argocd-controller", "kubectl-edit"]),
)
def test_labels_never_make_an_object_ours(uid: str, marks: dict[str, str], manager: str) -> None:
    live = _live(uid=uid, annotations=marks, labels=marks, managedFields=_by(manager))
    found = prune(ENTRY, live, KEY)
    assert found is not None
    if found.action is Action.DELETE:
        assert uid == ENTRY.uid
        assert manager != "argocd-controller"
        assert "kapp.k14s.io/app" not in marks
        assert marks.get("fairlead.dev/release") == "shop/web"


def _plan(*changes: Change, owned: int) -> ReleasePlan:
    revision = Revision(Commit(None, dirty=False), "i", "m")
    return ReleasePlan(KEY, revision, changes, RenderedRelease(KEY, "i", ()), owned=owned)


def _change(action: Action, kind: str = "ConfigMap", name: str = "a", api: str = "v1") -> Change:
    return Change(action, ObjectRef(api, kind, "shop", name))


@given(deleted=st.integers(0, 40), owned=st.integers(0, 100), kept=st.integers(0, 5))
def test_a_sudden_shrink_needs_a_person(deleted: int, owned: int, kept: int) -> None:
    changes = [_change(Action.DELETE, name=str(number)) for number in range(deleted)]
    changes += [_change(Action.KEEP, name=f"k{number}") for number in range(kept)]
    plan = _plan(*changes, owned=owned)
    assert (guard(plan) is not None) is (deleted > FEW and deleted > SHARE * owned)
    assert guard(plan, is_named=True) is None


@pytest.mark.parametrize(
    ("deleted", "owned", "guarded"),
    [(3, 3, False), (4, 4, True), (4, 13, True), (4, 14, False), (6, 20, False), (7, 20, True), (30, 100, False)],
)
def test_more_than_three_and_more_than_three_tenths_is_a_sudden_shrink(
    deleted: int, owned: int, *, guarded: bool
) -> None:
    changes = [_change(Action.DELETE, name=str(number)) for number in range(deleted)]
    assert (guard(_plan(*changes, owned=owned)) is not None) is guarded


@pytest.mark.parametrize(
    ("kind", "api", "guarded"),
    [
        ("Namespace", "v1", True),
        ("PersistentVolumeClaim", "v1", True),
        ("PersistentVolume", "v1", True),
        ("CustomResourceDefinition", "apiextensions.k8s.io/v1", True),
        ("ConfigMap", "v1", False),
        ("Namespace", "example.com/v1", False),
    ],
)
@pytest.mark.parametrize("action", list(Action))
def test_what_holds_data_needs_a_person_for_each_one(kind: str, api: str, guarded: bool, action: Action) -> None:
    plan = _plan(_change(action, kind, api=api), owned=100)
    found = guard(plan)
    assert guard(plan, is_named=True) == found
    assert (found is not None) is (guarded and action in (Action.DELETE, Action.RECREATE))
    assert found is None or found.code == "guard"


def test_what_a_deletion_waits_for_is_named() -> None:
    condition = {"type": "NamespaceContentRemaining", "status": "True", "message": "pods. has 1 resource instances"}
    live = {**_live(finalizers=["example.com/a", "b"]), "status": {"conditions": [condition]}}
    assert "pods. has 1" in blockers(live)
    assert "example.com/a, b" in blockers(live)
    assert blockers(_live())
