from __future__ import annotations

import asyncio

import pytest

from fairlead.domain.config import Chart, ChartDir, HelmRepo
from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.rendering import LocalChart
from fairlead.pipeline.fetching import OneLook
from tests.fakes.rendering import FakeCharts


class SlowCharts(FakeCharts):
    """Charts that take a moment; those named in `broken` fail once."""

    def __init__(self, *broken: str) -> None:
        super().__init__(content={"values.yaml": b""})
        self.broken = list(broken)
        self.is_closed = False

    async def fetch(self, chart: Chart, repos: tuple[HelmRepo, ...]) -> LocalChart:
        await asyncio.sleep(0)
        found = await super().fetch(chart, repos)
        if isinstance(chart, ChartDir) and chart.path in self.broken:
            self.broken.remove(chart.path)
            raise OperationFailed(Problem("chartFetchFailed", "no answer"))
        return found

    async def close(self) -> None:
        self.is_closed = True


def looking(source: SlowCharts) -> OneLook:
    async def charts() -> SlowCharts:
        return source

    return OneLook(charts)


async def test_a_chart_is_fetched_once_however_many_ask_for_it() -> None:
    source = SlowCharts()
    look = looking(source)
    asked = [ChartDir("a"), ChartDir("b"), ChartDir("a"), ChartDir("a")]
    assert await asyncio.gather(*(look.fetch(chart, ()) for chart in asked)) == [source.chart] * 4
    assert source.fetched == [ChartDir("a"), ChartDir("b")]


async def test_a_failure_is_not_remembered() -> None:
    source = SlowCharts("a")
    look = looking(source)
    with pytest.raises(OperationFailed):
        await look.fetch(ChartDir("a"), ())
    assert await look.fetch(ChartDir("a"), ()) is source.chart


async def test_everything_else_is_the_sources() -> None:
    source = SlowCharts()
    look = looking(source)
    assert await look.files(source.chart) is source.content
    await look.close()
    assert not source.is_closed
