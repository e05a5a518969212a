"""Making tokens: what may be wished for, and by whom."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fairlead.domain.accounts import Account, is_carried
from fairlead.domain.authorising.callers import Caller, Role
from fairlead.domain.authorising.tokens import LONGEST_LIFE, Token, token_digest, token_text
from fairlead.domain.errors import Problem
from fairlead.domain.scopes import EVERYTHING, Scope

DEFAULT_LIFE: Final = timedelta(days=90)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,62}", re.ASCII)
_OBJECT: Final = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", re.ASCII)
# Its members may do everything, and no rule of the cluster can take that away.
_MASTERS: Final = "system:masters"


@dataclass(frozen=True, slots=True)
class Wish:
    """The token that somebody wants made."""

    name: str
    role: Role
    scope: Scope = EVERYTHING
    life: timedelta = DEFAULT_LIFE
    account: Account | None = None


def wish_problems(wish: Wish) -> tuple[Problem, ...]:
    """Return what is wrong with a wish, whoever has it."""
    found = list[Problem]()
    if not _NAME.fullmatch(wish.name):
        message = f"found the name {wish.name!r}, expected letters, digits and . _ @ -, at most 63"
        found.append(Problem("invalidName", message, path="name", remedy="write it as ci or alice@example.org"))
    if not timedelta() < wish.life <= LONGEST_LIFE:
        message = f"a token lives for at most {LONGEST_LIFE.days} days"
        found.append(Problem("invalidLife", message, path="expires", remedy="write it as 90d"))
    for part, names in (("namespaces", wish.scope.namespaces), ("apps", wish.scope.apps)):
        for name in sorted(names or ()):
            if not _OBJECT.fullmatch(name):
                message = f"found {name!r} among the {part}, which no object can be called"
                found.append(Problem("invalidName", message, path=part, remedy="names are exact, without patterns"))
    if wish.account is not None and (not is_carried(wish.account) or _MASTERS in wish.account.groups):
        message = f"an account has a user, is written in ASCII, and is not in the group {_MASTERS}"
        found.append(Problem("invalidAccount", message, path="account", remedy="bind what it needs by roles"))
    return tuple(found)


def escalation(caller: Caller, wish: Wish) -> Problem | None:
    """Return why a caller may not give away what a wish holds: more than they have themselves."""
    is_own_account = wish.account is None or wish.account == caller.account or caller.scope == EVERYTHING
    if caller.role.includes(wish.role) and caller.scope.covers(wish.scope) and is_own_account:
        return None
    message = f"the token would reach further than {caller.name} does"
    return Problem("forbidden", message, remedy="ask for the same or less: role, scope and account")


def issue(wish: Wish, *, identifier: str, secret: str, now: datetime, by: str) -> tuple[Token, str]:
    """Return what is kept of a new token, and its text, which is shown once."""
    text = token_text(identifier, secret)
    token = Token(
        identifier=identifier,
        name=wish.name,
        role=wish.role,
        scope=wish.scope,
        digest=token_digest(text),
        created=now,
        created_by=by,
        expires=now + wish.life,
        account=wish.account,
    )
    return token, text
