"""Helm repositories: an index.yaml over HTTP, and archives wherever the index says."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from fairlead.adapters.charts.login import Login
from fairlead.adapters.charts.metadata import same_version
from fairlead.domain.errors import InputError, OperationFailed, Problem, RemoteRefused
from fairlead.domain.identity import sha256_bytes
from fairlead.doors.dial import without_secrets
from fairlead.doors.fetch import Fetch, Origin
from fairlead.doors.yaml import read_manifests

MAX_INDEX_BYTES = 32 * 1024 * 1024
MAX_CHART_BYTES = 64 * 1024 * 1024


@dataclass(slots=True)
class Repository:
    """One repository. Its index is read once."""

    url: str
    login: Login
    _index: asyncio.Task[dict[str, Any]] | None = field(default=None, init=False)

    async def archive(self, name: str, version: str) -> bytes:
        """Fetch the archive of a chart version and check it against the index.

        Raises:
            InputError: `chartNotFound`.
            OperationFailed: `chartFetchFailed`, and whatever fetching raises.
        """
        entry = _entry(await self._entries(), name, version, self.url)
        urls = entry.get("urls")
        if not isinstance(urls, list) or not urls or not isinstance(urls[0], str):
            raise _failed(self.url, f"the index names no address for {name} {version}")
        url = urljoin(f"{self.url}/", urls[0])
        if Origin.of(self.url).scheme == "https" and Origin.of(url).scheme != "https":
            raise _failed(self.url, f"{name} {version} lies at {without_secrets(url)}, which is not encrypted")
        # An archive elsewhere is fetched without what belongs to the repository: password and client certificate.
        home = Origin.of(self.url)
        fetch = Fetch(url, secret_headers=self.login.basic, max_bytes=MAX_CHART_BYTES, home=home)
        response = await self.login.fetcher.get(fetch)
        _check_digest(entry.get("digest"), response.body, f"{name} {version}", self.url)
        return response.body

    async def _entries(self) -> dict[str, Any]:
        if self._index is None or (self._index.done() and self._index.exception() is not None):
            self._index = asyncio.create_task(self._read_index())
        return await asyncio.shield(self._index)

    async def _read_index(self) -> dict[str, Any]:
        url = f"{self.url}/index.yaml"
        try:
            response = await self.login.fetcher.get(
                Fetch(url, secret_headers=self.login.basic, max_bytes=MAX_INDEX_BYTES)
            )
        except RemoteRefused as refused:
            if refused.status != 404:
                raise
            raise _failed(self.url, "there is no index.yaml, so it is no Helm repository") from None
        return await asyncio.to_thread(_parsed, response.body, url)


def _parsed(body: bytes, url: str) -> dict[str, Any]:
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


def _entry(entries: dict[str, Any], name: str, version: str, url: str) -> dict[str, Any]:
    versions = entries.get(name)
    if isinstance(versions, list):
        for entry in versions:
            if isinstance(entry, dict) and same_version(str(entry.get("version")), version):
                return entry
    where = without_secrets(url)
    message = f"{where} has no version {version} of {name}" if versions else f"{where} has no chart {name}"
    raise InputError(Problem("chartNotFound", message, remedy="correct the name or the version of the chart"))


def _check_digest(digest: Any, body: bytes, what: str, url: str) -> None:
    if digest and sha256_bytes(body) != f"sha256:{str(digest).removeprefix('sha256:').lower()}":
        raise _failed(url, f"{what} is not the archive that the index describes: its digest differs")


def _failed(url: str, message: str) -> OperationFailed:
    remedy = "check the repository, or tell those who run it"
    return OperationFailed(Problem("chartFetchFailed", f"{without_secrets(url)}: {message}", remedy=remedy))
