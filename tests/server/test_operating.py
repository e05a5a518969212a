"""A whole server on a socket: who lost their right is out within seconds, and it ends with everything handed over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from websockets.asyncio.client import ClientConnection, connect

from fairlead.domain.authorising.callers import Role
from fairlead.domain.unit_news import LogLine
from fairlead.domain.units import UnitKey
from fairlead.server.operating import running
from fairlead.server.serving import Address
from tests.fakes.server import DESCRIPTOR, FakeServer
from tests.fakes.stepped_clock import SteppedClock

UNIT = UnitKey("one", "shop", "web")
ANYWHERE = Address("127.0.0.1", 0)
ALLOWED_SECONDS = 5


@asynccontextmanager
async def events(bound: Address, deployment: str, token: str) -> AsyncIterator[asyncio.StreamReader]:
    """Follow a deployment by server-sent events."""
    reader, writer = await asyncio.open_connection(bound.host, bound.port)
    head = f"GET /api/v1/deployments/{deployment}/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
    writer.write(head.encode())
    try:
        await reader.readuntil(b": ping\n\n")
        yield reader
    finally:
        writer.close()


def websocket(bound: Address, deployment: str, token: str) -> connect:
    url = f"ws://{bound.host}:{bound.port}/api/v1/deployments/{deployment}/stream"
    return connect(url, additional_headers={"authorization": f"Bearer {token}"}, proxy=None)


async def until_open(server: FakeServer, count: int) -> None:
    async with asyncio.timeout(20):
        while server.ears.hub.open != count:  # noqa: ASYNC110 - sockets are what is waited for
            await asyncio.sleep(0.001)


async def code(client: ClientConnection) -> int:
    await client.wait_closed()
    assert client.close_code is not None
    return client.close_code


@pytest.mark.parametrize("how", ["revoked", "expired"])
async def test_streams_end_within_five_seconds_of_their_right(how: str) -> None:
    clock = SteppedClock()
    server = FakeServer(is_loopback=False, clock=clock)  # type: ignore[arg-type] # it tells the time as well
    server.store.memory.is_filled = True
    admin = await server.token()
    begun = await server.ask("POST", "/api/v1/descriptors", DESCRIPTOR, token=admin)
    made = await server.ask("POST", "/api/v1/deployments", {"descriptorId": begun.json["id"]}, token=admin)
    lost = await server.token(Role.VIEWER, days=1 / 24)
    async with running(server.server, ANYWHERE) as bound:
        deployment = made.json["id"]
        async with (
            events(bound, deployment, lost) as reader,
            websocket(bound, deployment, lost) as client,
            websocket(bound, deployment, admin) as other,
        ):
            await until_open(server, 3)
            if how == "revoked":
                await server.administration.tokens.revoke(lost.split("_")[1], clock.now(), "test")
            else:
                await clock.advance(3600)
            await clock.advance(ALLOWED_SECONDS)
            await until_open(server, 1)
            server.ears.recorder.announce(LogLine(UNIT, clock.now(), deployment, "a secret of later"))
            assert "a secret of later" in await other.recv(decode=True)
            assert b"a secret of later" not in await reader.read()
            assert await code(client) == 1008
            await other.close()


async def test_stopping_ends_streams_hands_units_over_and_stores_what_is_known() -> None:
    server = FakeServer(clock=SteppedClock())  # type: ignore[arg-type] # as above
    server.store.memory.is_filled = True
    identifier, token = await server.deployment(), await server.token()
    server.rollouts.go_on.clear()  # the unit is driven until somebody ends that
    async with asyncio.timeout(10), AsyncExitStack() as clients:
        async with running(server.server, ANYWHERE) as bound:
            reader = await clients.enter_async_context(events(bound, identifier, token))
            client = await clients.enter_async_context(websocket(bound, identifier, token))
            await until_open(server, 2)
            while not server.rollouts.driven:  # noqa: ASYNC110 - what is waited for is a fake's list
                await asyncio.sleep(0)
            for number in range(5):
                server.ears.recorder.announce(LogLine(UNIT, server.clock.now(), identifier, f"line {number}"))
        assert b"event: end" not in await reader.read()
        assert await code(client) == 1012
    assert len(await server.store.journals.read(identifier)) == 5
    assert server.rollouts.driven == [UNIT]
