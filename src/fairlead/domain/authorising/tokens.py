"""API tokens: random, kept as a digest only, bounded in what they may touch and for how long.

A token is 256 random bits, so one plain SHA-256 of it is as good as any slow hash: there is nothing to guess from.
Its text begins with its identifier, so that one row is looked up and one digest is compared, in constant time; an
unknown identifier costs the same comparison.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from fairlead.domain.accounts import Account
from fairlead.domain.authorising.callers import Caller, Role
from fairlead.domain.moments import rfc3339
from fairlead.domain.scopes import Scope

TOKEN: Final = re.compile(r"fairlead_([a-z0-9]{12})_([A-Za-z0-9_-]{43})", re.ASCII)
"""The text of a token: its identifier, and what nobody else may see."""
SECRET_BYTES: Final = 32
IDENTIFIER_LENGTH: Final = 12
LONGEST_LIFE: Final = timedelta(days=366)
# How exactly the last use is known: one write a minute for each token, however often it is used.
USED_EVERY: Final = timedelta(minutes=1)
_NOBODY: Final = hashlib.sha256(b"").digest()


class TokenState(StrEnum):
    """Whether a token opens anything."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token. `digest` is the SHA-256 of its text. `used` is None until it is first used."""

    identifier: str
    name: str
    role: Role
    scope: Scope
    digest: bytes = field(repr=False)
    created: datetime
    created_by: str
    expires: datetime
    account: Account | None = None
    revoked: datetime | None = None
    revoked_by: str = ""
    used: datetime | None = None

    def state(self, now: datetime) -> TokenState:
        """Return whether it opens anything now."""
        if self.revoked is not None:
            return TokenState.REVOKED
        return TokenState.EXPIRED if now >= self.expires else TokenState.VALID

    def should_note(self, now: datetime) -> bool:
        """Return whether a use now is worth writing down."""
        return self.used is None or now - self.used >= USED_EVERY

    def to_json(self, now: datetime) -> dict[str, Any]:
        """Return the wire form: everything but the secret, of which nothing can be said."""
        return {
            "id": self.identifier,
            "name": self.name,
            "role": self.role.value,
            "scope": self.scope.to_json(),
            "account": self.account.to_json() if self.account is not None else None,
            "state": self.state(now).value,
            "createdAt": rfc3339(self.created),
            "createdBy": self.created_by,
            "expiresAt": rfc3339(self.expires),
            "revokedAt": rfc3339(self.revoked) if self.revoked is not None else None,
            "revokedBy": self.revoked_by or None,
            "lastUsedAt": rfc3339(self.used) if self.used is not None else None,
        }


def token_text(identifier: str, secret: str) -> str:
    """Return the text of a token: what its owner shows."""
    return f"fairlead_{identifier}_{secret}"


def token_digest(text: str) -> bytes:
    """Return what is kept of a token's text."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()


def identifier_in(text: str) -> str | None:
    """Return the identifier that a token's text names, None when it is no token of ours."""
    found = TOKEN.fullmatch(text)
    return None if found is None else found[1]


def caller_of(text: str, token: Token | None, now: datetime) -> Caller | None:
    """Return who shows this text, given the token of its identifier if there is one; None when it opens nothing."""
    expected = _NOBODY if token is None else token.digest
    is_same = hmac.compare_digest(token_digest(text), expected)
    if token is None or not is_same or token.state(now) is not TokenState.VALID:
        return None
    return Caller(token.name, token.role, token.scope, token.identifier, token.account)


def revoked(token: Token, at: datetime, by: str) -> Token:
    """Return a token that opens nothing any more; the first revocation counts."""
    return token if token.revoked is not None else replace(token, revoked=at, revoked_by=by)
