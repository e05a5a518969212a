"""The application on a real socket: slow and endless senders cost nobody else anything; it ends gracefully."""

from __future__ import annotations

import asyncio
import json
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from fairlead.domain.errors import OperationFailed
from fairlead.domain.webhooks.providers import PROVIDERS
from fairlead.domain.webhooks.receivers import Receiver
from fairlead.server.asgi import Limits, Message, Receive, Scope, Send, problem
from fairlead.server.connection import ABORT
from fairlead.server.serving import Address, serving
from fairlead.server.webhooks import Webhooks
from tests.domain.webhooks.shapes import SHAPES
from tests.fakes.deliveries import MemoryQueue
from tests.server.webhooks import SECRET, signature

BODY = json.dumps(SHAPES["generic"][1]).encode()
HEADERS = f"POST /hooks/generic HTTP/1.1\r\nHost: x\r\nX-Fairlead-Signature: {signature(BODY)}\r\n"
GOOD = f"{HEADERS}Content-Length: {len(BODY)}\r\nConnection: close\r\n\r\n".encode() + BODY
SLOW = f"{HEADERS}Content-Length: 1000\r\n\r\n".encode()
ENDLESS = f"{HEADERS}Transfer-Encoding: chunked\r\n\r\n".encode()


@pytest.fixture
async def address() -> AsyncIterator[Address]:
    receivers = {"generic": Receiver("generic", PROVIDERS["generic"], SECRET)}
    async with serving(Webhooks(receivers, MemoryQueue(), limits=Limits(seconds=5)), Address("127.0.0.1", 0)) as bound:
        yield bound


async def sent(address: Address, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(request)
    answer = await reader.readline()
    writer.close()
    return answer


async def test_a_delivery_over_a_socket(address: Address) -> None:
    assert await sent(address, GOOD) == b"HTTP/1.1 202 Accepted\r\n"


async def test_nobody_waits_for_a_thousand_slow_senders(address: Address) -> None:
    slow = [await asyncio.open_connection(address.host, address.port) for _ in range(400)]
    for _, writer in slow:
        writer.write(SLOW + b"{")

    assert await sent(address, GOOD) == b"HTTP/1.1 202 Accepted\r\n"

    for _, writer in slow:
        writer.close()


async def test_an_endless_body_is_cut_off_at_the_limit(address: Address) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(ENDLESS)
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    with suppress(ConnectionError):
        for _ in range(2000):  # 125 MiB
            writer.write(chunk)
            await writer.drain()

    answer = await reader.readline()
    writer.close()

    assert answer in (b"HTTP/1.1 413 Request Entity Too Large\r\n", b"HTTP/1.1 413 Content Too Large\r\n", b"")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 << 10  # KiB


async def test_what_is_no_http_is_refused(address: Address) -> None:
    assert await sent(address, b"\x16\x03\x01 nonsense\r\n\r\n") == b"HTTP/1.1 400 Bad Request\r\n"


async def test_a_taken_port_is_an_error(address: Address) -> None:
    with pytest.raises(OperationFailed) as caught:
        async with serving(None, address):
            pass

    assert caught.value.code == "cannotListen"


async def test_a_socket_that_was_handed_over_is_served_and_stays_its_owners() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await problem(404, "notFound", "nothing").send(send)

    with socket.create_server(("127.0.0.1", 0)) as held:
        for _ in range(2):
            async with serving(app, Address("", 0, held.dup().detach())) as bound:
                assert (bound.host, bound.port) == held.getsockname()
                assert await sent(bound, GOOD) == b"HTTP/1.1 404 Not Found\r\n"


@pytest.mark.parametrize("kind", ["not listening", "not of the web", "no socket", "nothing"])
async def test_a_descriptor_of_something_else_is_an_error(kind: str, tmp_path: Path) -> None:
    with socket.socket() as plain, socket.socket(socket.AF_UNIX) as local, (tmp_path / "file").open("w") as file:
        local.bind(str(tmp_path / "socket"))
        local.listen()
        numbers = {"not listening": plain.fileno(), "not of the web": local.fileno(), "no socket": file.fileno()}
        with pytest.raises(OperationFailed) as caught:
            async with serving(None, Address("", 0, numbers.get(kind, 9999))):
                pass

    assert caught.value.code == "cannotListen"


async def test_small_pieces_are_sent_at_once() -> None:
    seen: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        transport = scope["extensions"][ABORT]["abort"].__self__
        seen.append(transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        await problem(404, "notFound", "nothing").send(send)

    async with serving(app, Address("127.0.0.1", 0)) as bound:
        await sent(bound, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert seen == [1]


async def test_a_head_that_does_not_end_is_cut_off(address: Address) -> None:
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
    with suppress(ConnectionError):
        for _ in range(200):  # 12.5 MiB
            writer.write(b"x" * 65536)
            await writer.drain()
    with suppress(ConnectionError):
        assert await reader.readline() in (b"HTTP/1.1 431 Request Header Fields Too Large\r\n", b"")
    writer.close()


async def test_what_does_not_end_keeps_nobody_from_ending() -> None:
    entered, ended = asyncio.Event(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with asyncio.timeout(30):
        async with serving(app, Address("127.0.0.1", 0), grace=1) as bound:
            asking = asyncio.ensure_future(sent(bound, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
            await entered.wait()
        await ended.wait()
        assert await asking in (b"", b"HTTP/1.1 500 Internal Server Error\r\n")


async def test_what_is_under_way_is_answered_before_the_end() -> None:
    entered, release = asyncio.Event(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        entered.set()
        await release.wait()
        start: Message = {"type": "http.response.start", "status": 204, "headers": []}
        await send(start)
        await send({"type": "http.response.body", "body": b""})

    async def ending() -> bytes:
        async with serving(app, Address("127.0.0.1", 0)) as bound:
            asking = asyncio.ensure_future(sent(bound, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
            await entered.wait()
            asyncio.get_running_loop().call_later(0.2, release.set)
        return await asking

    assert await ending() == b"HTTP/1.1 204 No Content\r\n"
