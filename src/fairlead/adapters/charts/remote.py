"""Published charts: which registry or repository a reference means, with whose credentials, and what is here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from fairlead.adapters.charts.cache import ChartCache
from fairlead.adapters.charts.login import Login
from fairlead.adapters.charts.metadata import is_chart_name
from fairlead.adapters.charts.registry import pull
from fairlead.adapters.charts.repository import Repository
from fairlead.domain.access import ClientCertificate
from fairlead.domain.config import ChartOci, ChartReference, EnvRef, HelmRepo, SecretRef
from fairlead.domain.errors import InputError, OperationFailed, Problem
from fairlead.doors.fetch import Fetcher
from fairlead.doors.trust import Trust

PasswordOf = Callable[[EnvRef | SecretRef], Awaitable[str]]


@dataclass(slots=True)
class Remote:
    """Fetches published charts. With `offline` nothing is ever contacted."""

    cache: ChartCache
    password_of: PasswordOf
    offline: bool = False
    _logins: dict[HelmRepo | None, Login] = field(default_factory=dict, init=False)
    _repositories: dict[tuple[str, HelmRepo | None], Repository] = field(default_factory=dict, init=False)

    async def archive(self, chart: ChartReference | ChartOci, repos: tuple[HelmRepo, ...]) -> bytes:
        """Return the packaged chart, from the cache or fetched; see the port for errors."""
        match chart:
            case ChartOci(reference=reference):
                url, name = reference.rpartition("/")[::2]
                repo = _covering(url, repos)
            case ChartReference(reference=reference):
                url, name, repo = _place(reference, repos)
        if not is_chart_name(name):
            message = f"found {reference!r}, expected a reference that ends in the name of a chart"
            raise InputError(Problem("chartInvalid", message, remedy="write REPO/CHART or oci://HOST/PATH/CHART"))
        what = (url, name, chart.version.removeprefix("v"))
        digest = self.cache.pinned(*what)
        data = self.cache.load(digest) if digest else None
        if data is None:
            data = await self._fetch(url, name, chart.version, repo)
            self.cache.pin(*what, digest=self.cache.save(data))
        return data

    async def close(self) -> None:
        """Close every connection."""
        for login in self._logins.values():
            await login.fetcher.close()

    async def _fetch(self, url: str, name: str, version: str, repo: HelmRepo | None) -> bytes:
        if self.offline:
            message = f"{url}/{name} {version} is not in the chart cache, and offline nothing may be fetched"
            remedy = "run `fairlead plan` once while the chart's source can be reached; the chart stays in the cache"
            raise OperationFailed(Problem("chartOffline", message, remedy=remedy))
        login = await self._login(repo)
        if url.startswith("oci://"):
            return await pull(login, f"{url}/{name}", version)
        repository = self._repositories.setdefault((url, repo), Repository(url, login))
        return await repository.archive(name, version)

    async def _login(self, repo: HelmRepo | None) -> Login:
        if repo not in self._logins:
            self._logins[repo] = await self._made(repo) if repo else Login(Fetcher(), None)
        return self._logins[repo]

    async def _made(self, repo: HelmRepo) -> Login:
        client = None
        if repo.cert_file and repo.key_file:
            client = ClientCertificate(_pem(repo.cert_file, repo), _pem(repo.key_file, repo))
        fetcher = Fetcher(Trust(ca=_pem(repo.ca_file, repo) if repo.ca_file else None, client=client))
        if repo.username is None or repo.password_from is None:
            return Login(fetcher, None)
        return Login(fetcher, (repo.username, await self.password_of(repo.password_from)))


def _place(reference: str, repos: tuple[HelmRepo, ...]) -> tuple[str, str, HelmRepo | None]:
    """Return URL, chart name and declaration of what `REPO/CHART` or `URL/CHART` (in dependencies) means."""
    where, _, name = reference.rpartition("/")
    if "://" in where:
        return where, name, _covering(where, repos)
    repo = next((repo for repo in repos if repo.name == where), None)
    if repo is None:
        known = ", ".join(repo.name for repo in repos) or "none"
        message = f"found {reference!r}, expected REPO/CHART with a declared repository (declared: {known})"
        raise InputError(Problem("chartInvalid", message, remedy="declare the repository under helmRepos"))
    return repo.url.rstrip("/"), name, repo


def _covering(url: str, repos: tuple[HelmRepo, ...]) -> HelmRepo | None:
    """Return the declared repository that a URL lies in: its TLS files and credentials are meant for it."""
    covering = [repo for repo in repos if f"{url}/".startswith(f"{repo.url.rstrip('/')}/")]
    return max(covering, key=lambda repo: len(repo.url), default=None)


def _pem(path: str, repo: HelmRepo) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        message = f"helmRepos {repo.name}: cannot read {path}: {error.strerror}"
        place = repo.place
        raise InputError(
            Problem("unreadableFile", message, place.file, place.line, remedy="correct the path of the TLS file")
        ) from None
