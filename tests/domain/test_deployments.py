from __future__ import annotations

import pytest

from fairlead.domain.config import ChartDir, ChartOci, ChartReference, Kustomization, ReleaseSource
from fairlead.domain.deployments import Deployment, Outcome, not_recorded
from fairlead.domain.health import HealthState
from fairlead.domain.identity import Commit, ReleaseKey, Revision
from fairlead.domain.targets import Target
from tests.fakes.releases import environment, release

KEY = ReleaseKey("test", "c", "shop", "web")
REVISION = Revision(Commit("c0ffee", dirty=True), "i", "m")


def test_the_wire_form_of_a_deployment() -> None:
    one = Deployment(KEY, Outcome.FAILED, REVISION, "d", {"create": 1}, HealthState.FAILED, 1.23456, "why")
    assert one.to_json() == {
        "environment": "test",
        "cluster": "c",
        "namespace": "shop",
        "release": "web",
        "number": None,
        "outcome": "failed",
        "revision": {"commit": "c0ffee", "dirty": True, "inputsDigest": "i", "manifestsDigest": "m"},
        "planDigest": "d",
        "summary": {"create": 1},
        "health": "failed",
        "durationSeconds": 1.235,
        "explanation": "why",
        "code": None,
        "rollbackTo": None,
        "version": None,
        "requested": False,
    }
    assert Deployment(KEY, Outcome.SKIPPED, REVISION, "d").to_json()["health"] is None


@pytest.mark.parametrize("outcome", Outcome)
def test_only_success_lets_dependents_go_on(outcome: Outcome) -> None:
    assert outcome.is_good is (outcome in (Outcome.SUCCEEDED, Outcome.UNCHANGED))


@pytest.mark.parametrize("outcome", Outcome)
def test_what_is_not_recorded_is_no_success(outcome: Outcome) -> None:
    one = Deployment(KEY, outcome, REVISION, "d", explanation="why", code="" if outcome.is_good else "own")
    found = not_recorded(one, "no rights", "forbidden")
    assert found.outcome is (Outcome.FAILED if outcome.is_good else outcome)
    assert found.code == ("forbidden" if outcome.is_good else "own")
    assert found.explanation.splitlines() == ["why", "no rights"]


def test_a_releases_own_namespace_wins() -> None:
    own = release(namespace="own")
    assert Target(environment(own), own).key == ReleaseKey("test", "c", "own", "web")


@pytest.mark.parametrize(
    ("source", "is_chart"),
    [
        (ChartDir("a"), True),
        (ChartReference("r/a", "1"), True),
        (ChartOci("oci://r/a", "1"), True),
        (Kustomization("k"), False),
    ],
)
def test_what_is_a_chart(source: ReleaseSource, is_chart: bool) -> None:
    declared = release()
    target = Target(environment(), type(declared)(declared.name, source, declared.place))
    assert target.is_chart is is_chart
