"""Helm repositories: an index.yaml over HTTP, and archives wherever the index says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from fairlead.adapters.registries.hosts import Host
from fairlead.adapters.registries.kept import Kept, conditional
from fairlead.adapters.registries.manifests import read_time
from fairlead.adapters.registries.once import Once
from fairlead.domain.chart_places import is_chart_version, same_version
from fairlead.domain.docker_config import Account
from fairlead.domain.errors import InputError, OperationFailed, Problem, RemoteRefused, Severity
from fairlead.domain.identity import sha256_bytes
from fairlead.domain.images import is_digest
from fairlead.domain.published import ChartVersion
from fairlead.doors.dial import Response
from fairlead.doors.dial_failures import without_secrets
from fairlead.doors.fetch import Fetch, Origin, basic_auth
from fairlead.doors.yaml import read_manifests

MAX_INDEX_BYTES = 32 * 1024 * 1024
MAX_CHART_BYTES = 64 * 1024 * 1024

Warned = Callable[[Problem], None]


@dataclass(slots=True)
class Repository:
    """One repository. Its index is read once. `warned` hears of entries that cannot be used."""

    url: str
    host: Host
    account: Account | None
    kept: Kept
    warned: Warned
    _index: Once[str, Mapping[str, Any]] = field(default_factory=Once, init=False)

    async def archive(self, name: str, version: str) -> bytes:
        """Fetch the archive of a chart version and check it against the index.

        Raises:
            InputError: `chartNotFound`.
            OperationFailed: `chartFetchFailed`, and whatever fetching raises.
        """
        entry = _entry(await self._entries(), name, version=version, url=self.url)
        urls = entry.get("urls")
        if not isinstance(urls, list) or not urls or not isinstance(urls[0], str):
            raise _failed(self.url, f"the index names no address for {name} {version}")
        url = urljoin(f"{self.url}/", urls[0])
        home = Origin.of(self.url)
        if home.scheme == "https" and Origin.of(url).scheme != "https":
            raise _failed(self.url, f"{name} {version} lies at {without_secrets(url)}, which is not encrypted")
        # An archive elsewhere is fetched without what belongs to the repository: password and client certificate.
        response = await self._get(Fetch(url, secret_headers=self._basic, max_bytes=MAX_CHART_BYTES, home=home))
        _check_digest(entry.get("digest"), response.body, what=f"{name} {version}", url=self.url)
        return response.body

    async def versions(self, name: str) -> tuple[ChartVersion, ...]:
        """Return every version of a chart; entries that are none are left out, and told of.

        Raises:
            InputError: `chartNotFound`.
            OperationFailed: `chartFetchFailed`, and whatever fetching raises.
        """
        entries = (await self._entries()).get(name)
        if not isinstance(entries, list) or not entries:
            raise _not_found(f"{without_secrets(self.url)} has no chart {name}")
        found: dict[str, ChartVersion] = {}
        for number, entry in enumerate(entries):
            version = _version(entry)
            if isinstance(version, ChartVersion):
                found.setdefault(version.version, version)
            else:
                message = f"{without_secrets(self.url)}: entry {number} of {name} is left out: {version}"
                remedy = "tell those who run the repository"
                self.warned(Problem("chartEntryUnusable", message, remedy=remedy, severity=Severity.WARNING))
        return tuple(found.values())

    async def close(self) -> None:
        """Give up what is under way."""
        await self._index.close()

    @property
    def _basic(self) -> dict[str, str]:
        return basic_auth(self.account.username, self.account.password) if self.account else {}

    async def _entries(self) -> Mapping[str, Any]:
        return await self._index.get("index", self._read_index)

    async def _read_index(self) -> Mapping[str, Any]:
        fetch = Fetch(f"{self.url}/index.yaml", secret_headers=self._basic, max_bytes=MAX_INDEX_BYTES)
        try:
            response = await conditional(fetch, self._get, self.kept)
        except RemoteRefused as refused:
            if refused.status != 404:
                raise
            raise _failed(self.url, "there is no index.yaml, so it is no Helm repository") from None
        return await asyncio.to_thread(_parsed, response.body, fetch.url)

    async def _get(self, fetch: Fetch) -> Response:
        response = await self.host.send(fetch)
        if response.status in {200, 304}:
            return response
        message = f"{without_secrets(fetch.url)} answered with status {response.status}"
        remedy = "check username and passwordFrom" if response.status in {401, 403} else "check the address"
        raise RemoteRefused(Problem("remoteRefused", message, remedy=remedy), status=response.status)


def _version(entry: Any) -> ChartVersion | str:
    """Return what an entry says, or what is wrong with it."""
    if not isinstance(entry, dict):
        return "it is no mapping"
    version = entry.get("version")
    if not isinstance(version, str) or not is_chart_version(version):
        return f"found the version {str(version)[:80]!r}, expected one such as 1.2.3"
    urls = entry.get("urls")
    if not isinstance(urls, list) or not urls or not isinstance(urls[0], str):
        return "it names no address of the chart"
    digest = f"sha256:{str(entry.get('digest') or '').removeprefix('sha256:').lower()}"
    return ChartVersion(version, read_time(entry.get("created")), digest if is_digest(digest) else None)


def _parsed(body: bytes, url: str) -> Mapping[str, Any]:
    shown = without_secrets(url)
    try:
        documents = read_manifests(body, shown, duplicates=True)
    except InputError as error:
        raise _failed(shown, error.problems[0].message) from None
    index = documents[0][0] if documents else None
    entries = index.get("entries") if isinstance(index, dict) else None
    if not isinstance(entries, dict):
        raise _failed(shown, "the index lists no charts")
    return entries


def _entry(entries: Mapping[str, Any], name: str, *, version: str, url: str) -> dict[str, Any]:
    versions = entries.get(name)
    if isinstance(versions, list):
        for entry in versions:
            if isinstance(entry, dict) and same_version(str(entry.get("version")), version):
                return entry
    where = without_secrets(url)
    raise _not_found(f"{where} has no version {version} of {name}" if versions else f"{where} has no chart {name}")


def _not_found(message: str) -> InputError:
    return InputError(Problem("chartNotFound", message, remedy="correct the name or the version of the chart"))


def _check_digest(digest: Any, body: bytes, *, what: str, url: str) -> None:
    if digest and sha256_bytes(body) != f"sha256:{str(digest).removeprefix('sha256:').lower()}":
        raise _failed(url, f"{what} is not the archive that the index describes: its digest differs")


def _failed(url: str, message: str) -> OperationFailed:
    remedy = "check the repository, or tell those who run it"
    return OperationFailed(Problem("chartFetchFailed", f"{without_secrets(url)}: {message}", remedy=remedy))
