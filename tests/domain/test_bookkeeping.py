"""How deployments change the state of a release."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.app_releases import AppUse
from fairlead.domain.apps.objects import Inputs
from fairlead.domain.apps.variables import SecretKey, Variable
from fairlead.domain.bookkeeping import abandoned, app_record, begun, finished, next_number, outcomes
from fairlead.domain.changes import Action, Change
from fairlead.domain.deployments import Outcome
from fairlead.domain.identity import ObjectRef
from fairlead.domain.inventory import Inventory, InventoryEntry
from fairlead.domain.rendering import RenderedRelease
from fairlead.domain.state import ReleaseState
from tests.fakes.descriptors import described
from tests.fakes.states import KEY, lock, recorded

NAMES = "abcd"


def ref(name: str, version: str = "v1") -> ObjectRef:
    return ObjectRef(f"apps/{version}", "Deployment", "default", name)


def change(action: Action, name: str, uid: str | None = None) -> Change:
    return Change(action, ref(name), uid=uid)


LOCK = replace(lock(fence=5), number=3)
CREATE, KEEP = change(Action.CREATE, "new"), change(Action.KEEP, "old", "u-old")
DELETE = replace(change(Action.DELETE, "gone", "u-gone"), is_pruning=True)


def test_only_what_is_made_is_claimed() -> None:
    preparation = replace(change(Action.CREATE, "crd"), is_preparation=True)
    state = begun(
        ReleaseState(), [CREATE, KEEP, DELETE, preparation, change(Action.RECREATE, "r", "u")], LOCK, before=None
    )
    assert [claim.name for claim in state.claims] == ["new", "r"]
    assert (state.lock, state.fence) == (LOCK, 5)
    assert (state.number, next_number(state, RenderedRelease(KEY, "i", ()))) == (3, 4)


def test_a_kind_in_another_version_is_the_same_object() -> None:
    owned = Inventory((InventoryEntry(ref("old", "v1beta1"), "u-old"),))
    after = finished(ReleaseState(owned), [KEEP], recorded(), made={}, gone=[])
    assert after.inventory.entries == (InventoryEntry(ref("old"), "u-old"),)


def test_what_was_made_anew_has_its_new_uid() -> None:
    owned = Inventory((InventoryEntry(ref("r"), "before"),))
    again = change(Action.RECREATE, "r", "before")
    after = finished(ReleaseState(owned), [again], recorded(), made={ref("r"): "after"}, gone=[])
    assert after.inventory.entries == (InventoryEntry(ref("r"), "after"),)


def test_what_is_a_units_belongs_to_its_unit() -> None:
    part = replace(CREATE, is_unit=True)
    assert begun(ReleaseState(), [part], LOCK, before=None).claims == ()
    before = ReleaseState(Inventory((InventoryEntry(ref("old"), "u-old"),)))
    after = finished(before, [part], recorded(), made={}, gone=[], was_read=False)
    assert after.inventory == before.inventory


def test_an_app_is_recorded_with_its_variables_and_without_secrets() -> None:
    variables = (Variable("ZONE", "b"), Variable("TOKEN", SecretKey("login", "token")))
    descriptor = described(secrets=["login"])
    found = app_record(AppUse(descriptor, Inputs(variables)))
    assert tuple(Variable.from_stored(one) for one in found["variables"]) == variables
    assert found["descriptor"]["secrets"] == ["login"]


def test_preparations_belong_to_nobody() -> None:
    crd = replace(change(Action.KEEP, "crd", "u"), is_preparation=True)
    assert not finished(ReleaseState(), [crd], recorded(), made={}, gone=[]).inventory


def test_what_a_plan_that_knew_the_inventory_does_not_mention_is_gone() -> None:
    before = ReleaseState(Inventory((InventoryEntry(ref("gone"), "u"), InventoryEntry(ref("old"), "u-old"))))
    after = finished(before, [KEEP], recorded(), made={}, gone=[])
    assert [entry.ref.name for entry in after.inventory] == ["old"]
    for outcome, was_read in ((Outcome.FAILED, True), (Outcome.SUCCEEDED, False)):
        after = finished(before, [KEEP], recorded(outcome=outcome), made={}, gone=[], was_read=was_read)
        assert [entry.ref.name for entry in after.inventory] == ["gone", "old"]


def test_what_a_dead_run_left_is_remembered() -> None:
    left = abandoned(LOCK, KEY, outcome=Outcome.INTERRUPTED)
    state = begun(ReleaseState(deployments=(recorded(2),)), [], LOCK, before=left)
    assert [(each.number, each.finished_at) for each in state.deployments] == [(2, recorded().finished_at), (3, None)]
    assert ReleaseState.from_json(state.to_json()) == state


@pytest.mark.parametrize(
    ("outcome", "ended", "following", "stays"),
    [
        (Outcome.INTERRUPTED, None, "2026-11-21T12:00:00Z", True),
        (Outcome.INTERRUPTED, None, "2026-11-21T11:54:00Z", False),
        (Outcome.FAILED, "2026-11-21T11:59:00Z", "2026-11-21T11:59:30Z", True),
        (Outcome.FAILED, "2026-11-21T11:50:00Z", "2026-11-21T12:00:00Z", False),
        (Outcome.SUCCEEDED, "2026-11-21T11:59:00Z", "2026-11-21T12:00:00Z", False),
    ],
)
def test_a_success_keeps_claims_whose_creation_may_be_on_its_way(
    outcome: Outcome, ended: str | None, following: str, *, stays: bool
) -> None:
    before = replace(recorded(1, outcome=outcome), finished_at=ended)
    last = replace(recorded(2), started_at=following, finished_at="2026-11-21T12:00:02Z")
    state = ReleaseState(claims=(ref("late"), ref("old")), deployments=(before,))
    after = finished(state, [KEEP], last, made={}, gone=[])
    assert [claim.name for claim in after.claims] == (["late"] if stays else [])


def test_outcomes_tell_done_failed_and_not_begun_apart() -> None:
    found = outcomes([CREATE, KEEP, DELETE], done=[], problems={DELETE.ref: "no"})
    assert [(one.done, one.problem) for one in found] == [(False, ""), (True, ""), (False, "no")]


@given(
    owned=st.sets(st.sampled_from(NAMES)),
    wanted=st.sets(st.sampled_from(NAMES)),
    succeeds=st.sets(st.sampled_from(NAMES)),
)
def test_the_inventory_is_what_exists(owned: set[str], wanted: set[str], succeeds: set[str]) -> None:
    """Whatever of a plan succeeds: what exists of ours is in the inventory or claimed, and nothing else."""
    before = ReleaseState(Inventory(tuple(InventoryEntry(ref(name), f"u-{name}") for name in sorted(owned))))
    creates = [change(Action.CREATE, name) for name in sorted(wanted - owned)]
    keeps = [change(Action.KEEP, name, f"u-{name}") for name in sorted(wanted & owned)]
    prunes = [replace(change(Action.DELETE, name, f"u-{name}"), is_pruning=True) for name in sorted(owned - wanted)]
    everything = [*creates, *keeps, *prunes]
    good = {one.ref.name for one in (*creates, *prunes)} <= succeeds
    made = {one.ref: f"u-{one.ref.name}" for one in creates if one.ref.name in succeeds}
    gone = [one.ref for one in prunes if one.ref.name in succeeds]
    outcome = Outcome.SUCCEEDED if good else Outcome.FAILED
    middle = begun(before, everything, LOCK, before=None)
    after = finished(middle, everything, recorded(outcome=outcome), made=made, gone=gone)
    exists = owned - {one.name for one in gone} | {one.name for one in made}
    assert {entry.ref.name for entry in after.inventory} == exists
    unanswered = {one.ref.name for one in creates} - succeeds
    assert {claim.name for claim in after.claims} == (set() if good else unanswered)
