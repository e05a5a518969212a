from __future__ import annotations

import pytest

from fairlead.domain.authorising.callers import Role
from fairlead.domain.errors import Problem, Refused
from fairlead.domain.scopes import scope_of
from tests.fakes.server import FakeServer

PATH = "/api/v1/clusters/one/namespaces/shop/variables"


async def test_a_variable_is_set_read_and_unset() -> None:
    server = FakeServer()
    assert (await server.ask("GET", PATH)).json["items"] == []
    made = await server.ask("PUT", f"{PATH}/my-example-key", {"value": "x"})
    assert (made.status, made.json["name"]) == (200, "MY_EXAMPLE_KEY")  # case 12 of the old deployer
    assert (await server.ask("GET", PATH)).json["items"] == [made.json]
    assert (await server.ask("GET", PATH.replace("shop", "other"))).json["items"] == []
    assert (await server.ask("DELETE", f"{PATH}/my-example-key")).status == 204
    assert (await server.ask("DELETE", f"{PATH}/my-example-key")).status == 404
    assert (await server.ask("GET", PATH.replace("one", "nowhere"))).status == 404


async def test_a_secret_one_is_a_reference() -> None:
    server = FakeServer()
    reference = {"name": "db", "key": "password"}
    made = await server.ask("PUT", f"{PATH}/PASSWORD", {"secretRef": reference})
    assert (made.json["secretRef"], made.json["value"]) == (reference, None)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("A", {}),
        ("A", {"value": "x", "secretRef": {"name": "s", "key": "k"}}),
        ("A", {"secretRef": {"name": "s"}}),
        ("1A", {"value": "x"}),
        ("A", {"value": "a\0b"}),
        ("A", {"value": 1}),
    ],
)
async def test_what_cannot_be_a_variable(name: str, body: object) -> None:
    assert (await FakeServer().ask("PUT", f"{PATH}/{name}", body)).status == 422


async def test_nobody_changes_or_sees_what_reaches_further_than_they_do() -> None:
    server = FakeServer()
    here = await server.token(Role.DEPLOYER, scope_of(clusters=["one"], namespaces=["shop"]))
    one_app = await server.token(Role.DEPLOYER, scope_of(namespaces=["shop"], apps=["web"]))
    assert (await server.ask("PUT", f"{PATH}/A", {"value": "x"}, token=here)).status == 200
    assert (await server.ask("GET", PATH, token=here)).status == 200
    assert (await server.ask("PUT", f"{PATH}/A", {"value": "x"}, token=one_app)).status == 403
    assert (await server.ask("GET", PATH, token=one_app)).status == 404


async def test_what_the_cluster_refuses_to_this_caller_is_told() -> None:
    server = FakeServer()
    server.rollouts.refusal = Refused(Problem("accountMissing", "ci has no account"))
    answer = await server.ask("PUT", f"{PATH}/A", {"value": "x"})
    assert (answer.status, answer.code) == (403, "accountMissing")


async def test_variables_are_listed_by_name() -> None:
    server = FakeServer()
    for name in ("ZONE", "COLOUR", "REGION"):
        await server.ask("PUT", f"{PATH}/{name}", {"value": "x"})
    items = (await server.ask("GET", PATH)).json["items"]
    assert [each["name"] for each in items] == ["COLOUR", "REGION", "ZONE"]
