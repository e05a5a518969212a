"""Container images as values, and how to make one around a single static program.

The same program gives the same bytes and so the same digest, whenever and wherever it is made (OCI image format 1.0).
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile  # noqa: TID251 - writes an archive; the ban is about reading those of others
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
_LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

PAUSE = "pause:1"
COREDNS = "coredns:1"
SAMPLE = "app"
SAMPLE_TAGS = ("1.0", "1.1", "2.0")


@dataclass(frozen=True, slots=True)
class Image:
    """An image: its manifest, and by digest everything that the manifest refers to."""

    manifest: bytes
    media_type: str
    blobs: Mapping[str, bytes] = field(repr=False)

    @property
    def digest(self) -> str:
        """What identifies the image."""
        return digest_of(self.manifest)


@dataclass(frozen=True, slots=True)
class Command:
    """What a container of the image runs; the program lies at /NAME."""

    arguments: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    port: int | None = None


def digest_of(data: bytes) -> str:
    """The digest of a blob."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def config_descriptor(config: bytes) -> dict[str, object]:
    """How a manifest refers to an image's configuration."""
    return _descriptor(_CONFIG_TYPE, config)


def layer_descriptor(layer: bytes) -> dict[str, object]:
    """How a manifest refers to a layer, packed or not."""
    packed = layer.startswith(b"\x1f\x8b")
    return _descriptor(f"{_LAYER_TYPE}+gzip" if packed else _LAYER_TYPE, layer)


def manifest_of(config: dict[str, object], layers: Sequence[dict[str, object]]) -> bytes:
    """The manifest of an image."""
    return _json({"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": list(layers)})


def single_program_image(name: str, program: bytes, command: Command, *, machine: str = "") -> Image:
    """Make the image whose one layer holds one program. `machine` is as `uname -m` says, this one's by default."""
    layer = _layer(name, program)
    machine = machine or platform.machine()
    container: dict[str, object] = {"Entrypoint": [f"/{name}", *command.arguments]}
    if command.env:
        container["Env"] = [f"{key}={value}" for key, value in sorted(command.env.items())]
    if command.port is not None:
        container["ExposedPorts"] = {f"{command.port}/tcp": {}}
    config = _json(
        {
            "architecture": _ARCHITECTURES.get(machine, machine),
            "os": "linux",
            "config": container,
            "rootfs": {"type": "layers", "diff_ids": [digest_of(layer)]},
        }
    )
    manifest = manifest_of(config_descriptor(config), [layer_descriptor(layer)])
    return Image(manifest, MANIFEST_TYPE, {digest_of(config): config, digest_of(layer): layer})


def sample_image(programs: Mapping[str, str], tag: str) -> Image:
    """The sample workload, saying `tag` as its version."""
    command = Command(env={"APP_VERSION": tag}, port=8080)
    return single_program_image("app", Path(programs["app"]).read_bytes(), command)


def node_images(programs: Mapping[str, str]) -> dict[str, Image]:
    """What every real node needs, by reference."""
    pause = single_program_image("node", Path(programs["node"]).read_bytes(), Command(("pause",)))
    dns = single_program_image("coredns", Path(programs["coredns"]).read_bytes(), Command())
    return {PAUSE: pause, COREDNS: dns}


def _layer(name: str, program: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        entry = tarfile.TarInfo(name)  # no time, no owner: the same bytes every time
        entry.size, entry.mode = len(program), 0o755
        archive.addfile(entry, io.BytesIO(program))
    return buffer.getvalue()


def _descriptor(media_type: str, data: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": digest_of(data), "size": len(data)}


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
