"""Who a GitHub App is: a signed statement gets a token for one hour (GitHub, "Authenticating as a GitHub App")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson

from fairlead.domain.errors import InputError, Problem, RemoteRefused
from fairlead.doors.dial import Dialer
from fairlead.ports.clock import Clock

_SKEW = timedelta(seconds=60)  # GitHub's advice, against clocks that differ
_VALID = timedelta(minutes=9)
_RENEW = timedelta(minutes=5)  # before the end of a token


@dataclass(frozen=True, slots=True)
class App:
    """A GitHub App, and where it is installed. `key` is its private key in PEM form."""

    identifier: str
    installation: str
    key: str = field(repr=False)


@dataclass(slots=True)
class AppToken:
    """Gives the headers of an installation, asking for a new token only when the last one ends."""

    app: App
    api: str
    clock: Clock
    dialer: Dialer
    _token: str = field(default="", repr=False)
    _ends: datetime | None = None

    async def __call__(self) -> Mapping[str, str]:
        """Return the headers."""
        return {"Authorization": f"Bearer {await self.token()}"}

    async def token(self) -> str:
        """Return a token that is valid for five minutes or more; also Git's password.

        Raises:
            InputError: the key cannot be used (`appKeyInvalid`).
            RemoteRefused: GitHub does not know the app or its installation.
        """
        now = self.clock.now()
        if self._ends is None or now + _RENEW >= self._ends:
            self._token, self._ends = await self._asked(self._statement(now))
        return self._token

    def _statement(self, now: datetime) -> str:
        import jwt  # noqa: PLC0415 - only apps need it, and it belongs to the extra `server`

        claims = {"iat": now - _SKEW, "exp": now + _VALID, "iss": self.app.identifier}
        try:
            return jwt.encode(claims, self.app.key, algorithm="RS256")
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            remedy = "give the private key of the app in PEM form, as GitHub hands it out"
            raise InputError(
                Problem("appKeyInvalid", "the key of the GitHub App cannot sign", remedy=remedy)
            ) from error

    async def _asked(self, statement: str) -> tuple[str, datetime]:
        url = f"{self.api}/app/installations/{self.app.installation}/access_tokens"
        headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {statement}",
            "User-Agent": "fairlead",
        }
        answer = await self.dialer.request("POST", url, headers=headers, timeout=30.0, max_bytes=1 << 20)
        try:
            told = orjson.loads(answer.body)
            if answer.status == 201:
                return str(told["token"]), datetime.fromisoformat(told["expires_at"])
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            pass
        message = f"{self.api} gives no token for installation {self.app.installation} ({answer.status})"
        remedy = "check the numbers of the app and its installation, and that the key belongs to it"
        raise RemoteRefused(Problem("appRefused", message, remedy=remedy), status=answer.status)
