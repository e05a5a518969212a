"""Deployments as they are kept: one Deploy intent each, with what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from fairlead.domain.scopes import EVERYTHING, Scope
from fairlead.domain.units import UnitKey


class DeploymentStatus(StrEnum):
    """How far a deployment has come."""

    QUEUED = "queued"
    DEPLOYING = "deploying"
    AWAITING = "awaiting"
    DEPLOYED = "deployed"
    UNDEPLOYING = "undeploying"
    UNDEPLOYED = "undeployed"
    REPLACED = "replaced"
    SUPERSEDED = "superseded"
    ABORTED = "aborted"
    FAILED = "failed"
    BLOCKED = "blocked"

    @property
    def is_under_way(self) -> bool:
        """Whether something still happens to it, or somebody has to decide."""
        return self in _UNDER_WAY


_UNDER_WAY: Final = frozenset(
    {
        DeploymentStatus.QUEUED,
        DeploymentStatus.DEPLOYING,
        DeploymentStatus.AWAITING,
        DeploymentStatus.UNDEPLOYING,
        DeploymentStatus.BLOCKED,
    }
)
# What stays however old it is: what runs in a cluster, or may still come to.
KEPT: Final = _UNDER_WAY | {DeploymentStatus.DEPLOYED}


DELETE_AFTER: Final = "deleteAfter"
"""The key in a record's document that says: when it is undeployed, the record goes too."""


@dataclass(frozen=True, slots=True)
class StoredDeployment:
    """One deployment. `document` is all that the store need not know of it, as JSON: the descriptor, who, why.

    `version` is empty until it is known. `revision` counts its changes from 1. `number` orders all deployments by their
    creation, whatever the clock said; the store gives it, 0 before.
    """

    identifier: str
    unit: UnitKey
    descriptor: str
    status: DeploymentStatus
    document: Mapping[str, Any]
    created: datetime
    modified: datetime
    version: str = ""
    revision: int = 1
    number: int = 0


@dataclass(frozen=True, slots=True)
class DeploymentFilter:
    """Which deployments a list asks for. No status means every status; `per_unit` takes the newest so many of each."""

    scope: Scope = EVERYTHING
    statuses: frozenset[DeploymentStatus] = frozenset()
    per_unit: int | None = None
