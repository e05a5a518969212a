"""The registry's settings, and what happens when it says no."""

from __future__ import annotations

import asyncio
import json

import pytest

from fairlead.domain.errors import RemoteRefused
from fairlead.doors.dial import Dialer
from fairlead.sandbox.images import Command, single_program_image
from fairlead.sandbox.registry import push, registry_config

IMAGE = single_program_image("app", b"program", Command(), machine="x86_64")


@pytest.mark.parametrize("writable", [True, False])
def test_a_nodes_registry_only_reads(*, writable: bool) -> None:
    config = json.loads(registry_config("/storage", "127.0.0.1:5000", writable=writable))
    assert config["storage"]["maintenance"]["readonly"]["enabled"] is not writable
    assert config["storage"]["filesystem"]["rootdirectory"] == "/storage"
    assert config["http"]["addr"] == "127.0.0.1:5000"


async def test_a_refusal_is_an_error_with_its_status() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 507 Full\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    dialer = Dialer()
    async with server:
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(RemoteRefused) as refused:
            await push(dialer, address, reference="app:1", image=IMAGE)
        await dialer.close()
    assert refused.value.status == 507
