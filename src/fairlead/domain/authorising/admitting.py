"""Who may come in at all: where a server listens, and who is taken for whom without a token."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from fairlead.domain.authorising.callers import Caller, Role
from fairlead.domain.authorising.tokens import Token, TokenState
from fairlead.domain.errors import Problem

LOCAL: Final = Caller("local", Role.ADMIN)


def listening_problem(tokens: Iterable[Token], now: datetime, *, is_loopback: bool) -> Problem | None:
    """Return why a server must not listen where others can reach it, None when it may."""
    if is_loopback or _are_any_valid(tokens, now):
        return None
    message = "others could reach this address, and no token is valid: nobody could be told from anybody"
    remedy = "run `fairlead tokens create NAME --role admin`, or listen on 127.0.0.1"
    return Problem("tokensMissing", message, remedy=remedy)


def caller_without_token(tokens: Iterable[Token], now: datetime, *, is_loopback: bool) -> Caller | None:
    """Return who somebody is that shows no token: on a loopback the owner of the machine, until a token exists."""
    return LOCAL if is_loopback and not _are_any_valid(tokens, now) else None


def _are_any_valid(tokens: Iterable[Token], now: datetime) -> bool:
    return any(token.state(now) is TokenState.VALID for token in tokens)
