"""Who comes in, and who has to leave."""

from __future__ import annotations

from datetime import datetime

import pytest

from fairlead.domain.authorising.admitting import LOCAL
from fairlead.domain.authorising.callers import Caller, Role
from fairlead.domain.authorising.issuing import Wish
from fairlead.domain.authorising.tokens import Token, token_text
from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.keeping.limits import Limits
from fairlead.pipeline.authorising.admission import Admission
from fairlead.pipeline.authorising.tokens import TokenDesk
from tests.fakes.administration import MemoryAdministration, MemoryTokens
from tests.fakes.clock import FakeClock

ROOT = Caller("root", Role.ADMIN)


class Counting(MemoryTokens):
    """Tokens that count the notes of their use, and may be unable to take any."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.notes = 0
        self.is_full = False

    async def used(self, identifier: str, at: datetime) -> None:
        self.notes += 1
        if self.is_full:
            raise OperationFailed(Problem("administrationFailed", "no space"))
        await super().used(identifier, at)


class Stage:
    def __init__(self, *, is_loopback: bool = False) -> None:
        self.administration, self.clock = MemoryAdministration(), FakeClock()
        self.tokens = self.administration.tokens = Counting(Limits())
        self.admission = Admission(self.tokens, self.clock, is_loopback)

    async def made(self) -> tuple[Token, str]:
        return await TokenDesk(self.administration, self.clock, "here").create(Wish("ci", Role.VIEWER), ROOT)


async def test_a_token_is_its_owner() -> None:
    stage = Stage()
    token, text = await stage.made()

    assert await stage.admission.caller(text) == Caller("ci", Role.VIEWER, token=token.identifier)


@pytest.mark.parametrize(
    "text",
    [None, "", "x", "Bearer x", token_text("abcdefghij12", "s" * 43)],
    ids=["none", "empty", "word", "scheme", "unknown"],
)
@pytest.mark.parametrize("is_loopback", [True, False], ids=["loopback", "network"])
async def test_nothing_else_is_anybody(text: str | None, is_loopback: bool) -> None:
    stage = Stage(is_loopback=is_loopback)
    await stage.made()

    assert await stage.admission.caller(text) is None


async def test_before_there_are_tokens_this_machine_needs_none() -> None:
    assert await Stage(is_loopback=True).admission.caller(None) == LOCAL
    assert await Stage(is_loopback=False).admission.caller(None) is None
    assert await Stage(is_loopback=True).admission.caller("x") is None


async def test_a_revoked_or_expired_token_opens_nothing_at_once() -> None:
    stage = Stage()
    token, text = await stage.made()
    other, other_text = await stage.made()

    await stage.tokens.revoke(token.identifier, stage.clock.now(), "root")
    assert await stage.admission.caller(text) is None
    assert await stage.admission.valid() == {other.identifier}
    stage.clock.advance((other.expires - other.created).total_seconds())

    assert await stage.admission.caller(other_text) is None
    assert await stage.admission.valid() == frozenset()


async def test_whoever_needed_no_token_has_to_leave_when_there_is_one() -> None:
    stage = Stage(is_loopback=True)
    assert await stage.admission.valid() == {None}

    token, _ = await stage.made()

    assert await stage.admission.valid() == {token.identifier}
    assert await stage.admission.caller(None) is None


async def test_a_use_is_noted_once_a_minute() -> None:
    stage = Stage()
    token, text = await stage.made()

    for _ in range(120):
        await stage.admission.caller(text)
        stage.clock.advance(1)

    assert stage.tokens.notes == 2
    kept = await stage.tokens.read(token.identifier)
    assert kept is not None
    assert kept.used is not None


async def test_a_full_disk_locks_nobody_out() -> None:
    stage = Stage()
    _, text = await stage.made()
    stage.tokens.is_full = True

    assert await stage.admission.caller(text) is not None
