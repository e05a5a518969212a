"""A repository of releases with triggers, and everything that is asked about newer versions, in memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from fairlead.domain.published import ImageFacts
from fairlead.domain.selection import Scope, choose_environments, choose_releases
from fairlead.domain.targets import Target
from fairlead.domain.upgrades.updates import Upgrades
from fairlead.doors.paths import Paths
from fairlead.pipeline.load import Loaded
from fairlead.pipeline.render import Rendering
from fairlead.pipeline.upgrades.upgrading import Upgrading
from fairlead.pipeline.values import ValuesFiles
from tests.fakes.clock import FakeClock
from tests.fakes.registry import FakeRegistry
from tests.fakes.rendering import FakeCharts, FakeKustomize, FakeRenderer
from tests.fakes.repository import load_files

T = TypeVar("T")

# `CACHE` takes the chart, its version and a trigger.
WEB = "reg.test/acme/web"
MINOR, NEWEST, PIN = "{image: {track: MinorVersion}}", "{image: {track: Newest}}", "{image: {digest: pin}}"
CACHE = "releases:\n  - {{name: cache, chart: {{reference: {0}, version: {1}}}, trigger: {{chart: {{{2}}}}}}}\n"

ENVIRONMENTS = """\
clusters: [{name: eu, provider: {minikube: {}}}]
helmRepos: [{name: acme, url: "https://charts.acme.test"}]
environments:
  - {name: test, clusterName: eu, kubeNamespace: shop-test, releasesFiles: [apps.yaml]}
"""
DAY = timedelta(days=1)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def digest(letter: str) -> str:
    """Return a digest that can be told from others by eye."""
    return "sha256:" + letter * 64


def made(days_ago: float = 1, letter: str = "0") -> ImageFacts:
    """Return the facts of an image that was made some days ago."""
    return ImageFacts(digest(letter), NOW - days_ago * DAY)


@dataclass
class Quiet:
    """Takes events and tells nobody."""

    def emit(self, event: object) -> None: ...


@dataclass
class Site:
    """Declared files and what there is to ask."""

    loaded: Loaded
    registry: FakeRegistry = field(default_factory=FakeRegistry)
    charts: FakeCharts = field(default_factory=FakeCharts)
    renderer: FakeRenderer = field(default_factory=FakeRenderer)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))

    @property
    def targets(self) -> tuple[Target, ...]:
        """Every release."""
        declaration = self.loaded.declaration
        return choose_releases(choose_environments(declaration, Scope(None, None, True)), (), None)

    @property
    def rendering(self) -> Rendering:
        """What releases are rendered with."""
        paths = Paths(self.loaded.root)
        return Rendering(
            self.loaded.declaration,
            paths,
            ValuesFiles(paths),
            Quiet(),
            charts=_ready(self.charts),
            renderer=_ready(self.renderer),
            kustomize=_ready(FakeKustomize()),
        )

    @property
    def upgrading(self) -> Upgrading:
        """What is tested."""
        return Upgrading(self.rendering, _ready(self.registry), self.clock)

    def publish(self, image: str, **tags: ImageFacts) -> None:
        """Publish an image's tags, written with underscores for dots: `v1_0=made()` is `1.0`."""
        for tag, facts in tags.items():
            self.registry.publish(f"{image}:{tag.removeprefix('v').replace('_', '.')}", facts)


def site(root: Path, releases: str, files: Mapping[str, str] | None = None) -> Site:
    """Return a site whose `apps.yaml` is this text."""
    return Site(load_files(root, {"environments.yaml": ENVIRONMENTS, "apps.yaml": releases, "c/": "", **(files or {})}))


def web(trigger: str, tag: str = "1.0", name: str = "web", repository: str = "acme/web") -> str:
    """Return a release of a chart that runs an image."""
    return (
        f"  - name: {name}\n    chart: {{dir: c}}\n    triggers: [{trigger}]\n    values:\n"
        f"      - {{key: image.repository, value: '{repository}'}}\n      - {{key: image.tag, value: '{tag}'}}\n"
        "      - {key: image.prefix, value: 'reg.test/'}\n"
    )


def _ready(value: T) -> Callable[[], Awaitable[T]]:
    async def get() -> T:
        return value

    return get


def poll_site(root: Path, trigger: str, tag: str = "1.0") -> Site:
    """Return a site of the one release `web`."""
    return site(root, "releases:\n" + web(trigger, tag))


def seen(found: Upgrades) -> list[tuple[str, str, str]]:
    """Return release, old and new version of each update."""
    return [(one.release.release, one.from_version, one.to_version) for one in found.updates]


def codes(found: Upgrades) -> list[tuple[str, str]]:
    """Return release and code of each that was skipped."""
    return [(one.release.release, one.code) for one in found.skipped]
