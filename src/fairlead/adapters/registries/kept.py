"""What was learned from registries, on this machine: answers that can be asked for again cheaply, and facts by digest.

An answer is kept with the validator that it came with (`ETag`, `Last-Modified`; RFC 9110, 13.1), and used only after
the other side said that it is still the same; so it also says that we may still read it. What a digest names never
changes. Entries appear complete or not at all; one that cannot be read or written counts as absent. The folder is the
user's alone (0700), and may be deleted at any time.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fairlead.domain.identity import sha256_json
from fairlead.doors.dial import Response
from fairlead.doors.fetch import Fetch
from fairlead.doors.replacing import replace_file

_VALIDATORS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
_HEADERS = ("etag", "last-modified", "link")


@dataclass(frozen=True, slots=True)
class Kept:
    """A folder of entries; None keeps nothing."""

    folder: Path | None = None

    def load(self, *what: str) -> tuple[dict[str, Any], bytes] | None:
        """Return an entry: what it says of itself, and its body."""
        if self.folder is None:
            return None
        try:
            head, _, body = self._path(what).read_bytes().partition(b"\n")
            found = json.loads(head)
        except (OSError, ValueError, RecursionError):
            return None
        whole = isinstance(found, dict) and found.get("what") == list(what) and found.get("size") == len(body)
        return (found["head"], body) if whole and isinstance(found.get("head"), dict) else None

    def save(self, *what: str, head: Mapping[str, Any], body: bytes = b"") -> None:
        """Keep an entry."""
        if self.folder is None:
            return
        line = json.dumps({"what": what, "size": len(body), "head": head}).encode() + b"\n"
        with suppress(OSError):  # a cache that cannot be written costs time, and nothing else
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self._path(what), line + body)

    def _path(self, what: tuple[str, ...]) -> Path:
        assert self.folder is not None
        return self.folder / sha256_json(what).removeprefix("sha256:")


async def conditional(fetch: Fetch, send: Callable[[Fetch], Awaitable[Response]], kept: Kept) -> Response:
    """Ask only for what is newer than what is kept, and return the whole answer either way."""
    found = await asyncio.to_thread(kept.load, "answer", fetch.url)
    if found is None:
        return await _fresh(fetch, send, kept)
    head, body = found
    asked = {name: head[key] for key, name in _VALIDATORS.items() if key in head}
    response = await send(replace(fetch, headers={**fetch.headers, **asked}))
    if response.status == 304:
        return Response(200, head, body)
    return await _remembered(fetch, response, kept)


async def _fresh(fetch: Fetch, send: Callable[[Fetch], Awaitable[Response]], kept: Kept) -> Response:
    return await _remembered(fetch, await send(fetch), kept)


async def _remembered(fetch: Fetch, response: Response, kept: Kept) -> Response:
    head = {name: response.headers[name] for name in _HEADERS if name in response.headers}
    if response.status == 200 and any(name in head for name in _VALIDATORS):
        await asyncio.to_thread(kept.save, "answer", fetch.url, head=head, body=response.body)
    return response
