from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address

import pytest

from fairlead.doors.knocking import listens

HERE = ip_address("127.0.0.1")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_somebody_listens_and_hears_nothing(host: str) -> None:
    heard = asyncio.get_running_loop().create_future()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.set_result(await reader.read())
        writer.close()

    async with await asyncio.start_server(listen, host, 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await listens(ip_address(host), port, seconds=20) is True
        async with asyncio.timeout(20):
            assert await heard == b""


async def test_nobody_listens() -> None:
    with socket.socket() as bound:
        bound.bind((str(HERE), 0))
        assert await listens(HERE, bound.getsockname()[1], seconds=20) is False


async def test_nothing_leads_there() -> None:
    assert await listens(ip_address("::ffff:0:0"), 1, seconds=20) in (None, False)


async def test_no_word_in_time() -> None:
    """A queue that is full takes no more, and says nothing."""
    with socket.socket() as busy:
        busy.bind((str(HERE), 0))
        busy.listen(0)
        port = busy.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        try:
            for one in waiting:
                one.setblocking(False)
                one.connect_ex((str(HERE), port))
            assert await listens(HERE, port, seconds=0.05) is None
        finally:
            for one in waiting:
                one.close()
