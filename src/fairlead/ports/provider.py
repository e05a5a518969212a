"""Credentials for clusters: what `init` runs, and how a declared cluster becomes an `Access`.

Guarantees: the user's kubeconfig is only written by `init`, atomically, and only in the entries that `init` names.
A context that leads to another cluster than it did at `init` is refused (`contextMismatch`), never used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from fairlead.domain.access import Access
from fairlead.domain.config import Cluster, Environment


@dataclass(frozen=True, slots=True)
class InitializedContext:
    """What `init` did for one environment."""

    name: str
    cluster: str
    server: str
    fingerprint: str
    changed: bool


class ClusterAccess(Protocol):
    """Turns declared clusters into access."""

    async def initialize(
        self, cluster: Cluster, environments: tuple[Environment, ...], *, contexts_only: bool, gitlab: bool
    ) -> tuple[InitializedContext, ...]:
        """Get credentials once for the cluster and set one `env:NAME` context per environment, in their order.

        Errors: `OperationFailed` (a credential program, `credentialsMissing`), `Refused` (`contextTaken`: a context
        of that name belongs to something else; then none of this cluster's is set).
        """
        ...

    async def access(self, cluster: Cluster, environment: Environment) -> Access:
        """Return how to reach the environment's cluster; `Refused` or `InputError` say what `init` must do first."""
        ...

    async def use(self, cluster: Cluster, environment: Environment) -> str:
        """Make the environment's context the current one and return its name; checked as `access` checks it."""
        ...
