"""Tokens are made by those who may, and nothing of it goes unwritten."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fairlead.domain.authorising.callers import Caller, Role
from fairlead.domain.authorising.issuing import Wish
from fairlead.domain.authorising.tokens import Token, caller_of, identifier_in
from fairlead.domain.errors import InputError, Refused
from fairlead.domain.scopes import scope_of
from fairlead.pipeline.authorising.tokens import TokenDesk
from tests.fakes.administration import MemoryAdministration
from tests.fakes.clock import FakeClock

ROOT = Caller("root", Role.ADMIN)
SHOP = scope_of(namespaces=["shop"])
SHOP_ADMIN = Caller("ann", Role.ADMIN, SHOP, "t1")


class Stage:
    def __init__(self) -> None:
        self.administration, self.clock = MemoryAdministration(), FakeClock()
        self.desk = TokenDesk(self.administration, self.clock, "root on here")

    async def made(self, name: str, *, wish: Wish | None = None) -> Token:
        token, _ = await self.desk.create(wish or Wish(name, Role.VIEWER), ROOT)
        return token

    @property
    def audit(self) -> list[tuple[str, str, str]]:
        return [(entry.caller, entry.action, entry.result) for entry in self.administration.audit.entries]


async def test_a_token_opens_the_door_and_its_text_is_kept_nowhere() -> None:
    stage = Stage()

    token, text = await stage.desk.create(Wish("ci", Role.DEPLOYER, SHOP), ROOT)

    assert await stage.administration.tokens.read(identifier_in(text) or "") == token
    assert caller_of(text, token, stage.clock.now()) == Caller("ci", Role.DEPLOYER, SHOP, token.identifier)
    everything = repr(stage.administration.tokens.kept) + repr(stage.administration.audit.entries)
    assert text[-43:] not in everything
    assert stage.audit == [("root", "tokens.create", "allowed")]
    assert token.created_by == "root"


async def test_no_two_tokens_are_alike() -> None:
    stage = Stage()
    made = [await stage.desk.create(Wish("ci", Role.VIEWER), ROOT) for _ in range(50)]

    assert len({token.identifier for token, _ in made}) == 50
    assert len({text[-43:] for _, text in made}) == 50
    assert all(identifier_in(text) == token.identifier for token, text in made)


async def test_who_may_not_is_refused_and_written_down() -> None:
    stage = Stage()

    with pytest.raises(Refused) as caught:
        await stage.desk.create(Wish("ci", Role.VIEWER), SHOP_ADMIN)
    with pytest.raises(InputError):
        await stage.desk.create(Wish("", Role.VIEWER), ROOT)

    assert caught.value.code == "forbidden"
    assert stage.administration.tokens.kept == {}
    assert stage.audit == [("ann (t1)", "tokens.create", "forbidden")]


async def test_nobody_sees_or_ends_what_reaches_further_than_they_do() -> None:
    stage = Stage()
    wide = await stage.made("wide")
    narrow = await stage.made("narrow", wish=Wish("narrow", Role.DEPLOYER, SHOP))

    assert await stage.desk.list(SHOP_ADMIN) == (narrow,)
    assert await stage.desk.list(ROOT) == (wide, narrow)
    assert await stage.desk.list(Caller("dev", Role.DEPLOYER)) == ()
    with pytest.raises(InputError) as caught:
        await stage.desk.revoke(wide.identifier, SHOP_ADMIN)
    assert caught.value.code == "tokenUnknown"


async def test_a_token_is_ended_by_identifier_or_name() -> None:
    stage = Stage()
    first, second = await stage.made("ci"), await stage.made("bob")
    stage.clock.advance(60)

    assert (await stage.desk.revoke(first.identifier, ROOT)).revoked == stage.clock.now()
    assert (await stage.desk.revoke("bob", ROOT)).identifier == second.identifier

    assert stage.audit[2:] == [("root", "tokens.revoke", "allowed")] * 2
    with pytest.raises(InputError) as caught:
        await stage.desk.revoke("bob", ROOT)
    assert caught.value.code == "tokenUnknown"


async def test_a_name_that_several_have_is_not_enough() -> None:
    stage = Stage()
    first, second = await stage.made("ci"), await stage.made("ci")

    with pytest.raises(InputError) as caught:
        await stage.desk.revoke("ci", ROOT)

    assert caught.value.code == "tokenAmbiguous"
    assert first.identifier in str(caught.value.problems[0].remedy)
    await stage.desk.revoke(first.identifier, ROOT)
    assert (await stage.desk.revoke("ci", ROOT)).identifier == second.identifier


async def test_the_wish_says_how_long() -> None:
    stage = Stage()
    token = await stage.made("ci", wish=Wish("ci", Role.VIEWER, life=timedelta(hours=1)))

    assert token.expires == stage.clock.now() + timedelta(hours=1)
