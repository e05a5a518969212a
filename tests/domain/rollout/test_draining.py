"""Before the pods of a unit go, those who talk to them come to their end: where there can be any."""

from __future__ import annotations

import pytest

from fairlead.domain.rollout.anchor import Anchor, Version
from fairlead.domain.rollout.judging import judge
from fairlead.domain.rollout.observation import Observation, VersionSeen
from fairlead.domain.rollout.phases import Kind, Part, Phase, VersionState
from tests.domain.rollout.units import T0, after, spec_of


def _version(name: str, state: VersionState, *, was_live: bool) -> Version:
    return Version(
        spec=spec_of(name),
        state=state,
        since=T0,
        deployment="d1",
        by="ann",
        replicas={},
        deadline=after(600),
        was_live=was_live,
        evidence=True,
    )


@pytest.mark.parametrize(
    ("was_live", "drained", "expected"),
    [(False, False, [Kind.DRAINED]), (True, False, []), (True, True, [Kind.DRAINED])],
    ids=["never-live", "in-use", "drained"],
)
def test_only_versions_that_had_traffic_are_waited_for(was_live: bool, drained: bool, expected: list[Kind]) -> None:
    never = _version("1", VersionState.FAILED, was_live=False)
    versions = (never, _version("2", VersionState.LIVE, was_live=True)) if was_live else (never,)
    anchor = Anchor(phase=Phase.UNDEPLOYING, part=Part.DRAINING, deadline=after(60), versions=versions)
    seen = {"1": VersionSeen(), "2": VersionSeen(drained=drained)}
    assert [event.kind for event in judge(anchor, Observation(versions=seen), after(1))] == expected
