"""Where a server may listen, and who needs no token."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fairlead.domain.authorising.admitting import LOCAL, caller_without_token, listening_problem
from fairlead.domain.authorising.callers import Role
from fairlead.domain.authorising.tokens import Token, revoked
from fairlead.domain.scopes import EVERYTHING

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
VALID = Token("a", "ci", Role.VIEWER, EVERYTHING, b"", NOON, "root", NOON + timedelta(days=1))
EXPIRED, REVOKED = replace(VALID, expires=NOON), revoked(VALID, NOON, "root")


@pytest.mark.parametrize(
    ("tokens", "is_loopback", "may_listen", "is_open"),
    [
        ([], True, True, True),
        ([], False, False, False),
        ([VALID], True, True, False),
        ([VALID], False, True, False),
        ([EXPIRED, REVOKED], True, True, True),
        ([EXPIRED, REVOKED], False, False, False),
        ([REVOKED, VALID], True, True, False),
    ],
    ids=["alone", "seen", "alone, token", "seen, token", "alone, dead tokens", "seen, dead tokens", "one of two"],
)
def test_others_need_a_token(tokens: list[Token], is_loopback: bool, may_listen: bool, is_open: bool) -> None:
    problem = listening_problem(tokens, NOON, is_loopback=is_loopback)

    assert (problem is None) == may_listen
    assert problem is None or problem.code == "tokensMissing"
    assert caller_without_token(tokens, NOON, is_loopback=is_loopback) == (LOCAL if is_open else None)
