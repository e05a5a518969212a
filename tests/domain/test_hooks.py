from __future__ import annotations

import pytest

from fairlead.domain.hooks import BEFORE_CREATION, FAILED, SUCCEEDED, deletes, hooks_for
from tests.fakes.releases import hook, job


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
