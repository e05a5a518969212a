"""A registry in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fairlead.domain.config import ChartOci, ChartReference, HelmRepo
from fairlead.domain.errors import FairleadError, InputError, Problem, RemoteRefused
from fairlead.domain.images import ImageName, parse_image
from fairlead.domain.published import ChartVersion, ImageFacts

DEFAULT_PLATFORM = "linux/amd64"


@dataclass(slots=True)
class FakeRegistry:
    """Holds what tests publish. What stands in `failing`, by image, `IMAGE:TAG` or chart reference, fails so."""

    images: dict[ImageName, dict[str, dict[str, ImageFacts]]] = field(default_factory=dict)
    charts: dict[str, tuple[ChartVersion, ...]] = field(default_factory=dict)
    failing: dict[str, FairleadError] = field(default_factory=dict)
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def publish(self, image: str, facts: ImageFacts | Mapping[str, ImageFacts]) -> None:
        """Add `REPOSITORY:TAG`, for one platform or with the facts of several."""
        reference = parse_image(image)
        assert reference.tag is not None
        platforms = {DEFAULT_PLATFORM: facts} if isinstance(facts, ImageFacts) else dict(facts)
        self.images.setdefault(reference.name, {})[reference.tag] = platforms

    def publish_chart(self, reference: str, *versions: ChartVersion) -> None:
        """Set the versions of a chart: `REPO/CHART` or `oci://HOST/PATH`."""
        self.charts[reference] = versions

    async def tags(self, image: ImageName) -> tuple[str, ...]:
        self._ask("tags", str(image))
        return tuple(self._tags(image))

    async def facts(self, image: ImageName, tag: str, platform: str | None = None) -> ImageFacts:
        self._ask("facts", str(image), tag)
        platforms = self._tags(image).get(tag)
        if platforms is None:
            raise RemoteRefused(Problem("tagNotFound", f"{image} has no tag {tag}"), status=404)
        wanted = platform or (DEFAULT_PLATFORM if DEFAULT_PLATFORM in platforms else next(iter(platforms)))
        if wanted not in platforms:
            raise RemoteRefused(Problem("platformNotFound", f"{image}:{tag} is not there for {wanted}"), status=404)
        return platforms[wanted]

    async def chart_versions(
        self, chart: ChartReference | ChartOci, repos: tuple[HelmRepo, ...], *, times: bool = False
    ) -> tuple[ChartVersion, ...]:
        self._ask("chart", chart.reference)
        if chart.reference not in self.charts:
            raise InputError(Problem("chartNotFound", f"there is no chart {chart.reference}"))
        known = self.charts[chart.reference]
        if isinstance(chart, ChartOci) and not times:  # a registry tells them only when each is asked for
            return tuple(replace(one, created=None) for one in known)
        return known

    async def close(self) -> None:
        self.asked.append(("close",))

    def _ask(self, *question: str) -> None:
        self.asked.append(question)
        for name in (question[1], ":".join(question[1:])):
            if name in self.failing:
                raise self.failing[name]

    def _tags(self, image: ImageName) -> dict[str, dict[str, ImageFacts]]:
        if image not in self.images:
            raise RemoteRefused(Problem("imageNotFound", f"there is no image {image}"), status=404)
        return self.images[image]
