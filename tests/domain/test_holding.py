"""Which inputs a hold refuses, what ends it, and what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from fairlead.domain.changes import Action, Change, ReleasePlan
from fairlead.domain.deployments import Deployment, Outcome, not_returned, returned
from fairlead.domain.holding import ANY, held_by_hand, hold_after, hold_of_app, refusal, rejecting, told, with_hold
from fairlead.domain.identity import Commit, ObjectRef, ReleaseKey, Revision
from fairlead.domain.records import Recorded
from fairlead.domain.rendering import RenderedRelease
from fairlead.domain.rollout.anchor import UnitHold
from fairlead.domain.state import Hold, Rejection, ReleaseState, Stored
from tests.fakes.states import lock

KEY = ReleaseKey("test", "c", "shop", "web")
BACK = Hold(3, "sha256:bad", "ann", "2026-11-21T12:00:00Z", "INC-42")
HAND = Hold(3, ANY, "ann", "2026-11-21T12:00:00Z", "")
UPDATE = Change(Action.UPDATE, ObjectRef("v1", "ConfigMap", "shop", "a"))


def release(inputs: str, hold: Hold | None, **more: Any) -> ReleasePlan:
    state = ReleaseState(hold=hold, inputs_digest="sha256:runs")
    revision = Revision(Commit(None, dirty=False), inputs, "")
    found = ReleasePlan(KEY, revision, (UPDATE,), RenderedRelease(KEY, inputs, ()), stored=Stored(state, "1"))
    return replace(found, **more)


@pytest.mark.parametrize(
    ("hold", "inputs", "refused"),
    [
        (None, "sha256:bad", False),
        (BACK, "sha256:bad", True),
        (BACK, "sha256:other", False),
        (BACK, "sha256:runs", False),
        (HAND, "sha256:bad", True),
        (HAND, "sha256:runs", False),
    ],
)
def test_a_rollback_refuses_what_it_turned_away_from_and_a_person_everything_else(
    hold: Hold | None, inputs: str, *, refused: bool
) -> None:
    assert (with_hold(release(inputs, hold), release_hold=False).held is not None) is refused


@pytest.mark.parametrize(
    "more",
    [{"is_removal": True}, {"returns_to": 1}, {"changes": ()}, {"stored": None}],
    ids=lambda one: next(iter(one)),
)
def test_removing_going_back_and_what_changes_nothing_are_never_held(more: dict[str, Any]) -> None:
    assert with_hold(release("sha256:bad", BACK, **more), release_hold=False).held is None


def test_what_changes_nothing_but_would_end_the_work_of_another_run_is_held() -> None:
    one = release("sha256:bad", BACK, changes=())
    state = ReleaseState(hold=BACK, inputs_digest="sha256:runs", lock=lock())
    assert with_hold(replace(one, stored=Stored(state, "1")), release_hold=False).held == BACK


def test_inputs_that_are_rejected_never_end_their_hold() -> None:
    state = ReleaseState(hold=BACK)
    assert hold_after(state, release("sha256:bad", BACK), 7, by="ann", at="") == BACK


def test_a_person_may_end_a_hold_by_deploying() -> None:
    found = with_hold(release("sha256:bad", BACK), release_hold=True)

    assert (found.held, found.ends_hold) == (None, True)


@pytest.mark.parametrize(
    ("hold", "more", "expected"),
    [
        (None, {}, None),
        (BACK, {}, None),
        (BACK, {"returns_to": 1}, BACK),
        (HAND, {}, HAND),
        (HAND, {"ends_hold": True}, None),
        (None, {"rejects": Rejection("sha256:bad", "INC-42")}, replace(BACK, number=7)),
        (HAND, {"rejects": Rejection("sha256:bad", "INC-42")}, replace(BACK, number=7)),
    ],
)
def test_what_holds_a_release_after_a_success(hold: Hold | None, more: dict[str, Any], expected: Hold | None) -> None:
    found = hold_after(ReleaseState(hold=hold), release("x", hold, **more), 7, by="ann", at="2026-11-21T12:00:00Z")

    assert found == expected


def test_a_hold_by_hand_names_what_runs() -> None:
    def recorded(number: int, outcome: Outcome) -> Recorded:
        revision = Revision(Commit(None, dirty=False), "", "")
        return Recorded(Deployment(KEY, outcome, revision, "", number=number), "", None, "", "", "")

    both = (recorded(1, Outcome.SUCCEEDED), recorded(2, Outcome.FAILED))
    assert held_by_hand(ReleaseState(deployments=both), by="ann", at="t", reason="r").hold == Hold(
        1, ANY, "ann", "t", "r"
    )
    assert held_by_hand(ReleaseState(number=5), by="ann", at="t", reason="").hold == Hold(5, ANY, "ann", "t", "")


def test_what_is_turned_away_from_is_rejected_with_the_lock_already() -> None:
    before, held = ReleaseState(hold=HAND), lock()
    back = release("sha256:good", None, returns_to=1, rejects=Rejection("sha256:bad", "INC-42"))
    expected = Hold(held.number, "sha256:bad", held.holder.who, held.since, "INC-42")
    assert rejecting(before, back, held).hold == expected
    assert rejecting(before, release("sha256:good", None), held) == before


@pytest.mark.parametrize("hold", [BACK, HAND])
def test_a_refusal_names_the_hold_and_what_ends_it(hold: Hold) -> None:
    problem = refusal(KEY, hold)

    assert problem.code == "held"
    assert told(hold) in problem.message
    assert "--end" in str(problem.remedy)
    assert ("other inputs" in str(problem.remedy)) is (hold is BACK)


def test_a_failed_deployment_tells_what_became_of_it() -> None:
    revision = Revision(Commit(None, dirty=False), "", "")
    failed = Deployment(KEY, Outcome.FAILED, revision, "plan", duration=2.0, explanation="no image", number=2)
    back = Deployment(KEY, Outcome.SUCCEEDED, revision, "other", duration=1.0, number=3, returns_to=1)

    gone_back, undone = returned(failed, back), returned(failed, replace(back, returns_to=None))
    stuck = not_returned(failed, "no record")

    assert (gone_back.outcome, gone_back.number, gone_back.plan_digest) == (Outcome.ROLLED_BACK, 3, "plan")
    assert (gone_back.duration, stuck.outcome) == (3.0, Outcome.FAILED)
    assert gone_back.explanation != undone.explanation
    assert all("no image" in each.explanation for each in (gone_back, undone, stuck))
    assert "no record" in stuck.explanation


def test_the_hold_of_an_apps_unit_refuses_these_inputs_until_a_person_says_otherwise() -> None:
    told_unit = UnitHold("sha256:digest", "ann", datetime(2026, 11, 21, 12, tzinfo=UTC), "it failed")
    of_app = hold_of_app(ReleaseState(number=3), told_unit, "sha256:bad")
    assert of_app == replace(BACK, reason="it failed")
    held = with_hold(release("sha256:bad", None), release_hold=False, of_app=of_app)
    assert held.held == of_app
    assert "--end" in (refusal(KEY, of_app).remedy or "")
    assert with_hold(release("sha256:bad", None), release_hold=True, of_app=of_app).ends_hold
    both = with_hold(release("sha256:bad", replace(BACK, inputs_digest="sha256:x")), release_hold=False, of_app=of_app)
    assert both.held == of_app
