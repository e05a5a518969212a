"""The `Registry` and `ChartArchives` ports: everything asked of registries and chart repositories in a run."""

from __future__ import annotations

from dataclasses import dataclass, field

from fairlead.adapters.registries import chart_pulling
from fairlead.adapters.registries.accounts import Accounts
from fairlead.adapters.registries.connecting import Connections
from fairlead.adapters.registries.describing import describe
from fairlead.adapters.registries.kept import Kept
from fairlead.adapters.registries.once import Once
from fairlead.adapters.registries.repositories import Repository, Warned
from fairlead.adapters.registries.sessions import Session, address_of
from fairlead.adapters.registries.tags import list_tags
from fairlead.domain.chart_places import ChartPlace, place_of
from fairlead.domain.config import ChartOci, ChartReference, HelmRepo
from fairlead.domain.docker_config import Account
from fairlead.domain.errors import Problem
from fairlead.domain.images import ImageName
from fairlead.domain.published import ChartVersion, ImageFacts


def _ignored(_problem: Problem) -> None:
    pass


@dataclass(slots=True)
class Registries:
    """Asks registries and repositories, each question once. `kept` is what earlier runs learned."""

    connections: Connections
    accounts: Accounts
    kept: Kept = field(default_factory=Kept)
    warned: Warned = _ignored
    _sessions: dict[tuple[ImageName, HelmRepo | None], Session] = field(default_factory=dict, init=False)
    _repositories: Once[tuple[str, HelmRepo | None], Repository] = field(default_factory=Once, init=False)
    _opened_repositories: list[Repository] = field(default_factory=list, init=False)
    _tags: Once[ImageName, tuple[str, ...]] = field(default_factory=Once, init=False)
    _facts: Once[tuple[ImageName, str, str | None], ImageFacts] = field(default_factory=Once, init=False)
    _versions: Once[tuple[ChartPlace, bool], tuple[ChartVersion, ...]] = field(default_factory=Once, init=False)

    async def tags(self, image: ImageName) -> tuple[str, ...]:
        """Return every tag of an image; see the port."""
        return await self._tags.get(image, lambda: list_tags(self._session(image, None), self.kept))

    async def facts(self, image: ImageName, tag: str, platform: str | None = None) -> ImageFacts:
        """Return what a tag names; see the port."""
        session = self._session(image, None)
        return await self._facts.get((image, tag, platform), lambda: describe(session, tag, platform, self.kept))

    async def chart_versions(
        self, chart: ChartReference | ChartOci, repos: tuple[HelmRepo, ...], *, times: bool = False
    ) -> tuple[ChartVersion, ...]:
        """Return every version of a chart; see the port."""
        place = place_of(chart, repos)
        return await self._versions.get((place, times), lambda: self._chart_versions(place, times=times))

    async def archive(self, place: ChartPlace, version: str) -> bytes:
        """Return a packaged chart; see the port."""
        if place.in_registry:
            return await chart_pulling.pull(self._session(place.image, place.repo), version)
        return await (await self._repository(place)).archive(place.name, version)

    async def close(self) -> None:
        """Close every connection; questions under way end."""
        for asked in (self._tags, self._facts, self._versions, self._repositories):
            await asked.close()
        for repository in self._opened_repositories:
            await repository.close()
        await self.accounts.close()
        await self.connections.close()

    async def _chart_versions(self, place: ChartPlace, *, times: bool) -> tuple[ChartVersion, ...]:
        if place.in_registry:
            return await chart_pulling.versions(self._session(place.image, place.repo), self.kept, times=times)
        return await (await self._repository(place)).versions(place.name)

    def _session(self, image: ImageName, repo: HelmRepo | None) -> Session:
        session = self._sessions.get((image, repo))
        if session is None:
            host = self.connections.host(address_of(image.registry), repo)

            async def account() -> Account | None:
                return await self.connections.declared(repo) or await self.accounts.account(image)

            session = self._sessions[image, repo] = Session(host, image, account)
        return session

    async def _repository(self, place: ChartPlace) -> Repository:
        return await self._repositories.get((place.url, place.repo), lambda: self._opened(place))

    async def _opened(self, place: ChartPlace) -> Repository:
        account = await self.connections.declared(place.repo)
        host = self.connections.host(place.url, place.repo)
        self._opened_repositories.append(Repository(place.url, host, account, self.kept, self.warned))
        return self._opened_repositories[-1]
