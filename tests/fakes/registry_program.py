"""The distribution registry itself, started for one test, and images pushed into it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from fairlead.domain.published import ImageFacts
from fairlead.doors.dial import Dialer
from fairlead.doors.process import Program, start, stop
from fairlead.sandbox.build import ensure
from fairlead.sandbox.modules import REGISTRY
from fairlead.settings import Settings
from tests.fakes.registry_server import CONFIG, MANIFEST, RegistryServer

_CONFIG = """version: 0.1
log: {{accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {folder}}}, delete: {{enabled: true}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Whom the registry tells of what happens in it, and what it shows to prove itself."""

    url: str
    secret: str

    def config(self) -> str:
        headers = f"{{Authorization: ['Bearer {self.secret}']}}"
        settings = f"url: '{self.url}', headers: {headers}, timeout: 5s, threshold: 5, backoff: 1s"
        return f"notifications: {{endpoints: [{{name: fairlead, {settings}}}]}}\n"


@asynccontextmanager
async def registry_program(folder: Path, tells: Endpoint | None = None) -> AsyncIterator[str]:
    """Run the sandbox's registry program on a free port; gives `127.0.0.1:PORT`."""
    program = (await ensure([REGISTRY], Settings.from_environment(), lambda _: None))["registry"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = folder / "registry.yaml"
    notifying = tells.config() if tells is not None else ""
    config.write_text(_CONFIG.format(folder=folder / "storage", port=port) + notifying)
    child = await start(Program((str(program), "serve", str(config)), env={"OTEL_TRACES_EXPORTER": "none"}))
    # It says so when it listens; nothing else is waited for.
    assert child.stderr is not None
    assert child.stdout is not None
    async with asyncio.timeout(30):
        while b"listening on" not in await child.stderr.readline():
            assert child.returncode is None
    reading = [asyncio.create_task(_discard(pipe)) for pipe in (child.stdout, child.stderr)]  # a full pipe stops it
    try:
        yield f"127.0.0.1:{port}"
    finally:
        for task in reading:
            task.cancel()
        await stop(child)


async def push(host: str, name: str, tags: Sequence[str], platforms: Mapping[str, ImageFacts] | None = None) -> str:
    """Store one image under many tags and return its digest."""
    made = RegistryServer()
    digest = made.push(name, tags[0], platforms)
    base = f"http://{host}/v2/{name}"
    dialer = Dialer()
    for blob, (kind, body) in made.documents.items():
        if kind == CONFIG:
            await _upload(dialer, base, blob, body)
    for manifest, (kind, body) in made.documents.items():
        if kind == MANIFEST:
            await _put(dialer, f"{base}/manifests/{manifest}", kind, body)
    for at in range(0, len(tags), 32):
        some = tags[at : at + 32]
        await asyncio.gather(*(_put(dialer, f"{base}/manifests/{tag}", *made.documents[digest]) for tag in some))
    await dialer.close()
    return digest


async def _upload(dialer: Dialer, base: str, digest: str, body: bytes) -> None:
    opened = await dialer.request("POST", f"{base}/blobs/uploads/", headers={"Content-Length": "0"})
    target = urljoin(f"{base}/", opened.headers["location"])
    await _put(dialer, f"{target}{'&' if '?' in target else '?'}digest={digest}", "application/octet-stream", body)


async def _put(dialer: Dialer, url: str, kind: str, body: bytes) -> None:
    response = await dialer.request("PUT", url, headers={"Content-Type": kind}, body=body)
    assert response.status == 201, response


async def _discard(pipe: asyncio.StreamReader) -> None:
    while await pipe.read(65536):
        pass
