"""Tokens are made, listed and ended, each time with an entry in the audit log."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from fairlead.domain.authorising.actions import Action
from fairlead.domain.authorising.auditing import ALLOWED, AuditEntry, caller_text, resource_text
from fairlead.domain.authorising.callers import Caller
from fairlead.domain.authorising.deciding import Allowed, Denied, absent, authorise
from fairlead.domain.authorising.issuing import Wish, escalation, issue, wish_problems
from fairlead.domain.authorising.tokens import IDENTIFIER_LENGTH, SECRET_BYTES, Token
from fairlead.domain.errors import InputError, Problem, Refused
from fairlead.domain.keeping.answers import Missing
from fairlead.ports.administration import Administration
from fairlead.ports.clock import Clock

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class TokenDesk:
    """Where tokens are made. `source` is where whoever asks is: an address, or the command line of a machine."""

    administration: Administration
    clock: Clock
    source: str

    async def create(self, wish: Wish, caller: Caller) -> tuple[Token, str]:
        """Make a token, and return it with its text, which is kept nowhere.

        Raises:
            InputError: the wish itself is wrong.
            Refused: it would reach further than the caller does.
        """
        if problems := wish_problems(wish):
            raise InputError(problems)
        denied = escalation(caller, wish)
        if denied is not None:
            await self._audit(caller, Action.CREATE_TOKENS, resource=resource_text(wish.scope), result=denied.code)
            raise Refused(denied)
        identifier = "".join(secrets.choice(_LETTERS) for _ in range(IDENTIFIER_LENGTH))
        secret = secrets.token_urlsafe(SECRET_BYTES)
        by = caller_text(caller)
        token, text = issue(wish, identifier=identifier, secret=secret, now=self.clock.now(), by=by)
        await self.administration.tokens.add(token)
        await self._audit(caller, Action.CREATE_TOKENS, resource=_shown(token), result=ALLOWED)
        return token, text

    async def list(self, caller: Caller) -> tuple[Token, ...]:
        """Return the tokens that a caller may see: those that reach no further than they do."""
        tokens = await self.administration.tokens.list()
        return tuple(token for token in tokens if isinstance(_allowed(caller, token), Allowed))

    async def revoke(self, name: str, caller: Caller) -> Token:
        """End a token, by its identifier, or by its name when only one valid token has it.

        Raises:
            InputError: there is none (`tokenUnknown`), or several have the name (`tokenAmbiguous`).
        """
        token = _named(name, await self.list(caller))
        ended = await self.administration.tokens.revoke(token.identifier, self.clock.now(), caller_text(caller))
        if isinstance(ended, Missing):
            raise InputError(absent())
        await self._audit(caller, Action.REVOKE_TOKENS, resource=_shown(token), result=ALLOWED)
        return ended

    async def _audit(self, caller: Caller, action: Action, *, resource: str, result: str) -> None:
        entry = AuditEntry(self.clock.now(), caller_text(caller), action.value, resource, result, self.source)
        await self.administration.audit.append(entry)


def _allowed(caller: Caller, token: Token) -> Allowed | Denied:
    return authorise(caller, Action.READ_TOKENS, token.scope)


def _named(name: str, tokens: tuple[Token, ...]) -> Token:
    exact = [token for token in tokens if token.identifier == name]
    named = [token for token in tokens if token.name == name and token.revoked is None]
    found = exact or named
    if len(found) > 1:
        identifiers = ", ".join(token.identifier for token in found)
        message = f"several tokens are called {name!r}"
        raise InputError(Problem("tokenAmbiguous", message, remedy=f"name one of {identifiers}"))
    if not found:
        remedy = "run `fairlead tokens list` for their identifiers"
        raise InputError(Problem("tokenUnknown", f"there is no token {name!r}", remedy=remedy))
    return found[0]


def _shown(token: Token) -> str:
    return f"{token.name} ({token.identifier})"
