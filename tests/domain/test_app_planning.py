"""What becomes of an app, as a table of what is declared against where its unit stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from fairlead.domain.app_planning import (
    DRIFT,
    Goal,
    astray_notes,
    changed,
    created,
    deleted,
    goal,
    judged,
    kept,
    known_as,
    removed,
    repaired,
    rule_notes,
    way_back,
)
from fairlead.domain.app_releases import AppPlan, AppUse, Promotion, Verdict
from fairlead.domain.apps.objects import Inputs
from fairlead.domain.changes import Action, ReleasePlan
from fairlead.domain.differences import differences
from fairlead.domain.digests import release_digest
from fairlead.domain.identity import Commit, ObjectRef, ReleaseKey, Revision
from fairlead.domain.rendering import RenderedRelease
from fairlead.domain.rollout.anchor import Anchor, Block, Candidate, Owned, Version
from fairlead.domain.rollout.intents import Deploy, Policy, Rollback, Undeploy
from fairlead.domain.rollout.phases import Phase, UnitOutcome, VersionState
from fairlead.domain.state import Stored
from tests.domain.rollout.units import SHOP, T0, spec_of
from tests.fakes.descriptors import described

KEY = ReleaseKey("test", "c", "prod", "shop")
PODS = ObjectRef("apps/v1", "Deployment", "prod", "shop-1")


def version(name: str, state: VersionState, **more: Any) -> Version:
    spec = spec_of(name)
    return Version(spec=spec, state=state, since=T0, deployment=f"d{name}", by="ann", replicas=spec.workloads, **more)


def candidate(name: str, **more: Any) -> Candidate:
    return Candidate(
        spec=spec_of(name, more.pop("policy", None)), intent=f"i{name}", deployment="d", by="ann", previous="1", **more
    )


def deploy(name: str) -> Deploy:
    return Deploy(f"i{name}", "ann", T0, f"d{name}", spec_of(name))


ONE = version("1", VersionState.LIVE, was_live=True, objects=(Owned(PODS, "u"),))
NEVER = Anchor()
LIVE = Anchor(versions=(ONE,), counter=4)
READY = Anchor(
    phase=Phase.AWAITING, versions=(ONE, version("2", VersionState.READY)), candidate=candidate("2"), since=T0
)
PERSON = Policy(automatic=False)
AWAITING = replace(READY, candidate=candidate("2", policy=PERSON, gates_passed=True))
WARMING = replace(READY, phase=Phase.WARMING)
GIVEN_UP = replace(WARMING, candidate=candidate("2", outcome=UnitOutcome.FAILED))
QUEUED = replace(LIVE, queue=(deploy("2"),))
LEFT = replace(LIVE, waiting=(deploy("2"),))
GOING = replace(LIVE, undeploy=Undeploy("u", "ann", T0, "d"), phase=Phase.UNDEPLOYING)
BLOCKED = replace(
    AWAITING, phase=Phase.BLOCKED, blocked=Block(phase=Phase.SWITCHING, event="x", at=T0, explanation="why")
)
BACK = Rollback("r", "ann", T0, "d", "1")


def use(back: str = "", **fields: Any) -> AppUse:
    return AppUse(described(**fields), Inputs(), back)


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        (NEVER, None),
        (LIVE, ("1", "")),
        (AWAITING, ("2", "i2")),
        (GIVEN_UP, ("1", "")),
        (QUEUED, ("2", "i2")),
        (replace(QUEUED, waiting=(deploy("3"),)), ("2", "i2")),
        (replace(LIVE, waiting=(deploy("3"),)), ("3", "i3")),
        (replace(QUEUED, queue=(deploy("2"), BACK)), None),
        (GOING, None),
    ],
    ids=range(9),
)
def test_what_was_asked_last(anchor: Anchor, expected: tuple[str, str] | None) -> None:
    found = goal(anchor)
    assert (None if found is None else (found.spec.version, found.intent)) == expected


@pytest.mark.parametrize(
    ("anchor", "digest", "expected"),
    [
        (NEVER, "1", None),
        (LIVE, "1", "1"),
        (LIVE, "2", None),
        (AWAITING, "1", "1"),
        (AWAITING, "2", "2"),
        (GIVEN_UP, "2", None),
    ],
    ids=range(6),
)
def test_which_version_has_the_pods_already(anchor: Anchor, digest: str, expected: str | None) -> None:
    found = known_as(anchor, f"sha256:{digest}")
    assert (None if found is None else found.spec.version) == expected


@pytest.mark.parametrize(
    ("anchor", "digest", "is_same", "verdict", "number", "writes"),
    [
        (NEVER, "2", False, Verdict.NEW_VERSION, "1", True),
        (LIVE, "2", False, Verdict.NEW_VERSION, "5", True),
        (LIVE, "1", True, Verdict.UNCHANGED, "1", False),
        (LIVE, "1", False, Verdict.IN_PLACE, "1", True),
        (AWAITING, "2", True, Verdict.UNDER_WAY, "2", False),
        (WARMING, "2", True, Verdict.UNDER_WAY, "2", True),
        (READY, "2", True, Verdict.UNDER_WAY, "2", False),
        (BLOCKED, "2", True, Verdict.UNDER_WAY, "2", False),
        (QUEUED, "2", True, Verdict.UNDER_WAY, "2", True),
        (LEFT, "2", True, Verdict.UNDER_WAY, "2", True),
        (replace(LEFT, paused=T0), "2", True, Verdict.UNDER_WAY, "2", False),
        (AWAITING, "2", False, Verdict.NEW_VERSION, "3", True),
        (AWAITING, "1", True, Verdict.IN_PLACE, "1", True),
        (GIVEN_UP, "1", True, Verdict.UNCHANGED, "1", False),
        (GIVEN_UP, "2", True, Verdict.NEW_VERSION, "3", True),
    ],
    ids=range(15),
)
def test_what_becomes_of_it(
    anchor: Anchor, digest: str, verdict: Verdict, number: str, *, is_same: bool, writes: bool
) -> None:
    app = judged(anchor, use(newVersion="#"), known_as(anchor, f"sha256:{digest}"), is_same=is_same)
    assert (app.verdict, app.version, app.writes) == (verdict, number, writes)
    assert app.live == ("" if anchor is NEVER else "1")
    assert app.standing == (() if anchor is NEVER else (PODS, SHOP))


@pytest.mark.parametrize(("paused", "frozen"), [(None, None), (T0, None), (None, T0)], ids=range(3))
def test_what_keeps_it_back(paused: datetime | None, frozen: datetime | None) -> None:
    anchor = replace(AWAITING, paused=paused, frozen=frozen)
    app = judged(anchor, use(newVersion="#"), known_as(anchor, "sha256:2"), is_same=True)
    assert (app.paused, app.frozen) == (paused is not None, frozen is not None)


def test_a_version_with_a_name_keeps_it() -> None:
    assert judged(LIVE, use(newVersion="rc-1"), None, is_same=False).version == "rc-1"


@pytest.mark.parametrize(
    ("state", "was_live", "expected"),
    [
        (VersionState.HOT, True, Verdict.BACK),
        (VersionState.WARM, True, Verdict.BACK),
        (VersionState.ABSENT, True, Verdict.BACK),
        (VersionState.ABSENT, False, Verdict.NEW_VERSION),
        (VersionState.FAILED, False, Verdict.NEW_VERSION),
        (None, False, Verdict.NEW_VERSION),
    ],
    ids=range(6),
)
def test_going_back_needs_a_version_that_can_go_live_as_it_was(
    state: VersionState | None, expected: Verdict, *, was_live: bool
) -> None:
    past = () if state is None else (version("0", state, was_live=was_live),)
    anchor = replace(LIVE, versions=(ONE, *past))
    app = judged(anchor, use("0"), None, is_same=False)
    assert (app.verdict, app.promotion) == (expected, Promotion.AUTOMATIC)
    assert way_back(anchor, use()) is None


@pytest.mark.parametrize(
    ("after", "expected"),
    [("0s", Promotion.AUTOMATIC), ("5m", Promotion.TIMER), ("never", Promotion.PERSON)],
    ids=["once", "timer", "person"],
)
def test_who_lets_a_version_go_live(after: str, expected: Promotion) -> None:
    assert judged(LIVE, use(autoPromoteAfter=after), None, is_same=False).promotion is expected


def test_a_removal_says_what_is_live() -> None:
    app = removed(LIVE)
    assert (app.verdict, app.live, app.writes) == (Verdict.REMOVED, "1", True)
    assert app.to_json() == {
        "verdict": "removed",
        "version": None,
        "live": "1",
        "promotion": "automatic",
        "phase": "Idle",
    }


def test_rules_that_no_object_tells_of_are_named() -> None:
    before, after = spec_of("1"), spec_of("1", Policy(hot_for=60.0))
    assert rule_notes(before, before) == ()
    assert rule_notes(None, after) == ()
    (note,) = rule_notes(before, after)
    assert "hotFor 600.0 -> 60.0" in note


def config(name: str = "a", kind: str = "ConfigMap", **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "prod"}, "data": data}


def test_a_part_of_a_new_version_is_compared_with_that_of_the_live_one() -> None:
    change = created(config("a-2", x="2"), config("a-1", x="1"), config("a-1", x="2"), ())
    assert (change.action, change.ref.name, change.is_unit) == (Action.CREATE, "a-2", True)
    assert [(one.path, one.old, one.new) for one in change.fields] == [("/data/x", "1", "2")]
    assert created(config(), None, config(), ()).fields == ()


def test_secrets_are_told_apart_and_never_shown() -> None:
    change = created(
        config("s", "Secret", k="bmV3"), config("s", "Secret", k="b2xk"), config("s", "Secret", k="bmV3"), ()
    )
    assert [(one.old, one.new, one.equal) for one in change.fields] == [("(secret)", "(secret)", False)]
    (field,) = changed(config(x="hunter2x"), config(x="other"), ("hunter2x",)).fields
    assert field.masked


@pytest.mark.parametrize(
    ("before", "action"),
    [(None, Action.CREATE), (config(x="1"), Action.KEEP), (config(x="2"), Action.UPDATE)],
    ids=["none", "same", "other"],
)
def test_what_keeps_its_name_is_changed_where_it_differs(before: dict[str, Any] | None, action: Action) -> None:
    change = changed(before, config(x="1"), (), reason="switch")
    assert (change.action, change.reason) == (action, "" if action is Action.KEEP else "switch")


def test_what_others_did_is_taken_back_and_says_whose_it_was() -> None:
    wanted: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "shop", "namespace": "prod"},
        "spec": {"a": 1},
    }
    theirs = {"manager": "kubectl", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:spec": {"f:a": {}}}}
    live = {**wanted, "spec": {"a": 2}, "metadata": {**wanted["metadata"], "managedFields": [theirs]}}
    gone = repaired(wanted, None, (), secrets=())
    assert (gone.action, gone.reason, gone.is_unit) == (Action.CREATE, DRIFT, True)
    found = repaired(wanted, live, differences({"spec": {"a": 2}}, {"spec": {"a": 1}}), secrets=())
    assert (found.action, found.reason, [one.owner for one in found.fields]) == (Action.UPDATE, DRIFT, ["kubectl"])


def test_who_reads_of_a_route_that_leads_elsewhere_is_told_how_to_go_on() -> None:
    (note,) = astray_notes(KEY, ["Service prod/shop"])
    assert "fairlead resolve shop HOW -e test" in note
    assert astray_notes(KEY, []) == ()


def test_what_stays_and_what_goes() -> None:
    assert [one(config()).action for one in (kept, deleted)] == [Action.KEEP, Action.DELETE]


def test_a_plan_is_recognised_by_the_live_version_and_not_by_a_number_that_nobody_has_yet() -> None:
    def digest(live: str, number: str) -> str:
        app = AppPlan(Verdict.NEW_VERSION, version=number, live=live)
        part = created(config(f"a-{number}"), None, config(), ())
        return release_digest("uid", KEY, inputs_digest="inputs", changes=(part,), app=app)

    assert digest("1", "2") == digest("1", "3")
    assert digest("1", "2") != digest("2", "3")


def test_a_release_with_an_app_writes_what_its_unit_does() -> None:
    revision = Revision(Commit(None, dirty=False), "i", "m")
    release = ReleasePlan(KEY, revision, (kept(config()),), RenderedRelease(KEY, "i", ()))
    assert not release.writes
    assert replace(release, app=AppPlan(Verdict.IN_PLACE)).writes
    assert not replace(release, app=AppPlan(Verdict.UNCHANGED)).writes
    assert release.own == ()
    known = replace(release, stored=Stored())
    assert [one.knows_inventory for one in (release, known, replace(known, app=AppPlan(Verdict.IN_PLACE)))] == [
        False,
        True,
        False,
    ]


def test_a_goal_of_its_own_is_no_intent() -> None:
    assert goal(LIVE) == Goal(ONE.spec)
