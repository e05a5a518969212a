from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.app_releases import AppPlan, Verdict
from fairlead.domain.changes import Action, Change, FieldChange, ReleasePlan
from fairlead.domain.health import Explanation, Health, HealthReport, HealthState, ObjectHealth
from fairlead.domain.identity import Commit, ObjectRef, ReleaseKey, Revision
from fairlead.domain.rendering import RenderedRelease
from fairlead.domain.status import Drift, app_status, drifts, explained, release_status, since

KEY = ReleaseKey("test", "c", "shop", "web")
REVISION = Revision(Commit("c0ffee", dirty=False), "i", "m")
A, B = (ObjectRef("v1", "ConfigMap", "shop", name) for name in "ab")


def _plan(*changes: Change) -> ReleasePlan:
    return ReleasePlan(KEY, REVISION, changes, RenderedRelease(KEY, "i", ()))


def _report(**states: HealthState) -> HealthReport:
    refs = {"a": A, "b": B}
    return HealthReport(tuple(ObjectHealth(refs[name], Health(state, "why")) for name, state in states.items()))


@pytest.mark.parametrize(
    ("action", "reason", "expected"),
    [
        (Action.CREATE, "", True),
        (Action.UPDATE, "", True),
        (Action.UPDATE, "adopt", True),
        (Action.UPDATE, "ownership", False),
        (Action.UPDATE, "unknown", False),
        (Action.KEEP, "autoscaler", False),
        (Action.SKIP, "", False),
    ],
)
def test_what_counts_as_drift(action: Action, reason: str, expected: bool) -> None:
    assert drifts(Change(action, A, reason, (FieldChange("/data/a", 1, 2),))) is expected


def test_an_object_that_only_no_inventory_lists_is_as_declared() -> None:
    assert not drifts(Change(Action.UPDATE, A, "adopt"))


def test_what_is_left_to_prune_is_no_drift() -> None:
    assert not drifts(Change(Action.DELETE, A, is_pruning=True))


def test_a_healthy_release_without_drift_needs_no_words() -> None:
    found = release_status(_plan(Change(Action.KEEP, A)), _report(a=HealthState.CURRENT), None)
    assert (found.health, found.drift, found.cause, found.next, found.since) == (
        HealthState.CURRENT,
        Drift.NONE,
        "",
        "",
        None,
    )
    assert found.revision == REVISION


def test_drift_names_its_objects_and_the_way_back() -> None:
    plan = _plan(Change(Action.UPDATE, A), Change(Action.CREATE, B))
    found = release_status(plan, _report(a=HealthState.CURRENT), None)
    assert (found.drift, found.drifted_objects, found.revision) == (Drift.DRIFTED, (A, B), None)
    assert found.cause
    assert found.next
    assert found.to_json()["driftedObjects"] == [A.to_json(), B.to_json()]


def test_the_worst_object_is_the_cause_and_tells_since_when() -> None:
    live = {"status": {"conditions": [{"lastTransitionTime": "2026-01-02"}, {"lastTransitionTime": "2026-01-03"}]}}
    report = _report(a=HealthState.PROGRESSING, b=HealthState.FAILED)
    found = release_status(_plan(Change(Action.KEEP, A), Change(Action.KEEP, B)), report, live)
    assert (found.health, found.since) == (HealthState.FAILED, "2026-01-03")
    assert str(B) in found.cause


def test_what_may_not_be_read_leaves_drift_unknown() -> None:
    hidden = Change(Action.UPDATE, A, reason="unknown", problem="may not list")
    found = release_status(_plan(hidden), _report(a=HealthState.CURRENT), None)
    assert found.drift is Drift.UNKNOWN
    assert "may not list" in found.cause


@pytest.mark.parametrize(
    ("live", "expected"),
    [(None, None), ({}, None), ({"metadata": {"creationTimestamp": "2026"}, "status": {"conditions": [{}]}}, "2026")],
)
def test_since_when(live: dict[str, Any] | None, expected: str | None) -> None:
    assert since(live) == expected


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (HealthState.PROGRESSING, "notReady"),
        (HealthState.TERMINATING, "terminating"),
        (HealthState.FAILED, "failed"),
        (HealthState.NOT_FOUND, "notFound"),
        (HealthState.UNKNOWN, "unknown"),
    ],
)
def test_every_state_that_is_not_current_has_a_code(state: HealthState, code: str) -> None:
    found = release_status(_plan(Change(Action.KEEP, A)), _report(a=state), None)
    assert found.to_json()["causeCode"] == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (Change(Action.KEEP, A), None),
        (Change(Action.UPDATE, A), "drifted"),
        (Change(Action.UPDATE, A, reason="unknown", problem="may not list"), "unreadable"),
    ],
)
def test_what_is_current_has_the_code_of_its_drift(change: Change, code: str | None) -> None:
    found = release_status(_plan(change), _report(a=HealthState.CURRENT), None)
    assert found.to_json()["causeCode"] == code


def test_a_root_cause_says_what_cures_it_instead_of_waiting() -> None:
    found = release_status(_plan(Change(Action.KEEP, A)), _report(a=HealthState.PROGRESSING), None)
    pull = explained(found, Explanation("imagePull", "no such image", remedy="Check the image."))
    assert (pull.cause, pull.cause_code, pull.next) == ("no such image", "imagePull", "check the image")
    slow = explained(found, Explanation("notReady", "0 of 1 ready", remedy="Look at the object."))
    assert (slow.cause, slow.cause_code, slow.next) == ("0 of 1 ready", "notReady", found.next)
    assert explained(found, Explanation("failed", "it failed")).next == found.next


def test_a_release_without_objects_is_current() -> None:
    assert release_status(_plan(), HealthReport(()), None).health is HealthState.CURRENT


NEW, SAME, GOING = Verdict.NEW_VERSION, Verdict.UNCHANGED, Verdict.UNDER_WAY


@pytest.mark.parametrize(
    ("verdict", "more", "objects", "health", "code", "drift"),
    [
        (SAME, {}, HealthState.CURRENT, "current", None, "none"),
        (SAME, {}, HealthState.PROGRESSING, "progressing", "notReady", "none"),
        (NEW, {}, HealthState.CURRENT, "current", "drifted", "drifted"),
        (Verdict.IN_PLACE, {}, HealthState.CURRENT, "current", "drifted", "drifted"),
        (NEW, {"live": ""}, HealthState.CURRENT, "notFound", "notFound", "drifted"),
        (GOING, {"live": "", "phase": "Warming"}, HealthState.CURRENT, "progressing", "notReady", "none"),
        (GOING, {"phase": "Warming"}, HealthState.CURRENT, "current", "notReady", "none"),
        (GOING, {"phase": "Awaiting"}, HealthState.CURRENT, "current", "awaitsPromotion", "none"),
        (GOING, {"phase": "Awaiting", "paused": True}, HealthState.CURRENT, "current", "heldBack", "none"),
        (GOING, {"paused": True}, HealthState.CURRENT, "current", "heldBack", "none"),
        (GOING, {"phase": "Warming", "frozen": True}, HealthState.CURRENT, "current", "heldBack", "none"),
        (GOING, {}, HealthState.CURRENT, "current", "notReady", "none"),
        (GOING, {"phase": "Awaiting"}, HealthState.FAILED, "failed", "failed", "none"),
        (SAME, {"degraded": True}, HealthState.CURRENT, "failed", "liveDegraded", "none"),
        (GOING, {"phase": "Blocked"}, HealthState.CURRENT, "failed", "unitBlocked", "none"),
    ],
    ids=range(15),
)
def test_an_app_is_as_its_live_version_and_its_unit_are(
    verdict: Verdict, more: dict[str, Any], objects: HealthState, health: str, code: str | None, drift: str
) -> None:
    change = Change(Action.CREATE if drift == "drifted" else Action.KEEP, A)
    app = AppPlan(verdict, **{"live": "1", "phase": "Idle", "cause": "because", "then": "next", "since": "t", **more})
    found = app_status(release_status(_plan(change), _report(a=objects), None), app)
    assert (found.health, found.cause_code or None, found.drift) == (health, code, drift)
    moves = verdict is GOING or "degraded" in more
    assert found.cause.endswith("because") is (moves and objects is HealthState.CURRENT)
    assert bool(found.cause) is (code is not None)
