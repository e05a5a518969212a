"""Charts, renderer and kustomize without Helm: what comes out is what the test puts in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fairlead.domain.chart_files import ChartFiles
from fairlead.domain.config import Chart, HelmRepo
from fairlead.domain.rendering import ChartRequest, LocalChart, RenderedChart


@dataclass
class FakeCharts:
    """A chart source for which every chart is there already."""

    chart: LocalChart = field(default_factory=lambda: LocalChart("/charts/a.tgz", "sha256:" + "0" * 64, "a", "1.0.0"))
    fetched: list[Chart] = field(default_factory=list)
    content: ChartFiles = field(default_factory=dict)

    async def fetch(self, chart: Chart, repos: tuple[HelmRepo, ...]) -> LocalChart:
        self.fetched.append(chart)
        return self.chart

    async def files(self, chart: LocalChart) -> ChartFiles:
        return self.content

    async def close(self) -> None: ...


@dataclass
class FakeRenderer:
    """A renderer that answers with a function of the request."""

    answer: Callable[[ChartRequest], RenderedChart] = lambda _: RenderedChart(())
    version: str = "fake 1"
    requests: list[ChartRequest] = field(default_factory=list)
    defaults: dict[str, object] = field(default_factory=dict)

    async def render(self, request: ChartRequest) -> RenderedChart:
        self.requests.append(request)
        return self.answer(request)

    async def default_values(self, chart_path: str) -> dict[str, object]:
        return self.defaults

    async def close(self) -> None: ...


@dataclass
class FakeKustomize:
    """A kustomize that answers with one stream."""

    stream: bytes = b""
    built: list[str] = field(default_factory=list)

    async def build(self, path: str) -> bytes:
        self.built.append(path)
        return self.stream
