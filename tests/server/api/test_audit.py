"""The audit log over HTTP: what changed and what was refused, page by page, for those who may see everything."""

from __future__ import annotations

from fairlead.domain.authorising.callers import Role
from fairlead.domain.scopes import scope_of
from tests.fakes.server import DESCRIPTOR, FakeServer

AUDIT = "/api/v1/audit"


async def test_changes_and_refusals_are_there_and_secrets_are_not() -> None:
    server = FakeServer(is_loopback=False)
    admin, viewer = await server.token(Role.ADMIN), await server.token(Role.VIEWER)
    await server.ask("POST", "/api/v1/descriptors", DESCRIPTOR, token=admin)
    await server.ask("POST", "/api/v1/descriptors", DESCRIPTOR, token=viewer)
    await server.ask("GET", "/api/v1/descriptors", token="nonsense")
    await server.ask("GET", "/api/v1/descriptors", token=viewer)

    first = await server.ask("GET", f"{AUDIT}?limit=2", token=admin)
    rest = await server.ask("GET", f"{AUDIT}?after={first.json['next']}", token=admin)

    entries = [*first.json["items"], *rest.json["items"]]
    told = [(entry["action"], entry["result"]) for entry in entries]
    assert (first.status, rest.status, rest.json["next"]) == (200, 200, None)
    assert told[:3] == [
        ("descriptors.read", "unknownCaller"),
        ("descriptors.create", "forbidden"),
        ("descriptors.create", "allowed"),
    ]
    assert [entry["resource"] for entry in entries[1:3]] == ["one/shop/web"] * 2
    everything = first.body + rest.body
    for secret in (admin, viewer, "nonsense"):
        assert secret.split("_", 2)[-1].encode() not in everything


async def test_a_stranger_writes_little_into_it() -> None:
    server = FakeServer(is_loopback=False)
    await server.ask("GET", f"/api/v1/descriptors/{'x' * 5000}")
    (entry,) = (await server.administration.audit.page()).items
    assert (entry.result, len(entry.detail["path"])) == ("unknownCaller", 500)


async def test_who_may_not_see_everything_does_not_see_it() -> None:
    server = FakeServer(is_loopback=False)
    part = await server.token(Role.ADMIN, scope_of(namespaces=["shop"]))
    viewer = await server.token(Role.VIEWER)

    statuses = [(await server.ask("GET", AUDIT, token=token)).status for token in (part, viewer)]

    assert statuses == [403, 403]
