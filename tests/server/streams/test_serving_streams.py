"""Streams on real sockets: WebSocket and server-sent events, from the same hub, with the same rights."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable, Hashable
from dataclasses import dataclass, field

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from fairlead.server.asgi import Receive, Scope, Send, headers_of, problem
from fairlead.server.serving import Address, serving
from fairlead.server.streams.answering import Opened
from fairlead.server.streams.events import EventStreams
from fairlead.server.streams.hub import Hub
from fairlead.server.streams.websocket import websockets_of
from tests.fakes.clock import FakeClock
from tests.fakes.journal import MemoryJournal

MEGABYTE = "x" * (1 << 20)


@dataclass(slots=True)
class Server:
    """A server whose only route is a stream. Who shows no token is refused."""

    journal: MemoryJournal
    hub: Hub
    address: Address
    revoked: set[str] = field(default_factory=set)

    def publish(self, text: str = "") -> None:
        self.hub.publish("deployment", self.journal.add(text))

    def complete(self) -> None:
        self.journal.is_complete = True
        self.hub.complete("deployment")

    def websocket(self, token: str = "one", after: int = 0) -> connect:
        url = f"ws://{self.address.host}:{self.address.port}/{after}"
        return connect(url, additional_headers={"authorization": token} if token else {}, proxy=None)

    async def events(self, token: str = "one") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(self.address.host, self.address.port)
        writer.write(f"GET /0 HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        return reader, writer

    async def until_open(self, count: int) -> None:
        async with asyncio.timeout(10):
            while self.hub.open != count:  # noqa: ASYNC110 - sockets are what is waited for
                await asyncio.sleep(0.001)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    journal, revoked = MemoryJournal(), set[str]()

    async def admitted() -> Callable[[Hashable], bool]:
        return lambda caller: caller not in revoked

    hub = Hub(journal, FakeClock(), admitted, limit=100)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        token = headers_of(scope).get("authorization")
        if token is None:
            await problem(401, "notAuthentic", "show a token").send(send)
            return
        await Opened(hub.follower("deployment", int(scope["path"][1:]), token))(scope, receive, send)

    address = Address("127.0.0.1", 0)
    async with asyncio.timeout(60), serving(EventStreams(app, hub), address, websockets=websockets_of(hub)) as bound:
        yield Server(journal, hub, bound, revoked)
        hub.close()


async def sequence(client: ClientConnection) -> int:
    return int(json.loads(await client.recv())["sequence"])


async def test_a_websocket_is_told_everything_so_far_and_what_follows(server: Server) -> None:
    server.publish()
    async with server.websocket() as client:
        assert await sequence(client) == 1
        server.publish()
        assert await sequence(client) == 2
        server.complete()
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000


async def test_events_are_told_with_their_numbers(server: Server) -> None:
    server.publish()
    reader, writer = await server.events()
    told = await reader.readuntil(b"id: 1\nevent: log\n")
    server.publish()
    told += await reader.readuntil(b"id: 2\nevent: log\n")
    server.complete()
    told += await reader.readuntil(b"event: end\n")
    assert b"data: " in told
    writer.close()


async def test_events_begin_at_once_are_held_up_by_no_proxy_and_go_on_with_pings(server: Server) -> None:
    reader, writer = await asyncio.open_connection(server.address.host, server.address.port)
    writer.write(b"GET /0 HTTP/1.1\r\nHost: x\r\nAuthorization: one\r\n\r\n")
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    assert b"\r\ncontent-type: text/event-stream\r\n" in head
    assert b"\r\nx-accel-buffering: no\r\n" in head
    await reader.readuntil(b": ping\n\n")
    pinging = asyncio.ensure_future(server.hub.run())
    await reader.readuntil(b": ping\n\n")
    pinging.cancel()
    writer.close()


async def test_a_client_goes_on_where_it_was(server: Server) -> None:
    for _ in range(5):
        server.publish()
    async with server.websocket(after=3) as client:
        assert await sequence(client) == 4


async def test_what_is_refused_is_an_ordinary_problem_on_both_wires(server: Server) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with server.websocket(token=""):
            pass
    assert refused.value.response.status_code == 401
    assert json.loads(refused.value.response.body)["code"] == "notAuthentic"
    assert server.hub.open == 0


async def test_an_opening_that_breaks_the_protocol_is_refused(server: Server) -> None:
    reader, writer = await asyncio.open_connection(server.address.host, server.address.port)
    head = "GET /0 HTTP/1.1\r\nHost: x\r\nAuthorization: one\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    writer.write(head.encode())
    assert (await reader.readline()).startswith(b"HTTP/1.1 400 ")
    writer.close()


async def test_clients_that_leave_are_forgotten(server: Server) -> None:
    async with server.websocket():
        _, writer = await server.events()
        await server.until_open(2)
        writer.close()
    await server.until_open(0)


async def test_a_stream_that_cannot_be_read_has_not_ended_well(server: Server) -> None:
    server.journal.is_broken = True
    async with server.websocket() as client:
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1011
    reader, writer = await server.events()
    assert b"event: end" not in await reader.read()  # so that a browser comes again
    writer.close()


async def test_what_nobody_follows_any_more_is_forgotten(server: Server) -> None:
    one, two = (server.hub.follower("deployment", 0, name) for name in ("one", "two"))
    with server.hub.following(one) as feed:
        with server.hub.following(two) as shared:
            assert shared is feed
        with server.hub.following(two) as shared:
            assert shared is feed
    with server.hub.following(two) as anew:
        assert anew is not feed


async def test_a_revoked_token_ends_its_streams_and_no_others(server: Server) -> None:
    async with server.websocket("one") as one, server.websocket("two") as two:
        reader, writer = await server.events("one")
        await server.until_open(3)
        server.revoked.add("one")
        await server.hub.check()
        with pytest.raises(ConnectionClosed) as closed:
            await one.recv()
        server.publish()
        assert await sequence(two) == 1
        assert b"id: " not in await reader.read()  # not a byte of it after
        writer.close()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


def everything(client: socket.socket) -> bytes:
    """Read until the other side has closed the connection."""
    client.settimeout(20)
    pieces: list[bytes] = []
    with contextlib.suppress(ConnectionResetError):
        while piece := client.recv(1 << 16):
            pieces.append(piece)
    return b"".join(pieces)


async def test_who_reads_nothing_costs_the_others_nothing(server: Server) -> None:
    stalled = socket.socket()
    stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stalled.connect((server.address.host, server.address.port))
    stalled.sendall(b"GET /0 HTTP/1.1\r\nHost: x\r\nAuthorization: one\r\n\r\n")
    async with server.websocket() as client:
        await server.until_open(2)
        for number in range(1, 20):
            server.publish(MEGABYTE[: 1 << 16] * 8)
            assert await sequence(client) == number
        server.revoked.add("one")
        await server.hub.check()
    await server.until_open(0)  # although it still reads nothing
    left = await asyncio.to_thread(everything, stalled)
    assert not left.endswith(b"\r\n")  # what waited for it was dropped, in the middle of an event
    stalled.close()


async def test_stopping_tells_the_clients_to_come_again(server: Server) -> None:
    async with server.websocket() as client:
        reader, writer = await server.events()
        await server.until_open(2)
        server.hub.close()
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert b"event: end" not in await reader.read()  # nothing has ended, so a browser comes again
        writer.close()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012


async def test_a_stream_that_is_opened_while_the_server_stops_ends_as_well(server: Server) -> None:
    server.hub.close()
    async with server.websocket() as client:
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012


async def test_who_answers_no_ping_is_gone(server: Server) -> None:
    reader, writer = await asyncio.open_connection(server.address.host, server.address.port)
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    key = "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
    writer.write(f"GET /0 HTTP/1.1\r\nHost: x\r\nAuthorization: one\r\n{upgrade}{key}\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    await server.until_open(1)
    pinging = asyncio.ensure_future(server.hub.run())
    await server.until_open(0)
    pinging.cancel()
    writer.close()


async def test_streams_are_ended_after_a_check_that_a_bug_stopped(server: Server) -> None:
    admitted, failures = server.hub.admitted, iter([ValueError("nobody thought of it")])

    async def failing() -> Callable[[Hashable], bool]:
        if (failure := next(failures, None)) is not None:
            raise failure
        return await admitted()

    server.hub.admitted = failing
    async with server.websocket():
        await server.until_open(1)
        server.revoked.add("one")
        checking = asyncio.ensure_future(server.hub.run())
        await server.until_open(0)
        checking.cancel()


async def test_a_client_that_sends_too_much_is_cut_off(server: Server) -> None:
    async with server.websocket() as client:
        await client.send("x" * 10_000)
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009
    await server.until_open(0)
