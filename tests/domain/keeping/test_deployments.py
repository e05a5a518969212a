"""The statuses of deployments."""

from __future__ import annotations

from fairlead.domain.keeping.deployments import KEPT, DeploymentStatus


def test_what_is_under_way_or_runs_is_never_tidied_away() -> None:
    assert {status for status in DeploymentStatus if status.is_under_way} == KEPT - {DeploymentStatus.DEPLOYED}
    assert {status for status in DeploymentStatus if status not in KEPT} == {
        DeploymentStatus.UNDEPLOYED,
        DeploymentStatus.REPLACED,
        DeploymentStatus.SUPERSEDED,
        DeploymentStatus.ABORTED,
        DeploymentStatus.FAILED,
    }
