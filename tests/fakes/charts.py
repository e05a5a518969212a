"""Charts for tests: the fixture charts, and small ones written on the spot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fairlead.adapters.charts.cache import ChartCache
from fairlead.adapters.charts.remote import Remote
from fairlead.adapters.charts.source import Charts
from fairlead.adapters.registries.accounts import Accounts
from fairlead.adapters.registries.connecting import Connections
from fairlead.adapters.registries.kept import Kept
from fairlead.adapters.registries.registries import Registries
from fairlead.adapters.registries.repositories import Warned
from fairlead.domain.config import ChartDir, EnvRef, HelmRepo
from fairlead.domain.docker_config import Account
from fairlead.domain.errors import Problem
from fairlead.domain.images import ImageName
from fairlead.domain.rendering import LocalChart
from fairlead.doors.paths import Paths
from fairlead.ports.clock import Clock
from tests.fakes.clock import FakeClock

FIXTURES = Path(__file__).parents[1] / "fixtures" / "charts"


def _nothing(_problem: Problem) -> None:
    pass


CHART_YAML = "apiVersion: v2\nname: small\nversion: 1.0.0\n"


async def passwords(source: EnvRef) -> str:
    """Answer with the name of what holds the password."""
    return f"password of {source.name}"


@dataclass(slots=True)
class KnownAccounts:
    """Logins by registry, and who was asked for."""

    known: dict[str, Account] = field(default_factory=dict)
    asked: list[ImageName] = field(default_factory=list)

    async def account(self, image: ImageName) -> Account | None:
        self.asked.append(image)
        return self.known.get(image.registry)

    async def close(self) -> None:
        pass


def registries(
    *, accounts: Accounts | None = None, clock: Clock | None = None, kept: Path | None = None, warned: Warned = _nothing
) -> Registries:
    """Return what asks registries and repositories; waiting takes no time."""
    connections = Connections(clock or FakeClock(), passwords)
    return Registries(connections, accounts or KnownAccounts(), Kept(kept), warned)


class OwningCharts(Charts):
    """A chart source with connections of its own."""

    async def close(self) -> None:
        await Charts.close(self)
        assert isinstance(self.remote.archives, Registries)
        await self.remote.archives.close()


def charts(root: Path, cache: Path, *, offline: bool = False) -> OwningCharts:
    """Return a chart source for the repository at `root`."""
    store = ChartCache(cache)
    return OwningCharts(Paths(root.resolve()), store, Remote(store, registries(), offline=offline))


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
