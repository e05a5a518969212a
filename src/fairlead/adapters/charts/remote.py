"""Published charts: from the cache when they were fetched before, and otherwise from where they are published."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.adapters.charts.cache import ChartCache
from fairlead.domain.chart_places import ChartPlace, place_of
from fairlead.domain.config import ChartOci, ChartReference, HelmRepo
from fairlead.domain.errors import OperationFailed, Problem
from fairlead.ports.charts import ChartArchives


@dataclass(frozen=True, slots=True)
class Remote:
    """Brings published charts here. With `offline` nothing is ever contacted."""

    cache: ChartCache
    archives: ChartArchives
    offline: bool = False

    async def archive(self, chart: ChartReference | ChartOci, repos: tuple[HelmRepo, ...]) -> bytes:
        """Return the packaged chart, from the cache or fetched; see the port for errors."""
        place = place_of(chart, repos)
        what = (place.url, place.name, chart.version.removeprefix("v"))
        digest = self.cache.pinned(*what)
        data = self.cache.load(digest) if digest else None
        if data is None:
            data = await self._fetch(place, chart.version)
            self.cache.pin(*what, digest=self.cache.save(data))
        return data

    async def _fetch(self, place: ChartPlace, version: str) -> bytes:
        if self.offline:
            message = (
                f"{place.url}/{place.name} {version} is not in the chart cache, and offline nothing may be fetched"
            )
            remedy = "run `fairlead plan` once while the chart's source can be reached; the chart stays in the cache"
            raise OperationFailed(Problem("chartOffline", message, remedy=remedy))
        return await self.archives.archive(place, version)
