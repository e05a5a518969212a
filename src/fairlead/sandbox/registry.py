"""The sandbox's registry: how it is run, and how an image gets into it (OCI distribution specification 1.1).

One registry serves this machine on loopback. Each real node runs another on its own loopback, which only reads the
same storage: so an image has one name everywhere, and clients that trust loopback need no setting for plain HTTP.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urljoin

from fairlead.domain.errors import Problem, RemoteRefused
from fairlead.doors.dial import Dialer, Response
from fairlead.sandbox.images import Image
from fairlead.sandbox.places import Places
from fairlead.sandbox.spec import SandboxState
from fairlead.sandbox.supervision import ProcessSpec, write_private


def registry_config(storage: str, address: str, *, writable: bool) -> str:
    """The registry program's configuration."""
    config = {
        "version": "0.1",
        "log": {"accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": storage},
            "delete": {"enabled": writable},
            "maintenance": {"readonly": {"enabled": not writable}, "uploadpurging": {"enabled": False}},
        },
        "http": {"addr": address},
    }
    return json.dumps(config, indent=2)


def process(state: SandboxState, places: Places) -> ProcessSpec:
    """The registry of this machine."""
    config = places.root / "registry.json"
    places.registry.mkdir(exist_ok=True)
    write_private(config, registry_config(str(places.registry), state.registry, writable=True).encode())
    return ProcessSpec("registry", (state.programs["registry"], "serve", str(config)))


async def push(dialer: Dialer, address: str, *, reference: str, image: Image) -> None:
    """Store an image as `reference` (NAME:TAG); blobs that the registry has are not sent again.

    Raises:
        RemoteRefused: the registry did not take it.
    """
    name, _, tag = reference.rpartition(":")
    base = f"http://{address}/v2/{name}"
    for digest, data in image.blobs.items():
        present = await dialer.request("HEAD", f"{base}/blobs/{digest}")
        if present.status != 200:
            await _upload(dialer, base, digest=digest, data=data)
    headers = {"Content-Type": image.media_type}
    _expect(201, await dialer.request("PUT", f"{base}/manifests/{tag}", headers=headers, body=image.manifest))


async def push_all(dialer: Dialer, address: str, images: Mapping[str, Image]) -> None:
    """Store several images."""
    for reference, image in images.items():
        await push(dialer, address, reference=reference, image=image)


async def _upload(dialer: Dialer, base: str, *, digest: str, data: bytes) -> None:
    opened = _expect(202, await dialer.request("POST", f"{base}/blobs/uploads/", headers={"Content-Length": "0"}))
    target = urljoin(f"{base}/", opened.headers["location"])
    joint = "&" if "?" in target else "?"
    headers = {"Content-Type": "application/octet-stream"}
    _expect(201, await dialer.request("PUT", f"{target}{joint}digest={digest}", headers=headers, body=data))


def _expect(status: int, response: Response) -> Response:
    if response.status != status:
        text = response.body[:500].decode(errors="replace")
        raise RemoteRefused(
            Problem(code="sandboxRegistry", message=f"the registry answered {response.status}: {text}"),
            status=response.status,
        )
    return response
