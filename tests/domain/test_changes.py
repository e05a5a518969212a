from __future__ import annotations

import pytest

from fairlead.domain.changes import Action, Change, FieldChange, LeftAlone, Plan, ReleasePlan, Unverified, summarise
from fairlead.domain.identity import Commit, ObjectRef, ReleaseKey, Revision
from fairlead.domain.rendering import RenderedRelease
from tests.fakes.releases import hook, job

REF = ObjectRef("v1", "ConfigMap", "shop", "a")
KEY = ReleaseKey("test", "c", "shop", "web")


def _plan(*changes: Change) -> ReleasePlan:
    rendered, hooks = RenderedRelease(KEY, "i", ()), (hook(job(), "pre-install"),)
    return ReleasePlan(KEY, Revision(Commit(None, dirty=False), "i", "m"), changes, rendered, "d", hooks)


@pytest.mark.parametrize("action", Action)
def test_what_writes(action: Action) -> None:
    writes = action not in (Action.KEEP, Action.SKIP)
    assert action.writes is writes
    release = _plan(Change(action, REF))
    assert (release.writes, Plan((release,), "d").writes) == (writes, writes)
    assert len(release.to_json()["hooks"]) == int(writes)


def test_the_summary_counts_every_action() -> None:
    changes = [Change(Action.KEEP, REF), Change(Action.KEEP, REF), Change(Action.CREATE, REF)]
    expected = {"create": 1, "update": 0, "delete": 0, "recreate": 0, "keep": 2, "skip": 0}
    assert summarise(changes) == expected
    assert Plan((_plan(*changes),), "d").to_json()["summary"] == expected


def test_a_change_says_only_what_there_is_to_say() -> None:
    plain = {"action": "keep", "object": REF.to_json(), "reason": "", "fields": [], "verified": True}
    assert Change(Action.KEEP, REF).to_json() == plain
    said = Change(
        Action.UPDATE,
        REF,
        fields=(FieldChange("/a", 1, 2, "kubectl"), FieldChange("/b", "(secret)", None, masked=True, equal=False)),
        verified=False,
        unverified_reason=Unverified.FORBIDDEN,
        problem="may not",
        left_alone=(LeftAlone("/c", "ignored", 1, 2),),
    ).to_json()
    assert said["fields"] == [
        {"path": "/a", "old": 1, "new": 2, "owner": "kubectl"},
        {"path": "/b", "old": "(secret)", "new": None, "owner": None, "masked": True, "equal": False},
    ]
    assert (said["unverifiedReason"], said["problem"]) == ("forbidden", "may not")
    assert said["leftAlone"] == [{"path": "/c", "reason": "ignored", "declared": 1, "live": 2}]


@pytest.mark.parametrize(
    ("reason", "why", "problem", "stops"),
    [
        ("", Unverified.REFUSED, "immutable", True),
        ("", Unverified.NAMESPACE_NOT_YET, "nobody makes it", True),
        ("", Unverified.NAMESPACE_NOT_YET, "", False),
        ("", Unverified.FORBIDDEN, "may not patch", False),
        ("unknown", Unverified.FORBIDDEN, "may not read", True),
        ("", None, "", False),
    ],
)
def test_what_stands_in_the_way_of_a_release(reason: str, why: Unverified | None, problem: str, stops: bool) -> None:
    change = Change(Action.UPDATE, REF, reason, unverified_reason=why, problem=problem)
    assert bool(change.obstacle) is stops
    assert not stops or problem in change.obstacle
