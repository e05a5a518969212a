"""What a token opens, and what is shown of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fairlead.domain.accounts import Account
from fairlead.domain.authorising.callers import Caller, Role
from fairlead.domain.authorising.tokens import (
    Token,
    TokenState,
    caller_of,
    identifier_in,
    revoked,
    token_digest,
    token_text,
)
from fairlead.domain.scopes import scope_of

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)
TEXT = token_text("abcdefghij12", "s" * 43)
SHOP = scope_of(namespaces=["shop"])
TOKEN = Token("abcdefghij12", "ci", Role.DEPLOYER, SHOP, token_digest(TEXT), NOON, "root", LATER, Account("alice"))


def test_a_token_opens_what_it_says() -> None:
    expected = Caller("ci", Role.DEPLOYER, SHOP, "abcdefghij12", Account("alice"))

    assert identifier_in(TEXT) == "abcdefghij12"
    assert caller_of(TEXT, TOKEN, NOON) == expected


@pytest.mark.parametrize(
    ("text", "token", "now"),
    [
        (TEXT, None, NOON),
        (token_text("abcdefghij12", "t" * 43), TOKEN, NOON),
        (TEXT, TOKEN, LATER),
        (TEXT, revoked(TOKEN, NOON, "root"), NOON),
        ("", replace(TOKEN, digest=b""), NOON),
        ("\ud800", TOKEN, NOON),
        ("", None, NOON),
    ],
    ids=["unknown", "another secret", "expired", "revoked", "no digest", "no text", "nothing"],
)
def test_nothing_else_opens_anything(text: str, token: Token | None, now: datetime) -> None:
    assert caller_of(text, token, now) is None


@pytest.mark.parametrize(
    "text",
    ["", "x", "fairlead_", TEXT + "s", TEXT[:-1], TEXT + "\n", TEXT.upper(), "Bearer " + TEXT, TEXT.replace("s", "é")],
    ids=["empty", "word", "prefix", "longer", "shorter", "newline", "capitals", "scheme", "not ASCII"],
)
def test_only_a_whole_token_names_an_identifier(text: str) -> None:
    assert identifier_in(text) is None


def test_the_states_of_a_token() -> None:
    assert TOKEN.state(LATER - timedelta(microseconds=1)) is TokenState.VALID
    assert TOKEN.state(LATER) is TokenState.EXPIRED
    assert revoked(TOKEN, NOON, "root").state(LATER) is TokenState.REVOKED


def test_the_first_revocation_counts() -> None:
    once = revoked(TOKEN, NOON, "root")

    assert (once.revoked, once.revoked_by) == (NOON, "root")
    assert revoked(once, LATER, "bob") == once


def test_a_use_is_noted_once_a_minute() -> None:
    used = replace(TOKEN, used=NOON)

    assert TOKEN.should_note(NOON)
    assert not used.should_note(NOON + timedelta(seconds=59))
    assert used.should_note(NOON + timedelta(seconds=60))


def test_nothing_shown_of_a_token_opens_anything() -> None:
    shown = revoked(replace(TOKEN, used=NOON), NOON, "root").to_json(NOON)

    assert shown == {
        "id": "abcdefghij12",
        "name": "ci",
        "role": "deployer",
        "scope": {"clusters": None, "namespaces": ["shop"], "apps": None},
        "account": {"user": "alice", "groups": [], "uid": None, "extra": {}},
        "state": "revoked",
        "createdAt": "2026-11-21T12:00:00Z",
        "createdBy": "root",
        "expiresAt": "2026-11-22T12:00:00Z",
        "revokedAt": "2026-11-21T12:00:00Z",
        "revokedBy": "root",
        "lastUsedAt": "2026-11-21T12:00:00Z",
    }
    assert replace(TOKEN, account=None).to_json(NOON)["account"] is None
    for hidden in (TOKEN.digest.hex(), repr(TOKEN.digest), "s" * 43):
        assert hidden not in repr(TOKEN)
        assert hidden not in str(shown)
