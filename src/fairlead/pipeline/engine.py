"""What the stages of a run get from outside, and how many things are done at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from fairlead.domain.chart_files import ChartFiles
from fairlead.domain.config import App
from fairlead.domain.identity import Commit, ReleaseKey
from fairlead.domain.rendering import LocalChart, RenderedRelease
from fairlead.domain.state import Rejection
from fairlead.domain.targets import Target
from fairlead.ports.anchors import AnchorStore
from fairlead.ports.charts import ChartSource
from fairlead.ports.clock import Clock
from fairlead.ports.cluster import Cluster
from fairlead.ports.events import EventSink
from fairlead.ports.statestore import StateStore
from fairlead.ports.whoami import WhoAmI

T = TypeVar("T")
U = TypeVar("U")


Ancestry = Callable[[str, str], Awaitable[bool]]
"""Whether the first commit is an ancestor of the second; False also when nobody here knows them."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The ports of a run. `clusters` are the doors by name of the environment, `stores` what is remembered there.

    `pulse` is the clock of what goes on in the background; `ancestry` tells which of two commits came first.
    `charts` gives the files of a chart for Helm's record of it; whoever deploys charts must give it. `anchors` are the
    memory of units, of environments that have apps.
    """

    clusters: Mapping[str, Cluster]
    stores: Mapping[str, StateStore]
    events: EventSink
    clock: Clock
    whoami: WhoAmI
    pulse: Clock
    ancestry: Ancestry
    charts: Callable[[], Awaitable[ChartSource]] | None = None
    anchors: Mapping[str, AnchorStore] = field(default_factory=dict)

    def cluster(self, key: ReleaseKey) -> Cluster:
        """Return the door to the cluster of a release."""
        return self.clusters[key.environment]

    def store(self, key: ReleaseKey) -> StateStore:
        """Return what is remembered in the cluster of a release."""
        return self.stores[key.environment]

    async def chart_files(self, chart: LocalChart) -> ChartFiles:
        """Return the files of a chart that was rendered."""
        if self.charts is None:
            raise AssertionError("an engine without charts was asked to deploy one")
        return await (await self.charts()).files(chart)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A release as it shall be: what was declared, from which commit, and what it rendered to.

    `is_removed`: it shall not be there any more, and `rendered` holds no objects, at most its hooks. `returns_to` is
    the deployment that it was taken from, where it is not what is declared; `rejects` the inputs it turns away from.
    """

    target: Target
    rendered: RenderedRelease
    source: Commit
    is_removed: bool = False
    returns_to: int | None = None
    rejects: Rejection | None = None

    @property
    def is_app(self) -> bool:
        """Whether the release is declared as an app."""
        return isinstance(self.target.release.source, App)

    @property
    def key(self) -> ReleaseKey:
        """Which release, and where."""
        return self.target.key


async def both(one: Awaitable[T], other: Awaitable[U]) -> tuple[T, U]:
    """Await two things at once; the first failure ends the other one and is raised."""
    first, second = asyncio.ensure_future(one), asyncio.ensure_future(other)
    try:
        return await asyncio.gather(first, second)
    finally:
        for task in (first, second):
            task.cancel()
        await asyncio.gather(first, second, return_exceptions=True)


async def at_once(work: Iterable[Awaitable[T]]) -> list[T]:
    """Await everything at once and return the results in order; the first failure ends all the rest and is raised."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
