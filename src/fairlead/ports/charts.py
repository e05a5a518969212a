"""Brings charts to this machine: directories, Helm repositories, OCI registries, with all their dependencies.

Guarantees: the returned chart is complete (Chart.lock honoured, dependencies present), its digest was verified on
this use, and nothing outside the chart cache was written.
"""

from __future__ import annotations

from typing import Protocol

from fairlead.domain.chart_files import ChartFiles
from fairlead.domain.chart_places import ChartPlace
from fairlead.domain.config import Chart, HelmRepo
from fairlead.domain.rendering import LocalChart


class ChartSource(Protocol):
    """Where charts come from."""

    async def fetch(self, chart: Chart, repos: tuple[HelmRepo, ...]) -> LocalChart:
        """Return a chart that can be rendered.

        Errors name the chart: `InputError` (`chartInvalid`, `chartNotFound`, `schemaReference`, `lockOutOfSync`,
        `archiveRefused`), `OperationFailed` (`chartFetchFailed`, `chartOffline`), `RemoteRefused`, `Transient`.
        """
        ...

    async def files(self, chart: LocalChart) -> ChartFiles:
        """Return the files of a chart that was fetched, by their paths in it; sub-charts lie under `charts/`.

        Errors: `OperationFailed` with code `chartGone` when it is no longer on this machine as it was.
        """
        ...

    async def close(self) -> None:
        """Close connections."""
        ...


class ChartArchives(Protocol):
    """Where published charts are fetched from, packaged, each verified by the digest that was published with it."""

    async def archive(self, place: ChartPlace, version: str) -> bytes:
        """Return the packaged chart.

        Errors: `InputError` (`chartInvalid`, `chartNotFound`), `OperationFailed` (`chartFetchFailed`,
        `realmRefused`), `RemoteRefused`, `Transient`.
        """
        ...
