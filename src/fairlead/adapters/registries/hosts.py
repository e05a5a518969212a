"""One host that publishes: its connections, how much is asked of it at once, and when it is left alone.

Each host has its own, so that a slow or failing one holds up nobody else. Whoever answers 429 gets fewer requests at
once, and none at all until the time that it named; a request that would have to wait longer than it may fails at once.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parsedate_to_datetime

from fairlead.domain.errors import Problem, Transient
from fairlead.doors.dial import Response
from fairlead.doors.dial_failures import Unreachable, without_secrets
from fairlead.doors.fetch import ANY_STATUS, Fetch, Fetcher
from fairlead.doors.gate import Gate
from fairlead.ports.clock import Clock

_BUSY = 429
_AGAIN = frozenset({408, 425, _BUSY, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long a question may be repeated. Times are seconds.

    `longest` bounds all tries of one question together, and alone those of a host that asks for time.
    """

    tries: int = 5
    first: float = 0.5
    longest: float = 60.0
    jitter: Callable[[], float] = random.random

    def pause(self, tried: int) -> float:
        """Return how long to wait after so many tries."""
        return self.first * 2.0**tried * (0.5 + self.jitter() / 2)


@dataclass(slots=True)
class Host:
    """Sends requests to one host."""

    fetcher: Fetcher
    clock: Clock
    patience: Patience = field(default_factory=Patience)
    gate: Gate = field(default_factory=lambda: Gate(limit=8, ceiling=16))
    _closed_until: float = 0.0

    async def send(self, fetch: Fetch) -> Response:
        """Return the answer, whatever its status, but none that only asks to come again.

        Raises:
            Transient: no answer, or none but `remoteUnavailable`, `remoteBusy`.
            OperationFailed: what is wrong with addresses, redirects and sizes; see `Fetcher`.
        """
        deadline = self.clock.monotonic() + self.patience.longest
        tried = 0
        while True:
            await self._wait_until_open(fetch, deadline)
            try:
                response = await self._through(fetch)
                failure: Transient | None = self._failure(response, fetch.url)
            except Unreachable as lost:
                failure = lost
            if failure is None:
                return response
            busy = failure.code == "remoteBusy"
            named = failure.delay_seconds if busy else 0.0
            pause = named + self.patience.pause(0 if named else tried)
            if named:  # by the host; what we guess is about one question, and may be true of one repository only
                self._closed_until = max(self._closed_until, self.clock.monotonic() + pause)
            tried += 1
            if (tried >= self.patience.tries and not busy) or self.clock.monotonic() + pause > deadline:
                raise failure
            await self.clock.sleep(pause)

    async def close(self) -> None:
        """Close every connection."""
        await self.fetcher.close()

    async def _through(self, fetch: Fetch) -> Response:
        busy = False
        place = await self.gate.enter()
        try:
            response = await self.fetcher.send(replace(fetch, accepted=ANY_STATUS))
            busy = response.status == _BUSY
        finally:
            self.gate.leave(place, overloaded=busy)
        return response

    async def _wait_until_open(self, fetch: Fetch, deadline: float) -> None:
        while (left := self._closed_until - self.clock.monotonic()) > 0:
            if self._closed_until > deadline:
                raise _busy(fetch.url, left)
            await self.clock.sleep(left)

    def _failure(self, response: Response, url: str) -> Transient | None:
        if response.status not in _AGAIN:
            return None
        delay = retry_after(response.headers, self.clock.now())
        if response.status == _BUSY or delay is not None:
            return _busy(url, delay or 0.0)
        message = f"{without_secrets(url)} answered with status {response.status}"
        return Transient(Problem("remoteUnavailable", message, remedy="try again later"))


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that `Retry-After` (RFC 9110, 10.2.3) asks for, be they written as such or as a date."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError, OverflowError):  # no date, or one without a zone
        return None


def _busy(url: str, delay: float) -> Transient:
    message = f"{without_secrets(url)} is asked too often" + (f", and for {delay:.0f} s not again" if delay else "")
    remedy = "log in to the registry, which raises most limits, or ask less often"
    return Transient(Problem("remoteBusy", message, remedy=remedy), delay_seconds=delay)
