"""The one way Fairlead opens network connections.

A `Dialer` is a pool of connections with one set of trust: authorities, client certificate, proxy, allowed addresses.
It reads nothing from the environment, follows no redirect and keeps no cookie: what an answer means, and whether to
ask again, is the caller's business (only an idempotent request whose connection closed without an answer is sent once
more by the library itself). Only what is not an HTTP answer becomes an error here, and no error shows credentials or
the query of a URL.
"""

from __future__ import annotations

import io
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import aiohttp  # noqa: TID251 - this module is the door the ban points to
from yarl import URL

from fairlead.domain.errors import InputError, OperationFailed, Problem
from fairlead.doors.dial_failures import AddressRefusedError, translated, without_secrets
from fairlead.doors.trust import Address, Trust, tls_context

Headers = Mapping[str, str] | Sequence[tuple[str, str]]
"""Headers of a request; in a sequence, a name may stand more than once."""
MAX_BODY_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer whose body is read piece by piece."""

    status: int
    headers: Mapping[str, str]
    _reply: aiohttp.ClientResponse = field(repr=False)
    _shown: str

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives. Ends normally only when the whole body was there."""
        with translated(self._shown):
            async for chunk in self._reply.content.iter_any():
                yield chunk

    async def read(self, max_bytes: int = MAX_BODY_BYTES) -> bytes:
        """Return the body; `OperationFailed` (`responseTooLarge`) beyond `max_bytes`."""
        parts: list[bytes] = []
        size = 0
        async for chunk in self.chunks():
            size += len(chunk)
            if size > max_bytes:
                raise OperationFailed(
                    Problem(code="responseTooLarge", message=f"{self._shown}: the answer exceeds {max_bytes} bytes")
                )
            parts.append(chunk)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def beginning(self, max_bytes: int) -> tuple[bytes, bool]:
        """Return at most the first `max_bytes` of the body, and whether that is all of it."""
        body = b""
        async for chunk in self.chunks():
            body += chunk
            if len(body) > max_bytes:
                return body[:max_bytes], False
        return body, True


class Dialer:
    """A pool of connections under one `Trust`. Must be closed."""

    def __init__(self, trust: Trust | None = None) -> None:
        self._trust = trust or Trust()
        self._tls = tls_context(self._trust)
        self._proxy = _proxy(self._trust.proxy_url)
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Headers | None = None,
        body: bytes | None = None,
        timeout: float = 60.0,  # noqa: ASYNC109 - a limit per request, enforced by the pool itself
        max_bytes: int = MAX_BODY_BYTES,
    ) -> Response:
        """Send one request and return the whole answer, whatever its status.

        `url` is complete and percent-encoded; `timeout` is in seconds and covers everything.

        Raises:
            Unreachable: no answer, or not all of it, or not in time.
            OperationFailed: `tlsRefused`, `addressRefused`, `urlInvalid`, `responseTooLarge`.
        """
        limits = aiohttp.ClientTimeout(total=timeout, sock_connect=self._trust.connect_timeout)
        async with self._open(method, url, headers=headers, body=body, limits=limits) as stream:
            return Response(stream.status, stream.headers, await stream.read(max_bytes))

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Headers | None = None,
        body: bytes | None = None,
        idle: float = 60.0,
    ) -> AsyncIterator[Stream]:
        """Send one request and give the answer to read piece by piece; `idle` seconds without a byte end it."""
        limits = aiohttp.ClientTimeout(total=None, sock_connect=self._trust.connect_timeout, sock_read=idle)
        async with self._open(method, url, headers=headers, body=body, limits=limits) as stream:
            yield stream

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    @asynccontextmanager
    async def _open(
        self, method: str, url: str, *, headers: Headers | None, body: bytes | None, limits: Any
    ) -> AsyncIterator[Stream]:
        shown = without_secrets(url)
        session = self._session or self._start()
        with translated(shown):
            reply = await session.request(
                method,
                URL(url, encoded=True),
                headers=headers,
                # As a stream: aiohttp warns of large bodies that come as one piece of bytes.
                data=None if body is None else io.BytesIO(body),
                timeout=limits,
                allow_redirects=False,
                proxy=self._proxy,
                server_hostname=self._trust.server_name,
            )
        async with reply:
            yield Stream(reply.status, _headers(reply), reply, shown)

    def _start(self) -> aiohttp.ClientSession:
        trust = self._trust
        connector = aiohttp.TCPConnector(
            ssl=self._tls, limit=trust.connections, socket_factory=_SocketFactory(trust.allow), keepalive_timeout=30.0
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=trust.decode,
            headers=None if trust.decode else {"Accept-Encoding": "identity"},
            skip_auto_headers=("User-Agent", "Content-Type"),
        )
        return self._session


def _headers(reply: aiohttp.ClientResponse) -> dict[str, str]:
    """Return the headers by their names in lower case; a repeated one is joined by commas (RFC 9110, 5.3)."""
    headers: dict[str, str] = {}
    for name, value in reply.headers.items():
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers


@dataclass(frozen=True, slots=True)
class _SocketFactory:
    """Makes the socket for one address, or refuses the address."""

    allow: Callable[[Address], bool] | None

    def __call__(self, address: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, target = address
        if self.allow is not None and not self.allow(ip_address(target[0])):
            raise AddressRefusedError
        made = socket.socket(family, kind, protocol)
        # A peer that vanished without a word (a node gone, a firewall's lost state) shows within 30 s.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3)):
            if hasattr(socket, name):  # not every system has all three
                made.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        return made


def _proxy(url: str | None) -> str | None:
    if url and urlsplit(url).scheme not in {"http", "https"}:
        raise InputError(
            Problem(
                code="proxyUnsupported",
                message=f"the proxy {without_secrets(url)} is neither http nor https",
                remedy="use an http:// or https:// proxy",
            )
        )
    return url or None
