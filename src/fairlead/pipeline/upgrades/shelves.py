"""What is published of the images and charts that are watched: each asked for once, however many watch it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from fairlead.domain.config import ChartOci, ChartReference, HelmRepo
from fairlead.domain.errors import FairleadError, Problem, RemoteRefused
from fairlead.domain.images import ImageName
from fairlead.domain.published import ImageFacts
from fairlead.domain.upgrades.versions import same_version
from fairlead.pipeline.engine import at_once
from fairlead.pipeline.upgrades.watching import PublishedChart, Subject, Watch
from fairlead.pipeline.upgrades.weighing import Look
from fairlead.ports.registry import Registry


@dataclass(frozen=True, slots=True)
class Shelf:
    """All versions of one image or chart. A chart's list tells their facts too, so they need not be asked for."""

    versions: tuple[str, ...]
    facts: Mapping[str, ImageFacts] = field(default_factory=dict)

    def holds(self, watch: Watch) -> bool:
        """Tell whether what is there now is among them; a chart is also found by another spelling of its version."""
        return watch.current in self.versions or any(same_version(watch.current, one) for one in self.facts)


@dataclass(frozen=True, slots=True)
class Shelves:
    """Where versions come from. The registry is built when the first question is asked."""

    registry: Callable[[], Awaitable[Registry]]
    repos: tuple[HelmRepo, ...]

    async def every(self, watches: Iterable[Watch]) -> dict[str, Shelf | FairleadError]:
        """Return what is published, by the name of its image or chart, or why that is not known; all asked at once."""
        once: dict[str, Subject] = {}
        dated: set[str] = set()
        for watch in watches:
            once.setdefault(watch.subject_name, watch.subject)
            if watch.policy.needs_times:
                dated.add(watch.subject_name)
        answers = await at_once(self._known(subject, times=name in dated) for name, subject in once.items())
        return dict(zip(once, answers, strict=True))

    async def one(self, subject: Subject, *, times: bool) -> Shelf:
        """Return what is published of an image or chart; `times` as for the port's `chart_versions`."""
        registry = await self.registry()
        if isinstance(subject, ImageName):
            return Shelf(await registry.tags(subject))
        found = await registry.chart_versions(subject, self.repos, times=times)
        facts = {one.version: ImageFacts(one.digest or "", one.created) for one in found}
        return Shelf(tuple(facts), facts)

    def look(self, watch: Watch, shelf: Shelf) -> Look:
        """Return what tells the facts of single versions, for the platform that is watched."""
        subject = watch.subject

        async def facts(version: str) -> ImageFacts:
            if isinstance(subject, ImageName):
                return await (await self.registry()).facts(subject, version, watch.platform)
            found = next((one for one in shelf.facts if same_version(one, version)), None)
            if found is None:
                raise RemoteRefused(Problem("versionNotFound", f"{subject.reference} has no version {version}"))
            return shelf.facts[version if version in shelf.facts else found]

        return facts

    async def _known(self, subject: Subject, *, times: bool) -> Shelf | FairleadError:
        try:
            return await self.one(subject, times=times)
        except FairleadError as error:
            return error


def chart_named(reference: str, version: str) -> PublishedChart:
    """Return the chart that a reference names."""
    return ChartOci(reference, version) if reference.startswith("oci://") else ChartReference(reference, version)
