"""How the record of a deployment follows what a driver announces."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from fairlead.domain.keeping.deployments import DeploymentStatus
from fairlead.domain.rollout.phases import Phase, UnitOutcome

_OUTCOMES: Final[Mapping[UnitOutcome, DeploymentStatus]] = MappingProxyType(
    {
        UnitOutcome.DEPLOYED: DeploymentStatus.DEPLOYED,
        UnitOutcome.IN_PLACE: DeploymentStatus.DEPLOYED,
        UnitOutcome.UNCHANGED: DeploymentStatus.DEPLOYED,
        UnitOutcome.KEPT: DeploymentStatus.DEPLOYED,
        UnitOutcome.DONE: DeploymentStatus.DEPLOYED,
        UnitOutcome.NOTHING: DeploymentStatus.FAILED,
        UnitOutcome.FAILED: DeploymentStatus.FAILED,
        UnitOutcome.REFUSED: DeploymentStatus.FAILED,
        UnitOutcome.ABORTED: DeploymentStatus.ABORTED,
        UnitOutcome.SUPERSEDED: DeploymentStatus.SUPERSEDED,
        UnitOutcome.UNDEPLOYED: DeploymentStatus.UNDEPLOYED,
    }
)
# How an undeployment ends. Every driver that takes over says again how all that is remembered ended.
_STAYS: Final = frozenset({UnitOutcome.ABORTED, UnitOutcome.REFUSED, UnitOutcome.SUPERSEDED})
_PHASES: Final[Mapping[Phase, DeploymentStatus]] = MappingProxyType(
    {
        Phase.AWAITING: DeploymentStatus.AWAITING,
        Phase.BLOCKED: DeploymentStatus.BLOCKED,
        Phase.UNDEPLOYING: DeploymentStatus.UNDEPLOYING,
    }
)


def entered(status: DeploymentStatus, phase: Phase) -> DeploymentStatus:
    """Return how a deployment stands when its unit enters a phase; what has ended stays as it ended."""
    if phase is Phase.UNDEPLOYING and status is DeploymentStatus.DEPLOYED:
        return DeploymentStatus.UNDEPLOYING
    if not status.is_under_way or phase is Phase.IDLE:
        return status
    return _PHASES.get(phase, DeploymentStatus.DEPLOYING)


def ended(status: DeploymentStatus, outcome: UnitOutcome) -> DeploymentStatus:
    """Return how a deployment stands when an intent about it has ended; of an undeployment given up, it still runs."""
    if status in (DeploymentStatus.DEPLOYED, DeploymentStatus.UNDEPLOYING):
        if outcome is UnitOutcome.UNDEPLOYED:
            return DeploymentStatus.UNDEPLOYED
        return DeploymentStatus.DEPLOYED if outcome in _STAYS else status
    return _OUTCOMES[outcome] if status.is_under_way else status
