"""The `ChartSource`: from a declared chart to one archive in the cache that Helm can render."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from fairlead.adapters.charts.cache import ChartCache
from fairlead.adapters.charts.completing import Completer
from fairlead.adapters.charts.directory import read_directory
from fairlead.adapters.charts.metadata import read_metadata
from fairlead.adapters.charts.packages import pack_chart, unpack_chart, with_packaged
from fairlead.adapters.charts.remote import Remote
from fairlead.domain.chart_files import ChartFiles, asks_versions, check_schemas, generates, looks_up
from fairlead.domain.chart_places import is_chart_version
from fairlead.domain.config import Chart, ChartDir, ChartOci, ChartReference, HelmRepo
from fairlead.domain.errors import InputError, OperationFailed, Problem
from fairlead.domain.rendering import LocalChart
from fairlead.doors.paths import Paths


@dataclass(slots=True)
class Charts:
    """Brings charts here. Fetched versions are remembered for as long as this object lives."""

    paths: Paths
    cache: ChartCache
    remote: Remote
    _fetched: dict[Chart, asyncio.Task[LocalChart]] = field(default_factory=dict, init=False)

    async def fetch(self, chart: Chart, repos: tuple[HelmRepo, ...]) -> LocalChart:
        """Return a chart that can be rendered; see the port."""
        match chart:
            case ChartDir(path=path):
                files = await asyncio.to_thread(read_directory, self.paths, path)
                complete = await Completer(self.paths, self.remote, repos).completed(files, path)
                return await asyncio.to_thread(self._kept, complete, path)
            case ChartReference() | ChartOci():
                local = await self._once(chart, repos)
                # Verified on every use: the file may have changed since.
                return local if self.cache.load(local.digest) is not None else await self._published(chart, repos)

    async def files(self, chart: LocalChart) -> ChartFiles:
        """Return the files of a fetched chart; see the port."""
        data = await asyncio.to_thread(self.cache.load, chart.digest)
        if data is None:
            message = f"chart {chart.name} {chart.version} is no longer in the cache as it was rendered"
            raise OperationFailed(Problem("chartGone", message, remedy="run it again; the chart is fetched anew"))
        return await asyncio.to_thread(unpack_chart, data, name=f"{chart.name} {chart.version}")

    async def close(self) -> None:
        """Give up what is under way; connections belong to whoever fetches."""
        for task in self._fetched.values():
            task.cancel()

    async def _once(self, chart: ChartReference | ChartOci, repos: tuple[HelmRepo, ...]) -> LocalChart:
        task = self._fetched.get(chart)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._fetched[chart] = asyncio.create_task(self._published(chart, repos))
        return await asyncio.shield(task)

    async def _published(self, chart: ChartReference | ChartOci, repos: tuple[HelmRepo, ...]) -> LocalChart:
        if not is_chart_version(chart.version):
            message = f"found the version {chart.version!r} for {chart.reference}, expected an exact one such as 1.2.3"
            remedy = "write the exact version; ranges would deploy something else tomorrow"
            raise InputError(Problem("versionNotExact", message, remedy=remedy))
        data = await self.remote.archive(chart, repos)
        return await asyncio.to_thread(self._unpacked, data, chart)

    def _unpacked(self, data: bytes, chart: ChartReference | ChartOci) -> LocalChart:
        return self._kept(unpack_chart(data, name=chart.reference), chart.reference)

    def _kept(self, files: ChartFiles, where: str) -> LocalChart:
        metadata = read_metadata(files, where=where)
        everything = dict(with_packaged(files, where))
        check_schemas(everything, chart=metadata.name)
        digest = self.cache.save(pack_chart(files))
        return LocalChart(
            path=str(self.cache.path(digest)),
            digest=digest,
            name=metadata.name,
            version=metadata.version,
            generates=generates(everything),
            looks_up=looks_up(everything),
            asks_versions=asks_versions(everything),
        )
