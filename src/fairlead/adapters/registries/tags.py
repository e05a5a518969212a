"""Complete lists of tags (distribution specification 1.1, "Content discovery").

A list comes in pages that a `Link` header joins, wherever the address in it may point: the way is taken from it, never
the host. Some registries refuse large pages, some lose the header behind a proxy: a page that is exactly full is asked
what follows it. A list that does not end, or a page that is none, is an error: a part of a list is worth nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urljoin, urlsplit

from fairlead.adapters.registries.kept import Kept, conditional
from fairlead.adapters.registries.sessions import Session
from fairlead.domain.errors import OperationFailed, Problem, RemoteRefused
from fairlead.domain.images import ImageName, is_tag
from fairlead.doors.dial import Response
from fairlead.doors.fetch import Fetch

_PAGE_BYTES = 32 * 1024 * 1024
_BARREN = 10  # pages in a row that bring nothing new
_SIZES = (1000, 100, None)
_TOO_LARGE = frozenset({400, 405, 413, 414, 416, 422})
_AS_WRITTEN = "%/:=&?~+!$,;'@()*[]"
_LINK = re.compile(r"<([^<>]*)>((?:\s*;[^,<]*)*)")
_NEXT = re.compile(r";\s*rel\s*=\s*(\"[^\"]*\bnext\b[^\"]*\"|next\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a list is read before it counts as endless."""

    pages: int = 5_000
    total: int = 128 * 1024 * 1024


async def list_tags(session: Session, kept: Kept, limits: Limits = Limits()) -> tuple[str, ...]:
    """Return every tag, each once, in the order in which they came.

    Raises:
        RemoteRefused: `imageNotFound`, `registryRefused`.
        OperationFailed: `tagListUnusable`, and what `Session.get` raises.
    """
    listing = _Listing(session.image, limits)
    size, page = await _first(session, kept)
    url: str | None = session.url("tags", "list")
    while url is not None:
        listing.add(page)
        url = listing.following(page, url, size)
        if url is not None:
            page = _Page.of(await _answer(session, kept, url), session.image)
    return tuple(listing.tags)


@dataclass(frozen=True, slots=True)
class _Page:
    """One page: what stands in it, word by word, and where it says that the next one is."""

    entries: tuple[object, ...]
    link: str | None
    size: int

    @classmethod
    def of(cls, response: Response, image: ImageName) -> _Page:
        try:
            document = json.loads(response.body)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict) or "tags" not in document:
            raise _unusable(image, "the registry sent no list of tags")
        entries = document["tags"]
        if not isinstance(entries, list | None):
            raise _unusable(image, "the registry sent something else where tags are expected")
        return cls(tuple(entries or ()), next_link(response.headers), len(response.body))


@dataclass(slots=True)
class _Listing:
    """The tags so far, and the reasons to go on or to stop."""

    image: ImageName
    limits: Limits
    tags: dict[str, None] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    _bytes: int = 0
    _barren: int = 0

    def add(self, page: _Page) -> None:
        known = len(self.tags)
        self.tags.update((entry, None) for entry in page.entries if isinstance(entry, str) and is_tag(entry))
        self._barren = 0 if len(self.tags) > known else self._barren + 1
        self._bytes += page.size

    def following(self, page: _Page, url: str, size: int | None) -> str | None:
        """Return the address of the next page; None at the end."""
        if page.link is not None:
            target = _address(page.link, url, self.image)
            if target in self._asked or self._barren >= _BARREN:
                raise _unusable(self.image, "the registry's list of tags leads in a circle")
        elif size is not None and len(page.entries) == size and not self._barren and isinstance(page.entries[-1], str):
            target = f"{url.partition('?')[0]}?n={size}&last={quote(page.entries[-1], safe='')}"
        else:
            return None
        self._asked.add(target)
        if len(self._asked) >= self.limits.pages or self._bytes > self.limits.total:
            raise _unusable(self.image, f"the registry's list of tags does not end ({len(self.tags)} so far)")
        return target


async def _first(session: Session, kept: Kept) -> tuple[int | None, _Page]:
    """Return the first page, as large as the registry gives it, and the size that was asked for."""
    for size in _SIZES:
        url = session.url("tags", "list") + (f"?n={size}" if size else "")
        try:
            return size, _Page.of(await _answer(session, kept, url), session.image)
        except RemoteRefused as refused:
            if refused.status not in _TOO_LARGE or size is None:
                raise
    raise AssertionError("the last size is none at all, and its refusal is raised")


async def _answer(session: Session, kept: Kept, url: str) -> Response:
    fetch = Fetch(url, {"Accept": "application/json"}, timeout=30.0, max_bytes=_PAGE_BYTES)
    try:
        return await conditional(fetch, session.get, kept)
    except RemoteRefused as refused:
        if refused.status != 404:
            raise
        message = f"{session.image} is not in its registry"
        remedy = "correct the name of the image, or push it first; some registries also hide what one may not read"
        raise RemoteRefused(Problem("imageNotFound", message, remedy=remedy), status=404) from None


def next_link(headers: Mapping[str, str]) -> str | None:
    """Return the address of the next page from `Link` (RFC 8288), as written."""
    for target, parameters in _LINK.findall(headers.get("link", "")):
        if _NEXT.search(parameters):
            return str(target)
    return None


def _address(link: str, url: str, image: ImageName) -> str:
    """Return where a link leads, here. Scheme and port in it may be those behind a proxy, the host must be ours."""
    own = urlsplit(url)
    try:
        target = urlsplit(urljoin(url, link))
        foreign = bool(target.netloc) and target.hostname != own.hostname
    except ValueError:
        foreign, target = True, urlsplit("")
    if foreign or not target.path.startswith("/"):
        raise _unusable(image, "the registry's list of tags goes on somewhere else")
    path, query = quote(target.path, safe=_AS_WRITTEN), quote(target.query, safe=_AS_WRITTEN)
    return f"{own.scheme}://{own.netloc}{path}?{query}"


def _unusable(image: ImageName, message: str) -> OperationFailed:
    remedy = "try again later, or tell those who run the registry; nothing is decided from a part of a list"
    return OperationFailed(Problem("tagListUnusable", f"{image}: {message}", remedy=remedy))
