"""`fairlead webhooks` as a process of its own, and those who send there."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import resource
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from fairlead.doors.process import Program, start, stop
from tests.fakes.installed import FAIRLEAD

SECRET = "correct horse battery staple"
CONFIG = "receivers:\n  - {name: ci, provider: generic, secretFrom: {env: CI_SECRET}}\n"


def delivery(image: str, secret: str = SECRET, time: str | None = None) -> bytes:
    """Return the request that announces an image."""
    body = json.dumps({"image": image, "time": time}).encode()
    signed = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    head = (
        f"POST /hooks/ci HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
        f"X-Fairlead-Signature: sha256={signed}\r\n\r\n"
    )
    return head.encode() + body


class Server:
    """The command as a process of its own."""

    def __init__(self, process: Process, port: int) -> None:
        self.process = process
        self.port = port

    @property
    def memory(self) -> int:
        """Resident bytes."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize()

    async def line(self) -> str:
        assert self.process.stdout is not None
        return (await self.process.stdout.readline()).decode().rstrip()

    async def deliver(self, image: str, secret: str = SECRET, *, time: str | None = None) -> int:
        request = delivery(image, secret, time)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        status = int((await reader.readline()).split()[1])
        await reader.read()
        writer.close()
        return status

    async def get(self, path: str) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        status = int((await reader.readline()).split()[1])
        await reader.read()
        writer.close()
        return status

    async def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return await self.process.wait()


@asynccontextmanager
async def serving(repository: Path, *arguments: str, environ: Mapping[str, str] | None = None) -> AsyncIterator[Server]:
    """Run the command in a repository with a `webhooks.yaml` until the block is left; or a server, if that is named."""
    home = {"CI_SECRET": SECRET, "HOME": str(repository / "home"), "PATH": "/usr/bin:/bin"}
    named = arguments if arguments[:1] == ("server",) else ("webhooks", "--config", "webhooks.yaml", *arguments)
    command = (str(FAIRLEAD), *named, "--listen", "127.0.0.1:0")
    process = await start(Program(command, cwd=repository, env={**home, **(environ or {})}))
    try:
        async with asyncio.timeout(60):
            assert process.stdout is not None
            first = (await process.stdout.readline()).decode()
            yield Server(process, int(first.rpartition(":")[2]))
    finally:
        await stop(process)
