"""Old deployers' fields become ours: which, when, and what of the object changes with them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.adopting import OLD_DEPLOYERS, migrated, union
from fairlead.domain.changes import Action, Unverified
from fairlead.domain.comparing import Candidate, Judge, compare
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.managed_fields import Fields, applied_fields, managers
from tests.fakes.fieldsets import from_v1, to_v1

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
KEY = ReleaseKey("test", "c", "shop", "web")


def _entry(manager: str, fields: Fields, operation: str = "Update", api: str = "v1", sub: str = "") -> dict[str, Any]:
    entry = {"manager": manager, "operation": operation, "apiVersion": api, "fieldsV1": fields}
    return {**entry, "subresource": sub} if sub else entry


def _live(*entries: dict[str, Any], kind: str = "ConfigMap", **metadata: Any) -> dict[str, Any]:
    named = {"name": "a", "namespace": "shop", "uid": "u-1", "resourceVersion": "7", "managedFields": list(entries)}
    return {"apiVersion": "v1", "kind": kind, "metadata": {**named, **metadata}, "data": {"a": "1", "b": "2"}}


A: Fields = {"f:data": {".": {}, "f:a": {}}}
B: Fields = {"f:data": {"f:b": {}}}


@pytest.mark.parametrize("deployer", sorted(OLD_DEPLOYERS))
def test_the_fields_of_an_old_deployer_become_ours(deployer: str) -> None:
    found = migrated(_live(_entry(deployer, A), _entry("kubectl-edit", B)), "fairlead")
    assert found is not None
    assert applied_fields(found, "fairlead") == A
    assert managers(found) == {"fairlead", "kubectl-edit"}
    assert found["data"] == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [_entry("kubectl-edit", A)],
        [_entry("kube-controller-manager", A)],
        [_entry("helm", A, sub="status")],
        [_entry("kubectl", A, operation="Apply")],
        # What a deployer of today applies is its own, whatever its name.
        *([_entry(deployer, A, operation="Apply")] for deployer in sorted(OLD_DEPLOYERS)),
        # After first contact, what others do is theirs.
        [_entry("fairlead", A, operation="Apply"), _entry("kubectl-client-side-apply", B)],
    ],
)
def test_nothing_else_is_taken(entries: list[dict[str, Any]]) -> None:
    assert migrated(_live(*entries), "fairlead") is None


def test_helm_3_hands_over_to_the_manager_of_the_same_name() -> None:
    found = migrated(_live(_entry("helm", A)), "helm")
    assert found is not None
    assert applied_fields(found, "helm") == A


def test_the_copy_of_kubectl_goes() -> None:
    fields: Fields = {**A, "f:metadata": {"f:annotations": {".": {}, f"f:{LAST_APPLIED}": {}, "f:note": {}}}}
    live = _live(_entry("kubectl-client-side-apply", fields), annotations={LAST_APPLIED: "{}", "note": "x"})
    found = migrated(live, "fairlead")
    assert found is not None
    assert found["metadata"]["annotations"] == {"note": "x"}
    ours = applied_fields(found, "fairlead") or {}
    assert ours["f:metadata"] == {"f:annotations": {".": {}, "f:note": {}}}


def test_what_stood_in_string_data_is_owned_in_data() -> None:
    live = _live(_entry("fairlead", {"f:stringData": {"f:a": {}}, **B}, operation="Apply"), kind="Secret")
    found = migrated(live, "fairlead")
    assert found is not None
    assert from_v1(dict(applied_fields(found, "fairlead") or {})) == {("f:data", "f:a"), ("f:data", "f:b")}
    assert migrated({**live, "kind": "ConfigMap"}, "fairlead") is None


def test_paths_of_another_version_are_not_guessed() -> None:
    found = migrated(_live(_entry("helm", A), _entry("kubectl-create", B, api="v1beta1")), "fairlead")
    assert found is not None
    assert applied_fields(found, "fairlead") == A
    assert managers(found) == {"fairlead"}


def test_taking_over_removes_the_marks_and_entries_of_the_owner() -> None:
    marks: dict[str, Any] = {
        "labels": {"argocd.argoproj.io/instance": "x", "app": "a"},
        "annotations": {"kapp.k14s.io/app": "1"},
    }
    live = _live(_entry("argocd-controller", A, operation="Apply"), _entry("kubectl-edit", B), **marks)
    assert migrated(live, "fairlead") is None
    found = migrated(live, "fairlead", taking=True)
    assert found is not None
    assert (found["metadata"]["labels"], found["metadata"]["annotations"]) == ({"app": "a"}, {})
    assert managers(found) == {"fairlead", "kubectl-edit"}


def test_afterwards_there_is_nothing_left_to_take() -> None:
    found = migrated(_live(_entry("helm", A), _entry("kubectl-create", B)), "fairlead")
    assert found is not None
    assert migrated(found, "fairlead") is None


PATHS = st.frozensets(st.sampled_from([("f:data", "f:a"), ("f:data", "f:b"), ("f:data", "."), ("f:spec",)]))


@given(PATHS, PATHS)
def test_a_union_owns_what_either_owns(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> None:
    assert from_v1(dict(union(to_v1(one), to_v1(other)))) == one | other


def test_a_value_that_is_owned_as_a_whole_stays_so() -> None:
    assert union({"f:data": {}}, {"f:data": {"f:a": {}}}) == {"f:data": {".": {}, "f:a": {}}}


def test_without_a_dry_run_the_removed_field_is_computed() -> None:
    declared = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "shop"}}
    live = _live(_entry("kubectl-client-side-apply", union(A, B)))
    found = compare({**declared, "data": {"a": "1"}}, live, Judge(KEY, is_chart=False))
    assert isinstance(found, Candidate)
    change = found.unverified(Unverified.FORBIDDEN)
    assert (change.action, change.reason, change.is_adoption) == (Action.UPDATE, "adopt", True)
    assert ("/data/b", None) in [(field.path, field.new) for field in change.fields]


def test_the_item_of_a_list_that_nobody_declares_goes_as_a_whole() -> None:
    def web(*env: str) -> dict[str, Any]:
        container = {"name": "web", "image": "a:1", "env": [{"name": name, "value": "1"} for name in env]}
        named = {"name": "a", "namespace": "shop", "uid": "u-1", "resourceVersion": "7"}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": named, "spec": {"containers": [container]}}

    owned: Fields = {
        'k:{"name":"A"}': {".": {}, "f:name": {}, "f:value": {}},
        'k:{"name":"B"}': {".": {}, "f:value": {}},
    }
    fields: Fields = {"f:spec": {"f:containers": {'k:{"name":"web"}': {".": {}, "f:env": owned}}}}
    live = web("A", "B")
    live["metadata"]["managedFields"] = [_entry("kubectl-client-side-apply", fields)]
    found = compare(web("A"), live, Judge(KEY, is_chart=False))
    assert isinstance(found, Candidate)
    assert found.migrated is not None
    left = found.without_undeclared(web("A", "B"))
    assert left["spec"]["containers"][0]["env"] == [{"name": "A", "value": "1"}]
