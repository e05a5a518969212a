"""What a saved plan is about, as it is declared later. How it is saved and applied: tests/cli/test_saved_plans.py."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fairlead.domain.changes import ReleasePlan
from fairlead.domain.config import Declaration, Environment
from fairlead.domain.errors import Refused
from fairlead.domain.identity import ReleaseKey, Revision
from fairlead.domain.saved_plans import SavedPlan, SavedRelease
from fairlead.domain.targets import Target
from fairlead.pipeline.saving import Chosen, chosen
from tests.fakes.declared import declare_releases
from tests.fakes.releases import environment, release, wanted

WEB, OLD = release("web"), release("old")
TEST = environment(WEB)
TWIN = replace(environment(WEB, OLD), name="twin")


def _declared(*environments: Environment) -> Declaration:
    return replace(declare_releases("releases: []").declaration, environments=environments)


def _saved(*keys: ReleaseKey, removed: tuple[ReleaseKey, ...] = ()) -> SavedPlan:
    one = wanted()
    revision = Revision(one.source, "sha256:in", "sha256:out")
    plans = [ReleasePlan(key, revision, (), one.rendered, is_removal=key in removed) for key in (*keys, *removed)]
    return SavedPlan("sha256:p", tuple(SavedRelease.of(plan, "cluster", ()) for plan in plans))


def _key(name: str, environment: str = "test", namespace: str = "default") -> ReleaseKey:
    return ReleaseKey(environment, "c", namespace, name)


def test_releases_are_found_as_they_are_declared_now() -> None:
    found = chosen(_saved(_key("web"), removed=(_key("old"),)), _declared(TEST), "plan.json")
    assert found.targets == (Target(TEST, WEB),)
    assert [target.key for target in found.removed] == [_key("old")]
    assert [target.key for target in found.everything] == [_key("web"), _key("old")]
    assert chosen(_saved(), _declared(), "plan.json") == Chosen(())


@pytest.mark.parametrize(
    ("saved", "environments"),
    [
        (_saved(_key("web")), ()),
        (_saved(_key("api")), (TEST,)),
        (_saved(_key("web", namespace="elsewhere")), (TEST,)),
        (_saved(removed=(_key("web"),)), (TEST,)),
        (_saved(removed=(_key("old"),)), (TEST, TWIN)),
    ],
    ids=["no environment", "no release", "another place", "declared again", "declared again by another environment"],
)
def test_what_is_declared_otherwise_is_refused(saved: SavedPlan, environments: tuple[Environment, ...]) -> None:
    with pytest.raises(Refused) as refusal:
        chosen(saved, _declared(*environments), "plan.json")
    (problem,) = refusal.value.problems
    assert (problem.code, problem.file, problem.path) == ("planOutdated", "plan.json", str(saved.releases[0].key))
