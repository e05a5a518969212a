from __future__ import annotations

import pytest

from fairlead.domain.authorising.callers import Role
from fairlead.domain.scopes import scope_of
from tests.fakes.server import FakeServer

PATH = "/api/v1/variables"


async def test_a_variable_is_set_read_and_unset() -> None:
    server = FakeServer()
    made = await server.ask("PUT", f"{PATH}/my-example-key?cluster=one&namespace=shop", {"value": "x"})
    assert made.status == 200
    assert made.json["name"] == "MY_EXAMPLE_KEY"  # case 12 of the old deployer
    assert (await server.ask("GET", PATH)).json["items"] == [made.json]
    assert (await server.ask("DELETE", f"{PATH}/my-example-key")).status == 404
    assert (await server.ask("DELETE", f"{PATH}/my-example-key?cluster=one&namespace=shop")).status == 204
    assert (await server.ask("GET", PATH)).json["items"] == []


async def test_a_secret_one_is_a_reference() -> None:
    server = FakeServer()
    made = await server.ask("PUT", f"{PATH}/PASSWORD", {"secret": "db", "key": "password"})
    assert (made.json["secret"], made.json["secretRef"], made.json["value"]) == (
        True,
        {"name": "db", "key": "password"},
        None,
    )


@pytest.mark.parametrize(
    ("name", "query", "body"),
    [
        ("A", "", {}),
        ("A", "", {"value": "x", "secret": "s", "key": "k"}),
        ("A", "", {"secret": "s"}),
        ("1A", "", {"value": "x"}),
        ("A", "?namespace=shop", {"value": "x"}),
        ("A", "", {"value": "a\0b"}),
        ("A", "", {"value": 1}),
    ],
)
async def test_what_cannot_be_a_variable(name: str, query: str, body: object) -> None:
    assert (await FakeServer().ask("PUT", f"{PATH}/{name}{query}", body)).status == 422


async def test_only_a_revision_that_was_read_is_replaced() -> None:
    server = FakeServer()
    await server.ask("PUT", f"{PATH}/A", {"value": "1"})
    assert (await server.ask("PUT", f"{PATH}/A", {"value": "2"}, headers={"if-match": '"1"'})).json["revision"] == 2
    assert (await server.ask("PUT", f"{PATH}/A", {"value": "3"}, headers={"if-match": '"1"'})).status == 412


async def test_nobody_changes_what_reaches_further_than_they_do() -> None:
    server = FakeServer()
    token = await server.token(Role.DEPLOYER, scope_of(clusters=["one"], namespaces=["shop"]))
    everywhere = await server.ask("PUT", f"{PATH}/A", {"value": "x"}, token=token)
    assert (everywhere.status, everywhere.code) == (403, "outOfScope")
    here = await server.ask("PUT", f"{PATH}/A?cluster=one&namespace=shop", {"value": "x"}, token=token)
    assert here.status == 200
