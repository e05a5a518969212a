from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.errors import InputError
from fairlead.domain.hooks import (
    BEFORE_CREATION,
    FAILED,
    SUCCEEDED,
    Occasion,
    deletes,
    fingerprints,
    from_stored,
    hooks_around,
    hooks_for,
    is_generated,
    ref_of,
    require_names,
    to_stored,
)
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.manifests import Manifest
from fairlead.domain.rendering import Hook
from tests.fakes.releases import definition, hook, job

KEY = ReleaseKey("test", "c", "default", "web")


def _named(metadata: dict[str, Any] | None) -> Hook:
    return Hook(("test",), 0, (), Manifest({**job(), "metadata": metadata}, "jobs.yaml", 7))


def test_hooks_of_an_event_run_by_weight_then_by_name() -> None:
    hooks = [
        hook(job("c"), "pre-install"),
        hook(job("b"), "pre-install", "pre-upgrade"),
        hook(job("a"), "post-install"),
        hook(job("z"), "pre-install", weight=-5),
    ]
    assert [one.manifest.ref.name for one in hooks_for(hooks, "pre-install")] == ["z", "b", "c"]
    assert hooks_for(hooks, "test") == ()


@pytest.mark.parametrize(
    ("policies", "deleted"),
    [((), {BEFORE_CREATION}), ((SUCCEEDED,), {SUCCEEDED}), ((SUCCEEDED, FAILED), {SUCCEEDED, FAILED})],
)
def test_delete_policies(policies: tuple[str, ...], deleted: set[str]) -> None:
    one = hook(job(), "pre-install", policies=policies)
    assert {policy for policy in (BEFORE_CREATION, SUCCEEDED, FAILED) if deletes(one, policy)} == deleted


def test_definitions_outlive_every_policy() -> None:
    one = hook(definition(), "pre-install", policies=(BEFORE_CREATION, SUCCEEDED, FAILED))
    assert not any(deletes(one, policy) for policy in (BEFORE_CREATION, SUCCEEDED, FAILED))


@pytest.mark.parametrize("occasion", Occasion)
def test_every_occasion_has_hooks_before_and_after(occasion: Occasion) -> None:
    hooks = [hook(job("after"), f"post-{occasion}"), hook(job("other"), "test"), hook(job("before"), f"pre-{occasion}")]
    before, after = hooks_around(iter(hooks), occasion)
    assert [one.manifest.ref.name for one in (*before, *after)] == ["before", "after"]


def test_a_hook_is_stored_and_read_back() -> None:
    one = hook(job(), "pre-install", "test", weight=-3, policies=(FAILED,))
    again = from_stored(to_stored(one), "templates/hook.yaml")
    assert again == one


@pytest.mark.parametrize(
    ("metadata", "is_chart", "code"),
    [
        ({"name": "a"}, True, None),
        ({"generateName": "a-"}, False, None),
        ({"generateName": "a-"}, True, "generateName"),
        ({}, False, "objectIncomplete"),
        (None, True, "objectIncomplete"),
    ],
)
def test_who_may_leave_the_name_to_the_server(
    metadata: dict[str, Any] | None, is_chart: bool, code: str | None
) -> None:
    one = _named(metadata)
    assert is_generated(one) == ("generateName" in (metadata or {}))
    if code is None:
        require_names([one], KEY, is_chart=is_chart)
        return
    with pytest.raises(InputError) as caught:
        require_names([hook(job(), "test"), one], KEY, is_chart=is_chart)
    assert [(found.code, found.file, found.line) for found in caught.value.problems] == [(code, "jobs.yaml", 7)]


def test_a_fingerprint_knows_what_a_hook_is_and_not_where_its_release_is() -> None:
    here, raw = hook(job(), "test"), Hook(("test",), 0, (), Manifest(job(), "a.yaml"))
    elsewhere = Hook(("test",), 0, (), Manifest({**job(), "metadata": {"name": "migrate", "namespace": "other"}}, ""))
    assert fingerprints([here], "default") == fingerprints([raw], "default")
    assert fingerprints([here], "default") != fingerprints([elsewhere], "default")
    generated = _named({"generateName": "a-"})
    found = list(fingerprints([here, raw, generated], "default"))
    assert found == ["batch/v1 Job migrate", "batch/v1 Job a-"]
    assert ref_of(found[0], "default") == here.manifest.ref
