"""The `Forge` port over HTTP: sends what a dialect says, reads what comes, and knows which failures pass."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from fairlead.adapters.forges.calls import Call, Dialect, Told
from fairlead.domain.errors import InputError, OperationFailed, Problem, RemoteRefused, Transient
from fairlead.doors.dial import Dialer, Response
from fairlead.ports.forge import PullRequest, Wanted

_MAX_PAGES = 100  # ten thousand open pull requests; an endless list ends here
_MAX_BYTES = 16 << 20
_MAX_SAID = 64 << 10  # bytes of a refusal that are looked at
_TIMEOUT = 30.0  # seconds
_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})
_USUAL_WAIT = 60.0  # seconds, where a limit does not say how long

Authorize = Callable[[], Awaitable[Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class RestForge:
    """A forge at `api`, in its dialect. `authorize` gives the headers that prove who asks."""

    api: str
    dialect: Dialect
    authorize: Authorize
    dialer: Dialer = field(default_factory=Dialer)

    async def open_requests(self, prefix: str) -> tuple[PullRequest, ...]:
        """Return the open pull requests from branches of this repository that start with `prefix`, all pages."""
        found: list[PullRequest] = []
        path: str | None = self.dialect.listing().path
        for _ in range(_MAX_PAGES):
            if path is None:
                return tuple(found)
            page = self.dialect.page(await self._told(Call("GET", path)), path)
            found += [each for each in page.items if each.branch.startswith(prefix)]
            path = page.following
        raise OperationFailed(Problem("forgeAnswer", f"{self.api} lists pull requests without end"))

    async def declined(self, branch: str) -> tuple[PullRequest, ...]:
        """Return the last pull requests from a branch of this repository that were closed without being merged."""
        closed = self.dialect.declined_requests(await self._told(self.dialect.declined(branch)))
        return tuple(each for each in closed if each.branch == branch)

    async def create(self, wanted: Wanted) -> PullRequest:
        """Open a pull request."""
        return self.dialect.request((await self._told(self.dialect.create(wanted))).value)

    async def update(self, request: PullRequest, wanted: Wanted) -> PullRequest:
        """Give an open pull request another title and text."""
        return self.dialect.request((await self._told(self.dialect.update(request, wanted))).value)

    async def close_request(self, request: PullRequest, comment: str) -> None:
        """Say why, then close it without merging."""
        await self._told(self.dialect.comment(request, comment))
        await self._told(self.dialect.closing(request))

    async def merge_when_checked(self, request: PullRequest) -> None:
        """Have it merged by the forge as soon as the checks passed."""
        call = self.dialect.merging(request)
        if call is None:
            message = "this forge cannot merge a pull request by itself"
            raise InputError(Problem("autoMergeUnsupported", message, remedy="remove `autoMerge`"))
        try:
            value = (await self._told(call)).value
        except RemoteRefused as error:
            if error.status == 409:  # Gitea, when that was asked before
                return
            raise
        if isinstance(value, dict) and value.get("errors"):  # GraphQL answers 200 whatever happened
            raise self._refused(200, orjson.dumps(value["errors"]), {})

    async def close(self) -> None:
        """Close connections."""
        await self.dialer.close()

    async def _told(self, call: Call) -> Told:
        proof = await self.authorize()
        headers = {"Accept": "application/json", "User-Agent": "fairlead", **proof}
        body = None
        if call.body is not None:
            headers["Content-Type"] = "application/json"
            body = orjson.dumps(call.body)
        response = await self.dialer.request(
            call.method, f"{self.api}{call.path}", headers=headers, body=body, timeout=_TIMEOUT, max_bytes=_MAX_BYTES
        )
        if not 200 <= response.status < 300:
            raise self._failure(response, proof)
        return Told(self._value(response), response.headers)

    def _value(self, response: Response) -> Any:
        try:
            return orjson.loads(response.body) if response.body else None
        except orjson.JSONDecodeError:
            remedy = "check the kind of the forge and the address of its API"
            raise OperationFailed(Problem("forgeAnswer", f"{self.api} answers with no JSON", remedy=remedy)) from None

    def _failure(self, response: Response, proof: Mapping[str, str]) -> OperationFailed:
        headers = response.headers  # GitHub's limits are refusals, too: the one of an hour, and the one of a moment
        limited = response.status == 403 and (headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers)
        if response.status in _LATER or limited:
            given = headers.get("retry-after", "")
            wait = float(given) if given.isdecimal() else _USUAL_WAIT
            message = f"{self.api} asks to come back later ({response.status})"
            return Transient(Problem("forgeBusy", message), delay_seconds=wait)
        return self._refused(response.status, response.body, proof)

    def _refused(self, status: int, body: bytes, proof: Mapping[str, str]) -> RemoteRefused:
        said = body[:_MAX_SAID].decode(errors="replace")
        for value in proof.values():  # a proxy or a test service may tell what it was asked with
            said = said.replace(value.rpartition(" ")[2], "***")
        shown = "".join(letter if letter.isprintable() else " " for letter in said[:300])
        remedy = "check the token, its rights on pull requests, and the name of the repository"
        return RemoteRefused(
            Problem("forgeRefused", f"{self.api} says {status}: {shown}", remedy=remedy), status=status
        )
