"""Plans as files hold them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from fairlead.domain.app_releases import AppPlan, Verdict
from fairlead.domain.changes import Action, Change, FieldChange, PlanOptions, ReleasePlan
from fairlead.domain.generating import WHOLE, generated, unpinnable
from fairlead.domain.identity import Commit, ObjectRef, Revision, object_ref
from fairlead.domain.manifests import Manifest
from fairlead.domain.outdated import since
from fairlead.domain.rendering import ChartUse, LocalChart, RenderedRelease
from fairlead.domain.saved_plans import SavedPlan, SavedRelease
from tests.fakes.releases import config_map, hook, job, secret, wanted

MARKER = "hunter2hunter2"
CHART = LocalChart("/charts/web", "sha256:c", "web", "1.0.0", generates=True)
REF = object_ref(config_map())


def rendered(
    *objects: dict[str, Any], crds: tuple[dict[str, Any], ...] = (), chart: LocalChart | None = CHART, **values: Any
) -> RenderedRelease:
    made = wanted(*objects, crds=crds).rendered
    use = None if chart is None else ChartUse(chart, values)
    return replace(made, use=use, hooks=(hook(job(), "pre-install"),))


def planned(
    one: RenderedRelease, *changes: Change, commit: str | None = "c0ffee", digest: str = "sha256:1"
) -> ReleasePlan:
    revision = Revision(Commit(commit, dirty=False), one.inputs_digest, one.manifests_digest)
    return ReleasePlan(one.key, revision, changes, one, digest=digest)


def change(ref: ObjectRef = REF, action: Action = Action.UPDATE, **more: Any) -> Change:
    return Change(action, ref, **{"uid": "u", "digest": "sha256:d", "live_digest": "sha256:l", **more})


def saved(release: ReleasePlan) -> SavedRelease:
    return SavedRelease.of(release, "cluster", (MARKER,))


def test_what_is_saved_is_read_again() -> None:
    fields = (FieldChange("/data/a", "1", "2", "kubectl"), FieldChange("/data/b", "x", "y", masked=True, equal=False))
    release = planned(rendered(config_map(a="2"), secret(b=MARKER)), change(fields=fields))
    plan = SavedPlan("sha256:p", (saved(release),), PlanOptions(recreate=True, take_ownership=True), "0.1.0")
    stored = json.loads(json.dumps(plan.to_json()))
    assert SavedPlan.from_json(stored) == plan
    assert MARKER not in json.dumps(stored)


def test_fields_that_hold_a_secret_are_masked() -> None:
    fields = (FieldChange("/data/a", None, f"x{MARKER}"), FieldChange("/data/b", MARKER, MARKER))
    kept = saved(planned(rendered(config_map()), change(fields=fields)))
    assert [(one.old, one.new, one.equal) for one in kept.changes[0].fields] == [
        (None, "(secret)", False),
        ("(secret)", "(secret)", True),
    ]


def test_only_what_is_no_secret_comes_from_the_file() -> None:
    first = rendered(config_map(run="1"), secret(key="1"), crds=(config_map("crd", run="1"),))
    second = rendered(config_map(run="2"), secret(key="2"), crds=(config_map("crd", run="2"),))
    filled = saved(planned(first)).refill(second)
    data = [one.data.get("data") or one.data.get("stringData") for one in (*filled.crds, *filled.manifests)]
    assert data == [{"run": "1"}, {"run": "1"}, {"key": "2"}]
    assert filled.hooks == second.hooks


@pytest.mark.parametrize(
    "second",
    [
        rendered(config_map(run="2"), chart=None),
        rendered(config_map("other", run="2")),
        rendered(config_map(run="2"), config_map("b")),
    ],
    ids=["no chart", "another name", "more objects"],
)
def test_what_does_not_fit_stays_as_it_is(second: RenderedRelease) -> None:
    first = rendered(config_map(run="1"), chart=second.use.chart if second.use else None)
    assert saved(planned(first)).refill(second) is second


def test_an_object_without_the_secret_place_stays_as_it_is() -> None:
    second = rendered(secret(other="2"))
    assert saved(planned(rendered(secret(key="1")))).refill(second) == second


def test_two_renderings_tell_what_is_generated() -> None:
    first = rendered(config_map(run="1", stays="x"), config_map("random-1"), secret(key="1"))
    second = rendered(config_map(run="2", stays="x"), config_map("random-2"), secret(key="2"))
    refs = [one.ref for one in first.manifests]
    assert generated(first, second) == {refs[0]: ("/data/run",), refs[1]: (WHOLE,), refs[2]: ("/data/key",)}


def test_only_secrets_and_names_cannot_be_pinned() -> None:
    first, second = rendered(config_map(run="1"), secret(key="1")), rendered(config_map(run="2"), secret(key="2"))
    assert unpinnable(saved(planned(first)), first, second) == {first.manifests[1].ref: ("/data/key",)}
    assert unpinnable(saved(planned(first)), first, rendered(config_map(run="2"), secret(key="1"))) == {}


def test_values_that_generate_count_like_a_chart_that_does() -> None:
    calm = replace(CHART, generates=False)
    assert not rendered(chart=calm, a="b").generates
    assert rendered(chart=calm, a="{{ uuidv4 }}").generates
    assert not rendered(chart=None).generates


Told = list[tuple[str, str]]


def _told(before: ReleasePlan, after: ReleasePlan) -> Told:
    problems = [one.problem("plan.json") for one in since(saved(before), replace(after, digest="sha256:2"))]
    assert {one.code for one in problems} <= {"planOutdated"}
    assert all(one.file == "plan.json" and one.path and one.path.startswith("test/web") for one in problems)
    return [((one.path or "").removeprefix("test/web").strip(), one.message.partition(": ")[2]) for one in problems]


def test_the_same_digest_means_the_same() -> None:
    one = planned(rendered(config_map()))
    assert since(saved(one), replace(one, changes=(change(),))) == ()


@pytest.mark.parametrize(
    ("chart", "after", "words"),
    [
        (CHART, replace(CHART, version="2.0.0"), ("web 1.0.0", "web 2.0.0")),
        (CHART, replace(CHART, digest="sha256:d"), ("files of chart web 1.0.0",)),
        (CHART, None, ("web 1.0.0", "none")),
        (None, CHART, ("none", "web 1.0.0")),
        (None, None, ("files or patches",)),
        (CHART, CHART, ("the cluster's version",)),
    ],
    ids=["version", "content", "no chart now", "a chart now", "files", "the rest"],
)
def test_other_inputs_are_told_apart(
    chart: LocalChart | None, after: LocalChart | None, words: tuple[str, ...]
) -> None:
    before = planned(rendered(config_map(), chart=chart))
    now = planned(replace(rendered(config_map(), chart=after), inputs_digest="sha256:other"))
    ((path, said),) = _told(before, now)
    assert path == ""
    assert all(word in said for word in words)


def test_other_values_and_commits_are_named() -> None:
    before = planned(rendered(config_map(), a="1"))
    now = planned(replace(rendered(config_map(), a="2"), inputs_digest="sha256:other"), commit="beefbeefbeefbeef")
    ((_, said),) = _told(before, now)
    assert "values" in said
    assert "c0ffee" in said
    assert "beefbeefbeef " in said


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ((change(),), (change(uid="v"),), [("ConfigMap settings", "made anew")]),
        ((change(),), (change(uid=None),), [("ConfigMap settings", "was deleted")]),
        ((change(uid=None),), (change(),), [("ConfigMap settings", "somebody else")]),
        ((change(),), (), [("ConfigMap settings", "no longer")]),
        ((), (change(),), [("ConfigMap settings", "was not in")]),
        ((change(),), (change(action=Action.KEEP),), [("ConfigMap settings", "update, is to keep")]),
        ((change(),), (change(live_digest="m"),), [("ConfigMap settings", "in the cluster")]),
        ((change(),), (change(digest="e"),), [("ConfigMap settings", "left alone")]),
        (
            (change(fields=(FieldChange("/a", 1, 2), FieldChange("/b", 1, 2))),),
            (change(live_digest="m", fields=(FieldChange("/a", 1, 2), FieldChange("/b", 3, 2), FieldChange("/c", 1))),),
            [("ConfigMap settings /b", "in the cluster"), ("ConfigMap settings /c", "in the cluster")],
        ),
        ((change(),), (change(),), [("", "another way")]),
    ],
    ids=["anew", "deleted", "made", "out", "in", "action", "live", "left alone", "fields", "nothing"],
)
def test_other_changes_are_named(before: tuple[Change, ...], after: tuple[Change, ...], told: Told) -> None:
    one = rendered(config_map())
    found = _told(planned(one, *before), planned(one, *after))
    assert [path for path, _ in found] == [path for path, _ in told]
    assert all(word in said for (_, said), (_, word) in zip(found, told, strict=True))


def test_other_objects_are_named_once() -> None:
    before = rendered(config_map("gone"), config_map("other", a="1"), secret(key="1"))
    after = rendered(config_map("new"), config_map("other", a="2"), secret(key="2"))
    names = [one.ref for one in before.manifests]
    old = [change(ref) for ref in names]
    new = [change(ref, digest="sha256:e") for ref in (after.manifests[0].ref, *names[1:])]
    assert _told(planned(before, *old), planned(after, *new)) == [
        ("ConfigMap gone", "ConfigMap gone was declared, and is no more"),
        ("ConfigMap other /data/a", "ConfigMap other /data/a is declared otherwise"),
        ("ConfigMap new", "ConfigMap new was not declared, and is now"),
        ("Secret token", "Secret token has other secret values"),
    ]


def test_manifests_of_a_plan_know_their_places() -> None:
    kept = saved(planned(rendered(secret(key="1"))))
    assert kept.manifests[0].places == ("/stringData/key",)
    assert Manifest(kept.manifests[0].data, "x").ref.name == "token"


def test_other_hooks_are_named_although_no_digest_tells_of_them() -> None:
    first, second = hook(job("first"), "pre-install"), hook(job("second"), "pre-install")
    one = replace(planned(rendered(config_map()), change()), hooks_before=(first, second))
    assert since(saved(one), one) == ()
    third = hook(job("third"), "pre-install")
    for hooks, about, word in (
        ((second,), "Job default/first", "is not"),
        ((first, second, third), "Job default/third", "was not to run"),
        ((second, first), "", "order"),
    ):
        (found,) = since(saved(one), replace(one, hooks_before=hooks))
        assert str(found.ref or "") == about
        assert word in found.what


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (AppPlan(Verdict.NEW_VERSION, version="7", live="1"), False),
        (AppPlan(Verdict.NEW_VERSION, version="3", live="2"), True),
        (AppPlan(Verdict.IN_PLACE, live="1"), True),
        (None, True),
    ],
    ids=["number", "live", "verdict", "none"],
)
def test_a_plan_of_an_app_is_outdated_by_another_live_version_or_verdict(now: AppPlan | None, *, says: bool) -> None:
    one = replace(rendered(config_map()), hooks=())
    part = Change(Action.CREATE, REF, is_unit=True)
    before = replace(planned(one, part), app=AppPlan(Verdict.NEW_VERSION, version="2", live="1"))
    kept = SavedRelease.from_json(json.loads(json.dumps(saved(before).to_json())))
    assert (kept.app, kept.changes) == (("newVersion", "1"), ())
    found = since(kept, replace(planned(one, digest="sha256:2"), app=now))
    assert [one.ref for one in found] == [None]
    assert any("live" in one.what or "planned as" in one.what for one in found) is says
