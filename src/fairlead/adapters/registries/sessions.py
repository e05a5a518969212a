"""Requests to one repository of one registry, logged in as the registry demands (distribution specification 1.1).

The first request goes alone: its answer tells whether and where a token is to be had, and the others come with it.
A token that is refused later is renewed once. Plain HTTP is spoken with this machine only.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from fairlead.adapters.registries.challenge import Challenge, check_realm, read_challenge
from fairlead.adapters.registries.hosts import Host
from fairlead.domain.docker_config import Account
from fairlead.domain.errors import OperationFailed, Problem, RemoteRefused
from fairlead.domain.images import DOCKER_HUB, ImageName, is_loopback
from fairlead.doors.dial import Response
from fairlead.doors.fetch import Fetch, Origin, basic_auth

MAX_DOCUMENT_BYTES = 4 * 1024 * 1024
_ADDRESSES = {DOCKER_HUB: "registry-1.docker.io"}
_OK = frozenset({200, 304})

AccountOf = Callable[[], Awaitable[Account | None]]


def address_of(registry: str) -> str:
    """Return where a registry answers: scheme, host and port."""
    return f"{'http' if is_loopback(registry) else 'https'}://{_ADDRESSES.get(registry, registry)}"


@dataclass(slots=True)
class Session:
    """One repository, with the token once there is one. `account_of` is asked only when the registry wants a login."""

    host: Host
    image: ImageName
    account_of: AccountOf
    _authorization: dict[str, str] = field(default_factory=dict, init=False, repr=False)
    _answered: bool = field(default=False, init=False)
    _login: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    @property
    def origin(self) -> str:
        """Where the registry answers."""
        return address_of(self.image.registry)

    def url(self, *parts: str) -> str:
        """Return the address of something in the repository; the parts are checked texts."""
        return "/".join((f"{self.origin}/v2/{self.image.repository}", *parts))

    async def get(self, fetch: Fetch) -> Response:
        """Return an answer with status 200, or 304 where the request was a conditional one.

        Raises:
            RemoteRefused: `registryRefused`, with the registry's status.
            OperationFailed: `realmRefused`, `registryUnusable`, and what `Host.send` raises.
        """
        if not self._answered:
            async with self._login:
                if not self._answered:
                    response = await self._sent(fetch)
                    if response.status == 401:
                        self._authorization = await self._authorized(response)
                        response = await self._sent(fetch)
                    self._answered = True
                    return self._accepted(response)
        used = self._authorization
        response = await self._sent(fetch)
        if response.status == 401:
            async with self._login:
                if self._authorization is used:
                    self._authorization = await self._authorized(response)
            response = await self._sent(fetch)
        return self._accepted(response)

    async def _sent(self, fetch: Fetch) -> Response:
        return await self.host.send(replace(fetch, secret_headers=self._authorization))

    def _accepted(self, response: Response) -> Response:
        if response.status in _OK:
            return response
        remedy = "check that the image exists" if response.status == 404 else "log in with an account that may read it"
        message = f"{self.image}: the registry refuses with status {response.status}{_said(response)}"
        raise RemoteRefused(Problem("registryRefused", message, remedy=remedy), status=response.status)

    async def _authorized(self, response: Response) -> dict[str, str]:
        challenge = read_challenge(response.headers.get("www-authenticate", ""))
        account = await self.account_of()
        if challenge is not None and challenge.scheme == "bearer":
            return await self._token(challenge, account)
        if challenge is None or account is None or account.is_token:
            message = f"{self.image}: the registry wants a login, and there is none for it"
            remedy = f"run `docker login {self.image.registry}`, or name a credential helper for it"
            raise RemoteRefused(Problem("registryRefused", message, remedy=remedy), status=401)
        return basic_auth(account.username, account.password)

    async def _token(self, challenge: Challenge, account: Account | None) -> dict[str, str]:
        realm = challenge.parameters.get("realm", "")
        check_realm(realm, Origin.of(self.origin), with_account=account is not None)
        scope = challenge.parameters.get("scope") or f"repository:{self.image.repository}:pull"
        query = {"scope": scope}
        if "service" in challenge.parameters:
            query["service"] = challenge.parameters["service"]
        response = await self.host.send(_token_request(realm, query, account))
        if response.status != 200:
            whose = f"the login of {account.username or 'a token'}" if account else "reading without a login"
            message = f"{self.image}: the registry refuses {whose} with status {response.status}{_said(response)}"
            remedy = f"check that the image exists, and run `docker login {self.image.registry}`"
            raise RemoteRefused(Problem("registryRefused", message, remedy=remedy), status=response.status)
        answer = read_object(response.body, self.image)
        token = answer.get("token") or answer.get("access_token")
        if not isinstance(token, str) or not token.isprintable() or not token.isascii():
            raise unusable(self.image, "its token service gave no token")
        return {"Authorization": f"Bearer {token}"}


def _token_request(realm: str, query: Mapping[str, str], account: Account | None) -> Fetch:
    """Ask with the password, or turn an identity token into a token (OAuth 2.0, RFC 6749 section 6)."""
    if account is not None and account.is_token:
        form = {"grant_type": "refresh_token", "client_id": "fairlead", "refresh_token": account.password, **query}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(form).encode()
        return Fetch(realm, kind, method="POST", body=body, max_bytes=MAX_DOCUMENT_BYTES)
    secret = basic_auth(account.username, account.password) if account else {}
    url = f"{realm}{'&' if '?' in realm else '?'}{urlencode(query)}"
    return Fetch(url, secret_headers=secret, max_bytes=MAX_DOCUMENT_BYTES)


def read_object(body: bytes, image: ImageName) -> dict[str, Any]:
    """Return the JSON object that a registry sent; `OperationFailed` (`registryUnusable`) for anything else."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise unusable(image, "it sent something that is no JSON document")
    return document


def unusable(image: ImageName, message: str) -> OperationFailed:
    """Return the error of a registry whose answer makes no sense."""
    remedy = "check the name of the registry, or tell those who run it"
    return OperationFailed(
        Problem("registryUnusable", f"{image}: the registry cannot be used: {message}", remedy=remedy)
    )


def _said(response: Response) -> str:
    """Return what the registry says of its refusal, as far as that can be shown: it is a stranger's text."""
    try:
        first = json.loads(response.body)["errors"][0]
        text = f"{first.get('code', '')} {first.get('message', '')}".strip()
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return ""
    shown = "".join(char for char in text if char.isascii() and char.isprintable())[:200]
    return f" ({shown})" if shown else ""
