"""The matrix: every route of the description, for every kind of caller, on every wire, against the one policy."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from fastapi import FastAPI

from fairlead.domain.authorising.actions import POLICIES, Action
from fairlead.domain.authorising.callers import Role
from fairlead.domain.rollout.phases import UnitOutcome
from fairlead.domain.scopes import scope_of
from fairlead.domain.units import UnitKey
from fairlead.server.api.app import routed
from fairlead.server.api.routing import ACTION, UnguardedRoute, require_guards
from fairlead.server.streams.answering import WEBSOCKET
from tests.fakes.server import DESCRIPTOR, FakeServer

UNIT = UnitKey("one", "shop", "web")
ELSEWHERE = scope_of(namespaces=["other"])
BODIES: dict[str, Any] = {
    "scale": {"replicas": 2},
    "resolve": {"resolution": "keepLive"},
    "variables/": {"value": "x"},
}


def operations() -> Iterator[tuple[str, str, Action]]:
    description = routed_app(FakeServer()).openapi()
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, Action(operation[ACTION])


def routed_app(server: FakeServer) -> FastAPI:
    surrounding = server.server.app.app
    app: FastAPI = surrounding.app
    return app


OPERATIONS = list(operations())
IDS = [f"{method} {path}" for method, path, _ in OPERATIONS]


async def world() -> tuple[FakeServer, dict[str, str]]:
    """Return a server with tokens, and what the paths of its routes may name."""
    server = FakeServer(is_loopback=False)
    await server.token(Role.ADMIN)  # so that nobody is let in for being alone
    owner = await server.token(Role.ADMIN)
    made = await server.ask("POST", "/api/v1/descriptors", DESCRIPTOR, token=owner)
    begun = await server.ask("POST", "/api/v1/deployments", {"descriptorId": made.json["id"]}, token=owner)
    return server, {"descriptor": made.json["id"], "deployment": begun.json["id"]}


async def status(
    server: FakeServer, names: dict[str, str], method: str, path: str, *, token: str | None, websocket: bool = False
) -> tuple[int, bytes]:
    """Ask for what an operation does, to what is there; 299 stands for a stream that was opened."""
    kind = "descriptor" if "descriptors" in path else "deployment"
    place = {"cluster": "one", "namespace": "shop", "app": "web", "name": "KAFKA", "receiver": "ci", "secret": "s"}
    filled = path.format(identifier=names[kind], **place)
    query = "?cluster=one&namespace=shop&appname=web"
    if path == "/deployments/" and method == "POST":
        query += f"&descriptorId={names['descriptor']}"
    body = next((body for word, body in BODIES.items() if word in path), None)
    if "descriptors" in path and method in ("POST", "PUT"):
        body = dict(DESCRIPTOR)
    if path.endswith("/deployments") and method == "POST":
        body = {"descriptorId": names["descriptor"]}
    extensions: dict[str, Any] = {WEBSOCKET: {}} if websocket else {}
    if path.endswith("/stream"):
        await server.ears.recorder.end(names["deployment"], UnitOutcome.FAILED, "", server.clock.now())
    answer = await server.ask(method, filled + query, body, token=token, extensions=extensions)
    return answer.status, answer.body


@pytest.mark.parametrize(("method", "path", "action"), OPERATIONS, ids=IDS)
class TestEachRoute:
    async def test_who_is_not_known_gets_nothing(self, method: str, path: str, action: Action) -> None:
        server, names = await world()
        expired = await server.token(days=-1)
        revoked = await server.token()
        await server.administration.tokens.revoke(revoked.split("_")[1], server.clock.now(), "test")
        for token in (None, "x", "fairlead_000000000000_" + "y" * 43, expired, revoked):
            found, _ = await status(server, names, method, path, token=token)
            if POLICIES[action].role is None:
                assert found not in (401, 403)
            else:
                assert found == HTTPStatus.UNAUTHORIZED

    @pytest.mark.parametrize("role", list(Role))
    async def test_a_role_may_do_what_its_policy_says(self, method: str, path: str, action: Action, role: Role) -> None:
        server, names = await world()
        found, _ = await status(server, names, method, path, token=await server.token(role))
        needed = POLICIES[action].role
        may = needed is None or role.includes(needed)
        assert (found == HTTPStatus.FORBIDDEN) is not may
        assert found != HTTPStatus.UNAUTHORIZED
        assert found < 500 or path == "/readyz"

    async def test_what_is_elsewhere_is_as_if_it_were_not(self, method: str, path: str, action: Action) -> None:
        server, names = await world()
        token = await server.token(Role.ADMIN, ELSEWHERE)
        found, body = await status(server, names, method, path, token=token)
        policy = POLICIES[action]
        if policy.role is None:
            return
        is_about_one = "{" in path or method == "DELETE" or action is Action.DEPLOY
        if action is Action.CHANGE_VARIABLES or not policy.hides:
            assert found == HTTPStatus.FORBIDDEN
        elif is_about_one:
            assert found == HTTPStatus.NOT_FOUND
            absent = {"descriptor": "none", "deployment": "none"}
            if "{identifier}" in path:  # word for word what is said of what there is not
                assert body == (await status(server, absent, method, path, token=token))[1]
        else:
            assert found == HTTPStatus.OK
            assert b"shop" not in body


async def test_a_stream_is_opened_by_the_same_right_on_both_wires() -> None:
    for websocket in (False, True):
        server, names = await world()
        path = "/api/v1/deployments/{identifier}/stream"
        for token, expected in (
            (None, 401),
            (await server.token(Role.VIEWER, ELSEWHERE), 404),
            ("x", 401),
        ):
            assert (await status(server, names, "GET", path, token=token, websocket=websocket))[0] == expected


async def test_every_action_has_a_route_but_those_of_the_command_line() -> None:
    elsewhere = {Action.READ_TOKENS, Action.CREATE_TOKENS, Action.REVOKE_TOKENS}
    assert {action for _, _, action in OPERATIONS} == set(Action) - elsewhere


def test_nothing_changes_by_reading() -> None:
    assert not [path for method, path, action in OPERATIONS if method == "GET" and POLICIES[action].changes]


@pytest.mark.parametrize("websocket", [False, True], ids=["events", "websocket"])
@pytest.mark.parametrize(
    ("headers", "query", "expected"),
    [
        ({"origin": "https://evil.example.org"}, "", 403),
        ({"origin": "null"}, "", 403),
        ({"origin": "http://localhost.evil.example.org"}, "", 403),
        ({"sec-fetch-site": "cross-site"}, "", 403),
        ({"x-large": "x" * 40_000}, "", 431),
        ({"authorization": ""}, "?token={token}&access_token={token}", 401),
        ({"authorization": "Basic {token}"}, "", 401),
        ({"cookie": "token={token}", "authorization": ""}, "", 401),
    ],
    ids=["foreign", "null", "alike", "site", "large", "query", "basic", "cookie"],
)
async def test_no_stream_is_opened_from_elsewhere_or_by_a_token_in_a_wrong_place(
    websocket: bool, headers: dict[str, str], query: str, expected: int
) -> None:
    server, names = await world()
    token = await server.token()
    shown = {"authorization": f"Bearer {token}", **{key: each.format(token=token) for key, each in headers.items()}}
    path = f"/api/v1/deployments/{names['deployment']}/stream{query.format(token=token)}"
    extensions: dict[str, Any] = {WEBSOCKET: {}} if websocket else {}
    assert (await server.ask("GET", path, headers=shown, extensions=extensions)).status == expected
    assert server.ears.hub.open == 0


@pytest.mark.parametrize("websocket", [False, True], ids=["events", "websocket"])
async def test_streams_count_as_requests_and_are_bounded(websocket: bool) -> None:
    server, names = await world()
    token, path = await server.token(), f"/api/v1/deployments/{names['deployment']}/stream"
    extensions: dict[str, Any] = {WEBSOCKET: {}} if websocket else {}
    server.ears.hub.limit = 0
    statuses = [(await server.ask("GET", path, token=token, extensions=extensions)).status for _ in range(410)]
    assert (statuses[0], statuses[-1]) == (503, 429)


async def test_callers_have_rates_of_their_own_and_strangers_that_of_their_address() -> None:
    server = FakeServer(is_loopback=False)
    one, other = await server.token(), await server.token()
    routed_app(server).state.api.rates.burst = 2.0
    for token, expected in ((one, 200), ("", 401), (other, 200)):
        statuses = [(await server.ask("GET", "/api/v1/descriptors", token=token)).status for _ in range(3)]
        assert statuses == [expected, expected, 429]


def test_a_route_without_a_policy_does_not_start() -> None:
    app = routed_app(FakeServer())
    require_guards(app)

    @app.get("/past")
    async def past() -> None: ...

    with pytest.raises(UnguardedRoute):
        require_guards(app)


async def test_what_changes_something_is_written_down_and_what_was_refused() -> None:
    server = FakeServer(is_loopback=False)
    admin, viewer = await server.token(Role.ADMIN), await server.token(Role.VIEWER)
    await server.ask("POST", "/api/v1/descriptors", DESCRIPTOR, token=admin)
    await server.ask("POST", "/api/v1/descriptors", DESCRIPTOR, token=viewer)
    await server.ask("GET", "/api/v1/descriptors", token=viewer)
    await server.ask("GET", "/api/v1/descriptors")
    entries = (await server.administration.audit.page()).items
    assert [(each.action, each.result) for each in reversed(entries)] == [
        ("descriptors.create", "allowed"),
        ("descriptors.create", "forbidden"),
        ("descriptors.read", "unknownCaller"),
    ]
    assert all("x" * 43 not in repr(each) for each in entries)
    assert entries[-1].resource == str(UNIT)


async def test_on_a_loopback_the_owner_needs_no_token_until_there_is_one() -> None:
    server = FakeServer()
    assert (await server.ask("GET", "/api/v1/descriptors")).status == 200
    await server.token()
    assert (await server.ask("GET", "/api/v1/descriptors")).status == 401


def test_the_table_is_what_is_served() -> None:
    server = FakeServer()
    assert routed(server.server.app.app.app.state.api).openapi()["paths"].keys() == {path for _, path, _ in OPERATIONS}
