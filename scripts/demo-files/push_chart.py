"""Puts the chart in a directory into an OCI registry of this machine, as `helm push` does: DIRECTORY HOST:PORT."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import sys
import tarfile  # noqa: TID251 - writes an archive; the ban is about reading those of others
from pathlib import Path

from fairlead.doors.dial import Dialer
from fairlead.doors.yaml import read_values
from fairlead.sandbox.images import MANIFEST_TYPE, Image, digest_of
from fairlead.sandbox.registry import push

CONFIG_TYPE = "application/vnd.cncf.helm.config.v1+json"
CONTENT_TYPE = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"


def packed(chart: Path, name: str) -> bytes:
    """The chart as an archive; the same files give the same bytes."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for file in sorted(path for path in chart.rglob("*") if path.is_file()):
            entry = tarfile.TarInfo(f"{name}/{file.relative_to(chart)}")
            entry.size, entry.mode = file.stat().st_size, 0o644
            tar.addfile(entry, io.BytesIO(file.read_bytes()))
    return gzip.compress(archive.getvalue(), mtime=0)


async def main(chart: Path, registry: str) -> None:
    """Push it, and say under which reference."""
    metadata = read_values((chart / "Chart.yaml").read_bytes(), "Chart.yaml")
    name, version = metadata["name"], metadata["version"]
    config, layer = json.dumps(metadata, sort_keys=True).encode(), packed(chart, name)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": {"mediaType": CONFIG_TYPE, "digest": digest_of(config), "size": len(config)},
        "layers": [{"mediaType": CONTENT_TYPE, "digest": digest_of(layer), "size": len(layer)}],
    }
    blobs = {digest_of(config): config, digest_of(layer): layer}
    dialer = Dialer()
    try:
        image = Image(json.dumps(manifest, sort_keys=True).encode(), MANIFEST_TYPE, blobs)
        await push(dialer, registry, reference=f"charts/{name}:{version}", image=image)
    finally:
        await dialer.close()
    print(f"pushed oci://{registry}/charts/{name}, version {version}")


asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
