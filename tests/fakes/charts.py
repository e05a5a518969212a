"""Charts for tests: the fixture charts, and small ones written on the spot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fairlead.adapters.charts.cache import ChartCache
from fairlead.adapters.charts.remote import Remote
from fairlead.adapters.charts.source import Charts
from fairlead.domain.config import ChartDir, EnvRef, HelmRepo, SecretRef
from fairlead.domain.rendering import LocalChart
from fairlead.doors.paths import Paths

FIXTURES = Path(__file__).parents[1] / "fixtures" / "charts"

CHART_YAML = "apiVersion: v2\nname: small\nversion: 1.0.0\n"


async def passwords(source: EnvRef | SecretRef) -> str:
    """Answer with the name of what holds the password."""
    return f"password of {source.name}"


def charts(root: Path, cache: Path, *, offline: bool = False) -> Charts:
    """Return a chart source for the repository at `root`."""
    store = ChartCache(cache)
    return Charts(Paths(root.resolve()), store, Remote(store, passwords, offline=offline))


async def fixture_chart(name: str, cache: Path) -> LocalChart:
    """Return one of the fixture charts."""
    return await charts(FIXTURES, cache).fetch(ChartDir(name), ())


async def small_chart(files: Mapping[str, str], folder: Path, repos: tuple[HelmRepo, ...] = ()) -> LocalChart:
    """Write a chart (Chart.yaml may be left out) and return it."""
    write_chart(folder / "chart", files)
    return await charts(folder, folder / "cache").fetch(ChartDir("chart"), repos)


def write_chart(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files of a chart; Chart.yaml may be left out."""
    for path, text in {"Chart.yaml": CHART_YAML, **files}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
