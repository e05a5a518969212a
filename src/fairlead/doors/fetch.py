"""Requests on top of the dialer: size and time limits, and redirects that never carry credentials away.

Credentials belong to one origin: scheme, host and port. A redirect to another origin is followed without them, and
without the client certificate; a redirect from https to http is refused (Helm CVE-2021-32690, go-git CVE-2026-41506).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urljoin, urlsplit

from fairlead.domain.errors import OperationFailed, Problem, RemoteRefused, Transient
from fairlead.doors.dial import Dialer, Response
from fairlead.doors.dial_failures import without_secrets
from fairlead.doors.trust import Trust

MAX_REDIRECTS = 5
ANY_STATUS = frozenset(range(100, 600))
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where credentials belong."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """Return the origin of a URL.

        Raises:
            OperationFailed: `urlInvalid`; it is no http or https URL with a host.
        """
        try:
            parts = urlsplit(url)
            port = parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            raise _unusable("it") from None
        if parts.scheme not in _PORTS or not parts.hostname or not port:
            raise _unusable(repr(without_secrets(url)))
        return cls(parts.scheme, parts.hostname, port)


@dataclass(frozen=True, slots=True)
class Fetch:
    """One request. `headers` go to every origin, `secret_headers` only to `home`: the URL's own, unless said.

    One with a `body` follows no redirect: what it carries is meant for one place.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    secret_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    accepted: frozenset[int] = frozenset({200})
    timeout: float = 60.0
    max_bytes: int = 64 * 1024 * 1024
    home: Origin | None = None
    method: str = "GET"
    body: bytes | None = field(default=None, repr=False)


class Fetcher:
    """Sends requests under one `Trust`. Must be closed."""

    def __init__(self, trust: Trust | None = None) -> None:
        self._trust = replace(trust or Trust(), decode=False)
        self._own = Dialer(self._trust)
        self._foreign: Dialer | None = None

    async def send(self, fetch: Fetch) -> Response:
        """Return the answer at the end of all redirects.

        Raises:
            RemoteRefused: the other side answered with a status that is not accepted.
            Transient: no answer, or one that says to try again.
            OperationFailed: a bad address, a forbidden or endless redirect, too large an answer.
        """
        home = fetch.home or Origin.of(fetch.url)
        url, left_home = fetch.url, Origin.of(fetch.url) != home
        for _ in range(MAX_REDIRECTS + 1):
            # Once away from home nothing secret is sent again, not even when a redirect leads back.
            headers = {**fetch.headers, **({} if left_home else fetch.secret_headers)}
            dialer = self._abroad() if left_home else self._own
            response = await dialer.request(
                fetch.method, url, headers=headers, body=fetch.body, timeout=fetch.timeout, max_bytes=fetch.max_bytes
            )
            if response.status not in _REDIRECTS or fetch.body is not None:
                return _judged(response, url, fetch.accepted)
            url = _next(url, response)
            left_home = left_home or Origin.of(url) != home
        raise OperationFailed(Problem("tooManyRedirects", f"{without_secrets(fetch.url)} redirects without end"))

    async def close(self) -> None:
        """Close every connection."""
        await self._own.close()
        if self._foreign is not None:
            await self._foreign.close()

    def _abroad(self) -> Dialer:
        # Without a client certificate to lose, one pool serves for everywhere.
        if self._trust.client is None:
            return self._own
        self._foreign = self._foreign or Dialer(replace(self._trust, client=None))
        return self._foreign


def basic_auth(username: str, password: str) -> dict[str, str]:
    """Return the header of HTTP basic authentication."""
    pair = base64.b64encode(f"{username}:{password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def _next(url: str, response: Response) -> str:
    try:
        target = quote(urljoin(url, response.headers.get("location", "")), safe="%/:=&?~#+!$,;'@()*[]")
    except ValueError:
        raise _unusable(f"what {without_secrets(url)} redirects to") from None
    if Origin.of(url).scheme == "https" and Origin.of(target).scheme != "https":
        message = f"{without_secrets(url)} redirects to {without_secrets(target)}, which is not encrypted"
        raise OperationFailed(Problem("redirectRefused", message, remedy="name the https address itself"))
    return target


def _unusable(what: str) -> OperationFailed:
    return OperationFailed(
        Problem("urlInvalid", f"{what} is no http or https address", remedy="write https://HOST/PATH")
    )


def _judged(response: Response, url: str, accepted: frozenset[int]) -> Response:
    if response.status in accepted:
        return response
    message = f"{without_secrets(url)} answered with status {response.status}"
    if response.status == 429 or response.status >= 500:
        raise Transient(Problem("remoteUnavailable", message, remedy="try again later"))
    remedy = "check username and passwordFrom" if response.status in {401, 403} else "check the address"
    raise RemoteRefused(Problem("remoteRefused", message, remedy=remedy), status=response.status)
