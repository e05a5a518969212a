"""What every keeper of tokens and the audit log promises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fairlead.adapters.administration.administration import SqliteAdministration
from fairlead.domain.accounts import Account
from fairlead.domain.authorising.auditing import AuditEntry, caller_text
from fairlead.domain.authorising.callers import Role
from fairlead.domain.authorising.tokens import Token
from fairlead.domain.errors import OperationFailed
from fairlead.domain.keeping.answers import Missing
from fairlead.domain.keeping.limits import Limits
from fairlead.domain.scopes import EVERYTHING, scope_of
from fairlead.ports.administration import Administration
from tests.fakes.administration import MemoryAdministration

NOON = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
LIMITS = Limits(tokens=5, token_age=timedelta(days=2), audit_entries=5, audit_strangers=2, audit_age=timedelta(days=10))


@pytest.fixture(params=["memory", "sqlite"])
async def administration(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Administration]:
    administration: Administration = (
        MemoryAdministration(LIMITS)
        if request.param == "memory"
        else SqliteAdministration(tmp_path / "administration.sqlite", LIMITS)
    )
    yield administration
    await administration.close()


def token(identifier: str, *, lives: timedelta = timedelta(days=1)) -> Token:
    scope = scope_of(namespaces=["shop", "bank"], apps=["web"])
    account = Account("alice", ("dev",), "7", {"scopes": ("a", "b")})
    return Token(identifier, "ci", Role.DEPLOYER, scope, b"\0\xff" * 16, NOON, "root", NOON + lives, account)


def entry(action: str, *, at: datetime = NOON) -> AuditEntry:
    return AuditEntry(at, "ci (abc)", action, "prod/shop/web", "allowed", "192.0.2.1", {"deployment": "d1"})


async def test_a_token_is_kept_as_it_was(administration: Administration) -> None:
    plain = replace(token("b"), scope=EVERYTHING, account=None)
    await administration.tokens.add(token("a"))
    await administration.tokens.add(plain)

    assert await administration.tokens.read("a") == token("a")
    assert await administration.tokens.list() == (token("a"), plain)
    assert await administration.tokens.read("c") is None


async def test_the_first_revocation_counts(administration: Administration) -> None:
    await administration.tokens.add(token("a"))
    expected = replace(token("a"), revoked=NOON, revoked_by="root")

    assert await administration.tokens.revoke("a", NOON, "root") == expected
    assert await administration.tokens.revoke("a", NOON + timedelta(hours=1), "bob") == expected
    assert await administration.tokens.read("a") == expected
    assert await administration.tokens.revoke("b", NOON, "root") == Missing()


async def test_the_last_use_is_known(administration: Administration) -> None:
    await administration.tokens.add(token("a"))
    later = NOON + timedelta(minutes=1)

    await administration.tokens.used("a", later)
    await administration.tokens.used("a", NOON)
    await administration.tokens.used("b", NOON)

    assert await administration.tokens.list() == (replace(token("a"), used=later),)


async def test_too_many_tokens_are_refused(administration: Administration) -> None:
    for number in range(LIMITS.tokens):
        await administration.tokens.add(token(f"{number}"))

    with pytest.raises(OperationFailed) as caught:
        await administration.tokens.add(token("new"))

    assert caught.value.code == "storeFull"


async def test_tokens_that_open_nothing_are_listed_for_a_while(administration: Administration) -> None:
    await administration.tokens.add(token("expired", lives=timedelta(days=1)))
    await administration.tokens.add(token("revoked", lives=timedelta(days=100)))
    await administration.tokens.add(token("valid", lives=timedelta(days=100)))
    await administration.tokens.revoke("revoked", NOON, "root")

    await administration.tidy(NOON + timedelta(days=2))
    assert len(await administration.tokens.list()) == 3
    await administration.tidy(NOON + timedelta(days=3, seconds=1))

    assert [each.identifier for each in await administration.tokens.list()] == ["valid"]


async def test_the_audit_log_is_read_newest_first(administration: Administration) -> None:
    kept = [await administration.audit.append(entry(f"{number}")) for number in range(5)]
    assert [replace(each, number=0) for each in kept] == [entry(f"{number}") for number in range(5)]

    first = await administration.audit.page(limit=2)
    await administration.audit.append(entry("new"))
    second = await administration.audit.page(after=first.after, limit=3)

    assert first.items == (kept[4], kept[3])
    assert second.items == (kept[2], kept[1], kept[0])
    assert second.after is None


async def test_strangers_cannot_wash_anything_out_of_the_log(administration: Administration) -> None:
    for number in range(3):
        await administration.audit.append(entry(f"done {number}"))
    for number in range(50):
        await administration.audit.append(replace(entry(f"refused {number}"), caller=caller_text(None)))

    await administration.tidy(NOON)

    page = await administration.audit.page()
    assert [each.action for each in page.items] == ["refused 49", "refused 48", "done 2", "done 1", "done 0"]


@pytest.mark.parametrize(
    ("days", "left"), [(0, ["5", "4", "3", "2", "1"]), (7, ["5", "4", "3"])], ids=["by count", "by age"]
)
async def test_the_audit_log_is_bounded(administration: Administration, days: int, left: list[str]) -> None:
    for number in range(6):
        await administration.audit.append(entry(f"{number}", at=NOON + timedelta(days=number - 6)))

    await administration.tidy(NOON + timedelta(days=days))

    page = await administration.audit.page()
    assert [each.action for each in page.items] == left
    assert (await administration.audit.append(entry("new"))).number == 7
