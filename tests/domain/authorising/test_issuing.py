"""Which tokens may be made, and by whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fairlead.domain.accounts import Account
from fairlead.domain.authorising.callers import Caller, Role
from fairlead.domain.authorising.issuing import Wish, escalation, issue, wish_problems
from fairlead.domain.authorising.tokens import LONGEST_LIFE, caller_of, identifier_in
from fairlead.domain.scopes import scope_of

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
WISH = Wish("ci", Role.DEPLOYER)
SHOP = scope_of(namespaces=["shop"])
ALICE, BOB = Account("alice"), Account("bob")


@pytest.mark.parametrize(
    ("wish", "paths"),
    [
        (WISH, []),
        (Wish("alice@example.org", Role.ADMIN, scope_of(namespaces=["shop-1"], apps=["a.b"]), LONGEST_LIFE, ALICE), []),
        (replace(WISH, name=""), ["name"]),
        (replace(WISH, name="-ci"), ["name"]),
        (replace(WISH, name="ci\n"), ["name"]),
        (replace(WISH, name="c" * 64), ["name"]),
        (replace(WISH, name="\udc80"), ["name"]),
        (replace(WISH, life=timedelta()), ["expires"]),
        (replace(WISH, life=LONGEST_LIFE + timedelta(seconds=1)), ["expires"]),
        (replace(WISH, scope=scope_of(namespaces=["shop-*", "ok"], apps=["", "A"])), ["namespaces", "apps", "apps"]),
        (replace(WISH, account=Account("")), ["account"]),
        (replace(WISH, account=Account("root", ("system:masters",))), ["account"]),
    ],
    ids=["plain", "full", "empty", "dash", "newline", "long", "bytes", "dead", "old", "patterns", "no user", "masters"],
)
def test_what_can_be_wished_for(wish: Wish, paths: list[str]) -> None:
    assert [problem.path for problem in wish_problems(wish)] == paths


@pytest.mark.parametrize(
    ("caller", "wish", "may"),
    [
        (Caller("root", Role.ADMIN), replace(WISH, role=Role.ADMIN, account=ALICE), True),
        (Caller("root", Role.ADMIN, SHOP), WISH, False),
        (Caller("root", Role.ADMIN, SHOP), replace(WISH, scope=SHOP), True),
        (Caller("root", Role.ADMIN, SHOP), replace(WISH, scope=SHOP, account=ALICE), False),
        (Caller("root", Role.ADMIN, SHOP, account=ALICE), replace(WISH, scope=SHOP, account=ALICE), True),
        (Caller("root", Role.ADMIN, SHOP, account=BOB), replace(WISH, scope=SHOP, account=ALICE), False),
        (Caller("ci", Role.DEPLOYER), replace(WISH, role=Role.ADMIN), False),
    ],
    ids=["all", "wider", "as wide", "an account", "their own", "somebody else's", "a higher role"],
)
def test_nobody_gives_away_more_than_they_have(caller: Caller, wish: Wish, may: bool) -> None:
    problem = escalation(caller, wish)

    assert (problem is None) == may
    assert problem is None or problem.code == "forbidden"


def test_a_token_is_what_was_wished_for() -> None:
    wish = Wish("ci", Role.DEPLOYER, SHOP, timedelta(days=1), ALICE)
    token, text = issue(wish, identifier="abcdefghij12", secret="s" * 43, now=NOON, by="root")

    assert identifier_in(text) == token.identifier
    assert caller_of(text, token, NOON) == Caller("ci", Role.DEPLOYER, SHOP, "abcdefghij12", ALICE)
    assert caller_of(text, token, NOON + timedelta(days=1)) is None
    assert (token.created, token.created_by) == (NOON, "root")
    assert "s" * 43 not in repr(token)
