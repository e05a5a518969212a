"""Wanted against live, with a server-side apply in memory as the judge."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.autoscaling import identity
from fairlead.domain.changes import Action, Change, FieldChange, Unverified
from fairlead.domain.comparing import Candidate, Judge, compare, refreshed, unless_recorded
from fairlead.domain.errors import OperationFailed, Refused
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.inventory import Inventory, InventoryEntry
from fairlead.domain.marks import marked
from tests.fakes.ssa import applied, edited

KEY = ReleaseKey("test", "c", "shop", "web")
JUDGE = Judge(KEY, is_chart=False)

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
    "spec": {
        "replicas": 3,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"spec": {"containers": [{"name": "web", "image": "web:1", "env": [{"name": "A", "value": "1"}]}]}},
    },
}
SECRET: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "s", "namespace": "shop"},
    "stringData": {"a": "clear-1", "b": "clear-2"},
}


def _apply(obj: dict[str, Any], live: dict[str, Any] | None = None, manager: str = "fairlead") -> dict[str, Any]:
    new, managers = applied(live or {}, obj, manager, force=True)
    new["metadata"] |= {"managedFields": managers, "uid": "u-1", "resourceVersion": "7"}
    return new


def _edit(live: dict[str, Any], manager: str, **spec: Any) -> dict[str, Any]:
    new = deepcopy(live)
    new["spec"] |= spec
    new["metadata"]["managedFields"] = edited(live, new, manager)
    return new


def _live(obj: dict[str, Any], judge: Judge = JUDGE) -> dict[str, Any]:
    created = compare(obj, None, judge)
    assert isinstance(created, Change)
    assert created.desired is not None
    return _apply(dict(created.desired), manager=judge.manager)


def _judged(obj: dict[str, Any], live: dict[str, Any], judge: Judge = JUDGE) -> Change:
    """Do what the planner does, the dry run included."""
    found = compare(obj, live, judge)
    if isinstance(found, Change):
        return found
    assert found.change.desired is not None
    return found.judged(_apply(dict(found.change.desired), live, judge.manager))


def _changed(obj: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    new = deepcopy(obj)
    target: Any = new
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return new


def test_a_missing_object_is_created_with_the_marks_of_its_release() -> None:
    change = compare(DEPLOYMENT, None, JUDGE)
    assert isinstance(change, Change)
    assert (change.action, change.verified, change.unverified_reason) == (Action.CREATE, False, Unverified.CREATE)
    assert change.desired == marked(DEPLOYMENT, KEY, is_chart=False)
    assert (change.uid, change.live_digest, change.manager) == (None, None, "fairlead")


@pytest.mark.parametrize("judge", [JUDGE, Judge(KEY, is_chart=True)])
@pytest.mark.parametrize("obj", [DEPLOYMENT, SECRET])
def test_what_was_applied_is_kept_without_asking_the_server(obj: dict[str, Any], judge: Judge) -> None:
    change = compare(obj, _live(obj, judge), judge)
    assert isinstance(change, Change)
    assert (change.action, change.fields, change.verified) == (Action.KEEP, (), True)
    assert (change.uid, change.resource_version) == ("u-1", "7")


LEAVES: list[tuple[str | int, ...]] = [
    ("metadata", "labels", "app"),
    ("spec", "replicas"),
    ("spec", "template", "spec", "containers", 0, "image"),
    ("spec", "template", "spec", "containers", 0, "env", 0, "value"),
]


@given(st.sampled_from(LEAVES), st.text(min_size=1, max_size=9))
def test_changing_one_field_shows_exactly_that_field(path: tuple[str | int, ...], value: str) -> None:
    change = _judged(_changed(DEPLOYMENT, path, value), _live(DEPLOYMENT))
    old: Any = DEPLOYMENT
    for step in path:
        old = old[step]
    if old == value:
        assert change.action is Action.KEEP
    else:
        pointer = "".join(f"/{step}" for step in path)
        assert (change.action, change.fields) == (Action.UPDATE, (FieldChange(pointer, old, value),))


def test_a_field_that_was_dropped_from_the_source_goes_away() -> None:
    wanted = deepcopy(DEPLOYMENT)
    del wanted["spec"]["replicas"]
    assert _judged(wanted, _live(DEPLOYMENT)).fields == (FieldChange("/spec/replicas", 3, None),)


def test_an_edit_by_someone_else_is_taken_back_and_names_them() -> None:
    live = _edit(_live(DEPLOYMENT), "kubectl-edit", replicas=9)
    assert _judged(DEPLOYMENT, live).fields == (FieldChange("/spec/replicas", 9, 3, "kubectl-edit"),)


def test_what_others_added_is_none_of_our_business() -> None:
    live = _edit(_live(DEPLOYMENT), "kubectl-edit", paused=True)
    assert _judged(DEPLOYMENT, live).action is Action.KEEP


def test_a_quantity_that_the_server_normalised_is_kept_after_the_dry_run() -> None:
    wanted = _changed(DEPLOYMENT, ("spec", "template", "spec", "containers", 0, "resources"), {"cpu": "1000m"})
    live = _live(wanted)
    live["spec"]["template"]["spec"]["containers"][0]["resources"]["cpu"] = "1"
    found = compare(wanted, live, JUDGE)
    assert isinstance(found, Candidate)
    kept = found.judged(live)
    assert kept.action is Action.KEEP
    assert kept.form is not None
    knowing = replace(JUDGE, forms=frozenset({kept.form}))
    again = compare(wanted, live, knowing)
    assert isinstance(again, Change)
    assert (again.action, again.form) == (Action.KEEP, kept.form)


@pytest.mark.parametrize(
    "edit",
    [
        lambda live: live["spec"]["template"]["spec"]["containers"][0].update(image="web:2"),
        lambda live: live["metadata"].update(managedFields=edited(live, {**live, "spec": {"replicas": 4}}, "someone")),
    ],
    ids=["another value", "another owner"],
)
def test_what_the_server_made_of_an_object_counts_only_while_it_stays_so(edit: Callable[[Any], None]) -> None:
    wanted = _changed(DEPLOYMENT, ("spec", "template", "spec", "containers", 0, "resources"), {"cpu": "1000m"})
    live = _live(wanted)
    live["spec"]["template"]["spec"]["containers"][0]["resources"]["cpu"] = "1"
    found = compare(wanted, live, JUDGE)
    assert isinstance(found, Candidate)
    form = found.judged(live).form
    assert form is not None
    edit(live)
    assert isinstance(compare(wanted, live, replace(JUDGE, forms=frozenset({form}))), Candidate)


def test_an_object_of_nobody_is_adopted() -> None:
    live = _apply(DEPLOYMENT, manager="kubectl")
    change = _judged(DEPLOYMENT, live)
    assert (change.action, change.reason) == (Action.UPDATE, "adopt")
    assert change.fields == (FieldChange("/metadata/annotations", None, {"fairlead.dev/release": "shop/web"}),)


def test_taking_part_in_ownership_of_an_equal_value_is_a_change_that_says_so() -> None:
    live = _apply({**marked(DEPLOYMENT, KEY, is_chart=False)}, manager="other")
    change = _judged(DEPLOYMENT, live)
    assert (change.action, change.reason) == (Action.UPDATE, "ownership")
    assert FieldChange("/spec/replicas", 3, 3) in change.fields


def test_an_object_of_another_release_is_refused_unless_taken() -> None:
    live = _apply(marked(DEPLOYMENT, ReleaseKey("test", "c", "shop", "other"), is_chart=False))
    with pytest.raises(Refused) as caught:
        compare(DEPLOYMENT, live, JUDGE)
    assert caught.value.code == "foreignOwner"
    taken = _judged(DEPLOYMENT, live, Judge(KEY, is_chart=False, take_ownership=True))
    assert (taken.action, taken.reason) == (Action.UPDATE, "takeOwnership")


def test_replicas_under_an_autoscaler_are_kept() -> None:
    judge = Judge(KEY, is_chart=False, scaled=frozenset({identity(DEPLOYMENT)}))
    live = _live(DEPLOYMENT, judge)
    scaled = _edit(live, "kube-controller-manager", replicas=8)
    change = compare(DEPLOYMENT, scaled, judge)
    assert isinstance(change, Change)
    assert (change.action, change.reason, change.fields) == (Action.KEEP, "autoscaler", ())
    other = _judged(_changed(DEPLOYMENT, ("metadata", "labels", "app"), "x"), scaled, judge)
    assert [one.path for one in other.fields] == ["/metadata/labels/app"]


def test_the_digest_of_live_fields_ignores_what_is_left_alone() -> None:
    judge = Judge(KEY, is_chart=False, scaled=frozenset({identity(DEPLOYMENT)}))
    live = _live(DEPLOYMENT, judge)
    before, after = _judged(DEPLOYMENT, live, judge), _judged(DEPLOYMENT, _edit(live, "hpa", replicas=8), judge)
    assert (before.digest, before.live_digest) == (after.digest, after.live_digest)
    assert _judged(DEPLOYMENT, _edit(live, "hpa", paused=True)).live_digest == _judged(DEPLOYMENT, live).live_digest
    assert _judged(DEPLOYMENT, _edit(live, "x", replicas=8)).live_digest != _judged(DEPLOYMENT, live).live_digest


def test_secrets_are_masked_and_dropped_keys_show() -> None:
    wanted = {**SECRET, "stringData": {"a": "clear-9"}}
    change = _judged(wanted, _live(SECRET))
    assert [(one.path, one.old, one.new, one.equal) for one in change.fields] == [
        ("/data/a", "(secret)", "(secret)", False),
        ("/data/b", "(secret)", None, False),
    ]
    assert "clear" not in str(change.to_json())
    assert "Y2xlYX" not in str(change.to_json())


def test_without_a_dry_run_the_change_is_computed_and_says_so() -> None:
    wanted = _changed(DEPLOYMENT, ("spec", "replicas"), 5)
    del wanted["metadata"]["labels"]
    live = _edit(_live(DEPLOYMENT), "kubectl-edit", replicas=9)
    found = compare(wanted, live, JUDGE)
    assert isinstance(found, Candidate)
    change = found.unverified(Unverified.FORBIDDEN, "may not patch")
    assert (change.verified, change.unverified_reason, change.problem) == (False, Unverified.FORBIDDEN, "may not patch")
    assert change.fields == (
        FieldChange("/spec/replicas", 9, 5, "kubectl-edit"),
        FieldChange("/metadata/labels", {"app": "web"}, None),
    )


def test_a_dry_run_of_a_later_version_is_not_compared_with_an_earlier_look() -> None:
    live = _live(DEPLOYMENT)
    found = compare(_changed(DEPLOYMENT, ("spec", "replicas"), 5), live, JUDGE)
    assert isinstance(found, Candidate)
    assert not found.is_outdated(live)
    assert found.is_outdated({**live, "metadata": {**live["metadata"], "resourceVersion": "8"}})


def test_adopting_without_a_dry_run_shows_what_will_be_added() -> None:
    found = compare(DEPLOYMENT, _apply(DEPLOYMENT, manager="kubectl"), JUDGE)
    assert isinstance(found, Candidate)
    assert [one.path for one in found.unverified(Unverified.FORBIDDEN).fields] == ["/metadata/annotations"]


def test_an_object_that_moved_on_is_written_if_nothing_of_ours_changed() -> None:
    live = _live(DEPLOYMENT)
    change = _judged(_changed(DEPLOYMENT, ("spec", "replicas"), 5), live)
    moved = _edit(live, "hpa", paused=True)
    moved["metadata"]["resourceVersion"] = "9"
    assert refreshed(change, moved).resource_version == "9"


def test_our_own_write_whose_answer_was_lost_is_sent_again() -> None:
    live, wished = _live(DEPLOYMENT), _changed(DEPLOYMENT, ("spec", "replicas"), 5)
    change = _judged(wished, live)
    arrived = _apply(dict(change.desired or {}), live)
    arrived["metadata"]["resourceVersion"] = "9"
    assert refreshed(change, arrived).resource_version == "9"


@pytest.mark.parametrize("what", ["deleted", "made anew", "edited"])
def test_an_object_that_is_no_longer_what_was_planned_is_not_written(what: str) -> None:
    live = _live(DEPLOYMENT)
    change = _judged(_changed(DEPLOYMENT, ("spec", "replicas"), 5), live)
    edited_ = _edit(live, "kubectl-edit", replicas=7)
    anew = {**live, "metadata": {**live["metadata"], "uid": "u-2"}}
    with pytest.raises(OperationFailed) as caught:
        refreshed(change, {"deleted": None, "made anew": anew, "edited": edited_}[what])
    assert caught.value.code == "changedSincePlan"


def test_replicas_that_were_scaled_meanwhile_are_sent_as_they_are_now() -> None:
    judge = Judge(KEY, is_chart=False, scaled=frozenset({identity(DEPLOYMENT)}))
    live = _live(DEPLOYMENT, judge)
    change = _judged(_changed(DEPLOYMENT, ("metadata", "labels", "app"), "x"), live, judge)
    assert (change.desired or {})["spec"]["replicas"] == 3
    again = refreshed(change, _edit(live, "hpa", replicas=8))
    assert "replicas" not in (again.desired or {})["spec"]


def test_only_the_very_object_in_the_inventory_is_kept() -> None:
    kept = compare(DEPLOYMENT, _live(DEPLOYMENT), JUDGE)
    assert isinstance(kept, Change)
    assert kept.action is Action.KEEP
    owned = Inventory((InventoryEntry(kept.ref, "u-1"),))
    assert unless_recorded(kept, owned) is kept
    assert unless_recorded(kept, None) is kept
    for other in (Inventory(), Inventory((InventoryEntry(kept.ref, "u-2"),))):
        adopted = unless_recorded(kept, other)
        assert (adopted.action, adopted.reason, adopted.desired) == (Action.UPDATE, "adopt", kept.desired)


@pytest.mark.parametrize("more", [{"action": Action.UPDATE}, {"is_preparation": True}, {"is_pruning": True}], ids=str)
def test_what_writes_or_is_not_owned_stays_as_it_is(more: dict[str, Any]) -> None:
    kept = compare(DEPLOYMENT, _live(DEPLOYMENT), JUDGE)
    assert isinstance(kept, Change)
    change = replace(kept, **more)
    assert unless_recorded(change, Inventory()) is change
