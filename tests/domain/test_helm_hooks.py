from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fairlead.domain.helm_hooks import fingerprints_in, hook_of, with_runs
from fairlead.domain.helm_release import HelmRelease
from fairlead.domain.hooks import HookRun, Phase
from tests.fakes.releases import hook, job

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def _listed(name: str) -> dict[str, Any]:
    return {"kind": "Job", "name": name, "path": "templates/hook.yaml", "last_run": {"phase": ""}, "weight": 1}


def test_a_record_says_how_its_hooks_ran() -> None:
    release = HelmRelease({"name": "web", "hooks": [_listed("a"), _listed("b")]})
    told = with_runs(release, [HookRun(hook(job("b"), "test"), Phase.FAILED, AT, AT)])
    ran = {"started_at": "2026-01-02T03:04:05Z", "completed_at": "2026-01-02T03:04:05Z", "phase": "Failed"}
    assert told.body == {"name": "web", "hooks": [_listed("a"), {**_listed("b"), "last_run": ran}]}


def test_without_runs_a_record_stays_as_it_is() -> None:
    release = HelmRelease({"name": "web"})
    assert with_runs(release, []) is release
    assert with_runs(release, [HookRun(hook(job(), "test"), Phase.SUCCEEDED, AT, AT)]).body["hooks"] == []


def test_a_hook_is_what_the_record_says() -> None:
    manifest = hook(job("a"), "test").manifest
    stored = {"events": ["test"], "weight": -2, "delete_policies": ["hook-failed"]}
    assert hook_of(stored, manifest) == hook(job("a"), "test", weight=-2, policies=("hook-failed",))
    assert hook_of({"events": ["test"]}, manifest) == hook(job("a"), "test")


@pytest.mark.parametrize(
    ("annotation", "found"), [("", None), ("[]", None), ("{}", {}), ('{"Job a": "b"}', {"Job a": "b"})]
)
def test_what_an_annotation_says_of_hooks(annotation: str, found: dict[str, str] | None) -> None:
    assert fingerprints_in(annotation) == found
