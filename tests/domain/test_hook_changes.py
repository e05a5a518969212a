from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fairlead.domain.changes import Action, Change, ReleasePlan
from fairlead.domain.deployments import Deployment, Outcome
from fairlead.domain.errors import InputError
from fairlead.domain.helm_past import HelmPast
from fairlead.domain.helm_payload import HelmRevision
from fairlead.domain.helm_release import HelmStatus
from fairlead.domain.hook_changes import HOOK_GONE, require_apart, with_due_hooks
from fairlead.domain.hooks import Fingerprints, fingerprints
from fairlead.domain.identity import Commit, ReleaseKey, Revision, object_ref
from fairlead.domain.records import Recorded
from fairlead.domain.rendering import ChartUse, Hook, LocalChart, RenderedRelease
from fairlead.domain.state import ReleaseState, Stored
from tests.fakes.releases import config_map, hook, job

KEY = ReleaseKey("test", "c", "default", "web")
REVISION = Revision(Commit(None, dirty=False), "sha256:now", "")
MIGRATE, PROBE = hook(job(), "pre-upgrade"), hook(job("probe"), "test")
KNOWN = fingerprints([MIGRATE, PROBE], "default")
OTHER = {**KNOWN, "batch/v1 Job migrate": "another"}


def _plan(*hooks: Hook, state: ReleaseState | None, **more: Any) -> ReleasePlan:
    rendered = RenderedRelease(KEY, "sha256:now", (), hooks=hooks, use=more.pop("use", None))
    stored = None if state is None else Stored(state, "1")
    return ReleasePlan(KEY, REVISION, more.pop("changes", ()), rendered, stored=stored, **more)


def _state(hooks: Fingerprints | None = None, outcome: Outcome = Outcome.SUCCEEDED, inputs: str = "") -> ReleaseState:
    recorded = Recorded(Deployment(KEY, outcome, REVISION, "", number=3), "", None, "", "", "")
    return ReleaseState(deployments=(recorded,), hooks=hooks, inputs_digest=inputs)


def _use(hooks: Fingerprints | None = None, *, generates: bool = False, revision: int = 3) -> ChartUse:
    deployed = HelmRevision(revision, "web", "default", HelmStatus.DEPLOYED)
    chart = LocalChart("web.tgz", "sha256:0", "web", "1.0.0", generates=generates)
    return ChartUse(chart, {}, HelmPast((deployed,), "web", hooks=hooks))


def _changed(plan: ReleasePlan) -> list[str]:
    return [change.ref.name for change in with_due_hooks(plan).hook_changes]


@pytest.mark.parametrize(
    ("known", "changed"), [(KNOWN, []), (None, []), (OTHER, ["migrate"]), ({}, ["migrate", "probe"])]
)
@pytest.mark.parametrize("chart", [True, False])
def test_a_hook_has_changed_when_it_is_another_than_was_deployed(
    known: Fingerprints | None, changed: list[str], chart: bool
) -> None:
    use = _use(known) if chart else None
    plan = _plan(MIGRATE, PROBE, state=_state(None if chart else known), use=use)
    assert _changed(plan) == changed
    assert with_due_hooks(plan).writes == bool(changed)


def test_what_changed_is_shown_as_an_update_and_counted() -> None:
    shown = with_due_hooks(_plan(MIGRATE, PROBE, state=_state(OTHER))).to_json()
    (change,) = shown["changes"]
    assert (change["action"], change["reason"], change["object"]["name"]) == ("update", "hook", "migrate")
    assert shown["summary"]["update"] == 1


def test_a_hook_that_is_gone_is_a_reason_too_since_a_record_would_still_run_it() -> None:
    due = with_due_hooks(_plan(MIGRATE, state=_state(KNOWN)))
    assert [(change.ref, change.reason) for change in due.hook_changes] == [(PROBE.manifest.ref, HOOK_GONE)]
    assert due.writes


@pytest.mark.parametrize(("inputs", "changed"), [("sha256:now", []), ("", []), ("sha256:before", ["migrate"])])
def test_what_a_chart_generates_counts_only_with_other_inputs(inputs: str, changed: list[str]) -> None:
    plan = _plan(MIGRATE, PROBE, state=_state(inputs=inputs), use=_use(OTHER, generates=True))
    assert _changed(plan) == changed


@pytest.mark.parametrize("more", [{"is_removal": True}, {"state": None}])
def test_nothing_is_judged_where_a_release_goes_or_its_state_is_unreadable(more: dict[str, Any]) -> None:
    plan = _plan(MIGRATE, **{"state": _state(OTHER), **more})
    assert with_due_hooks(plan) == plan


@pytest.mark.parametrize(
    ("outcome", "after", "revision", "due"),
    [
        (Outcome.FAILED, (MIGRATE,), 3, True),
        (Outcome.INTERRUPTED, (MIGRATE,), 2, True),
        (Outcome.FAILED, (), 3, False),
        (Outcome.SUCCEEDED, (MIGRATE,), 3, False),
        (Outcome.FAILED, (MIGRATE,), 4, False),
    ],
)
def test_hooks_that_a_deployment_did_not_come_to_are_owed(
    outcome: Outcome, after: tuple[Hook, ...], revision: int, due: bool
) -> None:
    state, use = _state(KNOWN, outcome), _use(KNOWN, revision=revision)
    assert with_due_hooks(_plan(MIGRATE, PROBE, state=state, use=use, hooks_after=after)).hooks_due is due


def test_without_a_record_of_ours_nothing_is_owed() -> None:
    assert not with_due_hooks(_plan(MIGRATE, state=ReleaseState(), hooks_after=(MIGRATE,))).hooks_due
    failed = _plan(MIGRATE, state=_state(None, Outcome.FAILED), hooks_after=(MIGRATE,))
    assert with_due_hooks(failed).hooks_due


SAME = hook(config_map(), "pre-upgrade", "post-upgrade")
REF = object_ref({**config_map(), "metadata": {"name": "settings", "namespace": "default"}})


@pytest.mark.parametrize(
    ("change", "before", "after", "refused"),
    [
        (Change(Action.CREATE, REF), (SAME,), (), False),
        (Change(Action.RECREATE, REF), (SAME,), (), False),
        (Change(Action.UPDATE, REF), (SAME,), (), True),
        (Change(Action.CREATE, REF), (), (SAME,), True),
        (Change(Action.DELETE, REF, is_pruning=True), (SAME,), (SAME,), False),
        (Change(Action.KEEP, REF), (SAME,), (SAME,), False),
    ],
)
def test_a_hook_may_not_take_the_place_of_an_object(
    change: Change, before: tuple[Hook, ...], after: tuple[Hook, ...], refused: bool
) -> None:
    plan = _plan(SAME, state=None, changes=(change,), hooks_before=before, hooks_after=after)
    if not refused:
        require_apart(plan)
        return
    with pytest.raises(InputError) as caught:
        require_apart(plan)
    assert [(found.code, found.file) for found in caught.value.problems] == [("hookIsObject", "templates/hook.yaml")]


def test_a_kept_object_is_protected_when_hooks_run_for_another_reason() -> None:
    plan = replace(_plan(SAME, state=None, changes=(Change(Action.KEEP, REF),), hooks_before=(SAME,)), hooks_due=True)
    with pytest.raises(InputError):
        require_apart(plan)
