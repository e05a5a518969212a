"""Fetches each chart once in a run, so that a thousand releases of one chart read it once and all see the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from fairlead.domain.chart_files import ChartFiles
from fairlead.domain.config import Chart, HelmRepo
from fairlead.domain.rendering import LocalChart
from fairlead.ports.charts import ChartSource


@dataclass(frozen=True, slots=True)
class OneLook:
    """A chart source for the time of one run. `charts` gives the source behind it, which its owner closes."""

    charts: Callable[[], Awaitable[ChartSource]]
    _found: dict[Chart, LocalChart] = field(default_factory=dict, init=False)
    _locks: dict[Chart, asyncio.Lock] = field(default_factory=dict, init=False)

    async def fetch(self, chart: Chart, repos: tuple[HelmRepo, ...]) -> LocalChart:
        """Return a chart that can be rendered; see the port."""
        async with self._locks.setdefault(chart, asyncio.Lock()):
            if chart not in self._found:
                self._found[chart] = await (await self.charts()).fetch(chart, repos)
        return self._found[chart]

    async def files(self, chart: LocalChart) -> ChartFiles:
        """Return the files of a fetched chart; see the port."""
        return await (await self.charts()).files(chart)

    async def close(self) -> None:
        """Leave the source open."""
