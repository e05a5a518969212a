"""Servers for a bare repository: Git's own over HTTP with a token, and over SSH with a key."""

from __future__ import annotations

import asyncio
import base64
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncssh

from fairlead.doors.process import Program, run, start, stop
from tests.fakes.http import Answer, Request

_SERVICES = {"git-upload-pack", "git-receive-pack"}


@dataclass(frozen=True, slots=True)
class GitOverHttp:
    """The handler of an `HttpServer`: hands everything to `git http-backend` (RFC 3875), for this user alone."""

    git: Path
    root: Path
    user: str
    token: str

    async def __call__(self, request: Request, writer: object) -> Answer:
        proof = base64.b64encode(f"{self.user}:{self.token}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {proof}":
            return Answer(401, b"", {"WWW-Authenticate": 'Basic realm="git"'})
        parts = urlsplit(request.path)
        env = {
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
            "REMOTE_USER": self.user,
            "REQUEST_METHOD": request.method,
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "CONTENT_TYPE": request.headers.get("content-type", ""),
            "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        }
        done = await run(Program((str(self.git), "http-backend"), env=env, stdin=request.body))
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        return Answer(int(headers.pop("Status", "200")[:3]), body, headers)


async def _copied(source: Any, sink: Any) -> None:
    while chunk := await source.read(65536):
        sink.write(chunk)
        await sink.drain()
    if sink.can_write_eof():
        sink.write_eof()


@asynccontextmanager
async def git_over_ssh(git: Path, key: Path) -> AsyncIterator[int]:
    """Serve repositories to who has the key; its public half also is the server's. Gives the port."""

    async def serve(process: asyncssh.SSHServerProcess[bytes]) -> None:
        service, repository = shlex.split(process.command or "")
        assert service in _SERVICES
        child = await start(Program((str(git), service.removeprefix("git-"), repository), env={}))
        try:
            taking = asyncio.ensure_future(_copied(process.stdin, child.stdin))
            await asyncio.gather(_copied(child.stdout, process.stdout), _copied(child.stderr, process.stderr))
            taking.cancel()  # Git has said everything, so nobody listens any more
            await asyncio.gather(taking, return_exceptions=True)
            process.exit(await child.wait())
        finally:
            await stop(child)

    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[str(key)],
        authorized_client_keys=f"{key}.pub",
        process_factory=serve,
        encoding=None,
    )
    try:
        yield server.get_port()
    finally:
        server.close()
        await server.wait_closed()
