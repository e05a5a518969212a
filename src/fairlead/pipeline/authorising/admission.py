"""Who calls: from what a request shows to a caller, for every request and again and again for what stays open."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from fairlead.domain.authorising.admitting import LOCAL, caller_without_token
from fairlead.domain.authorising.callers import Caller
from fairlead.domain.authorising.tokens import Token, TokenState, caller_of, identifier_in
from fairlead.domain.errors import OperationFailed
from fairlead.ports.administration import Tokens
from fairlead.ports.clock import Clock

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Admission:
    """The way in. `is_loopback`: only this machine reaches it."""

    tokens: Tokens
    clock: Clock
    is_loopback: bool

    async def caller(self, text: str | None) -> Caller | None:
        """Return who shows the text of a token, or none at all; None when it opens nothing."""
        now = self.clock.now()
        if text is None:
            return caller_without_token(await self.tokens.list(), now, is_loopback=self.is_loopback)
        identifier = identifier_in(text)
        token = await self.tokens.read(identifier) if identifier is not None else None
        caller = caller_of(text, token, now)
        if caller is not None and token is not None and token.should_note(now):
            await self._note(token)
        return caller

    async def valid(self) -> frozenset[str | None]:
        """Return the identifiers of all tokens that open something now, and None while no token is needed.

        A stream whose caller's `token` is not among them has to end. One call serves all streams.
        """
        now, tokens = self.clock.now(), await self.tokens.list()
        valid = {token.identifier for token in tokens if token.state(now) is TokenState.VALID}
        is_open = caller_without_token(tokens, now, is_loopback=self.is_loopback) == LOCAL
        return frozenset({*valid, None}) if is_open else frozenset(valid)

    async def _note(self, token: Token) -> None:
        try:
            await self.tokens.used(token.identifier, self.clock.now())
        except OperationFailed as error:  # a full disk shall not lock everybody out
            _log.warning("the use of a token could not be noted: %s", error)
