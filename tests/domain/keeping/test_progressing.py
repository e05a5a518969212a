from __future__ import annotations

import pytest

from fairlead.domain.keeping.deployments import DeploymentStatus
from fairlead.domain.keeping.progressing import ended, entered
from fairlead.domain.rollout.phases import Phase, UnitOutcome

S = DeploymentStatus


@pytest.mark.parametrize(
    ("status", "phase", "expected"),
    [
        (S.QUEUED, Phase.PREFLIGHT, S.DEPLOYING),
        (S.DEPLOYING, Phase.AWAITING, S.AWAITING),
        (S.AWAITING, Phase.STAGING, S.DEPLOYING),
        (S.DEPLOYING, Phase.BLOCKED, S.BLOCKED),
        (S.BLOCKED, Phase.REVERTING, S.DEPLOYING),
        (S.DEPLOYING, Phase.IDLE, S.DEPLOYING),
        (S.DEPLOYED, Phase.UNDEPLOYING, S.UNDEPLOYING),
        (S.DEPLOYED, Phase.PREFLIGHT, S.DEPLOYED),
        (S.FAILED, Phase.CREATING, S.FAILED),
    ],
)
def test_a_record_follows_the_phases(status: S, phase: Phase, expected: S) -> None:
    assert entered(status, phase) is expected


@pytest.mark.parametrize(
    ("status", "outcome", "expected"),
    [
        (S.DEPLOYING, UnitOutcome.DEPLOYED, S.DEPLOYED),
        (S.QUEUED, UnitOutcome.UNCHANGED, S.DEPLOYED),
        (S.DEPLOYING, UnitOutcome.REFUSED, S.FAILED),
        (S.AWAITING, UnitOutcome.ABORTED, S.ABORTED),
        (S.QUEUED, UnitOutcome.SUPERSEDED, S.SUPERSEDED),
        (S.UNDEPLOYING, UnitOutcome.UNDEPLOYED, S.UNDEPLOYED),
        (S.UNDEPLOYING, UnitOutcome.ABORTED, S.DEPLOYED),
        (S.UNDEPLOYING, UnitOutcome.REFUSED, S.DEPLOYED),
        (S.UNDEPLOYING, UnitOutcome.SUPERSEDED, S.DEPLOYED),
        (S.UNDEPLOYING, UnitOutcome.DEPLOYED, S.UNDEPLOYING),
        (S.UNDEPLOYING, UnitOutcome.NOTHING, S.UNDEPLOYING),
        (S.DEPLOYED, UnitOutcome.UNDEPLOYED, S.UNDEPLOYED),
        (S.DEPLOYED, UnitOutcome.REFUSED, S.DEPLOYED),
        (S.DEPLOYED, UnitOutcome.NOTHING, S.DEPLOYED),
        (S.ABORTED, UnitOutcome.DEPLOYED, S.ABORTED),
        (S.FAILED, UnitOutcome.UNDEPLOYED, S.FAILED),
    ],
)
def test_a_record_follows_the_outcome(status: S, outcome: UnitOutcome, expected: S) -> None:
    assert ended(status, outcome) is expected


def test_every_outcome_has_a_status() -> None:
    assert all(isinstance(ended(S.QUEUED, outcome), S) for outcome in UnitOutcome)
