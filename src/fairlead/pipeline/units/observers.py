"""One observer a cluster for all units that are driven at the same time: what they watch is mostly the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fairlead.pipeline.observation.observing import Observer
from fairlead.ports.clock import Clock
from fairlead.ports.cluster import Cluster


@dataclass(slots=True)
class _Shared:
    observer: Observer
    users: int = 0


@dataclass(slots=True)
class Observers:
    """The observers in use, by the cluster's declared name."""

    clock: Clock
    _shared: dict[str, _Shared] = field(default_factory=dict)

    @asynccontextmanager
    async def of(self, name: str, cluster: Cluster) -> AsyncIterator[Observer]:
        """Observe a cluster for the time of the block; the last one to leave ends its watches."""
        shared = self._shared.setdefault(name, _Shared(Observer(cluster, self.clock)))
        shared.users += 1
        try:
            yield shared.observer
        finally:
            shared.users -= 1
            if not shared.users:
                del self._shared[name]
                await shared.observer.close()
