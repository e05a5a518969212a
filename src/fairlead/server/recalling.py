"""What a version was made of that was deployed before: from the records, else from its cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairlead.domain.keeping.deployments import DeploymentFilter, DeploymentStatus
from fairlead.domain.scopes import one_unit
from fairlead.domain.units import UnitKey
from fairlead.ports.store import Store
from fairlead.server.rollouts import Rollouts

# What never ran says nothing of what its version was made of in the end.
_RAN: Final = frozenset(DeploymentStatus) - {
    DeploymentStatus.FAILED,
    DeploymentStatus.ABORTED,
    DeploymentStatus.SUPERSEDED,
}


@dataclass(frozen=True, slots=True)
class Recalling:
    """Who can be asked."""

    store: Store
    rollouts: Rollouts

    async def descriptor(self, unit: UnitKey, version: str) -> Mapping[str, Any] | None:
        """Return the descriptor of a version, None when nobody has it any more.

        Raises:
            FairleadError: no record has it, and the cluster does not answer.
        """
        after: int | None = None
        while True:
            page = await self.store.deployments.page(DeploymentFilter(one_unit(unit), _RAN), after=after)
            for record in page.items:
                found: Mapping[str, Any] = record.document.get("descriptor", {})
                if found and record.version == version:
                    return found
            if (after := page.after) is None:
                return (await self.rollouts.recall(unit)).descriptors.get(version)
