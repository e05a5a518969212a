"""Puts an image into a sandbox's registry: from an archive, from a container tool on this machine, or a sample."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fairlead.domain.errors import InputError, Problem
from fairlead.doors.archives import Limits, read_tar
from fairlead.doors.dial import Dialer
from fairlead.doors.process import Program, locate, run
from fairlead.sandbox.images import (
    MANIFEST_TYPE,
    SAMPLE,
    Image,
    config_descriptor,
    digest_of,
    layer_descriptor,
    manifest_of,
    sample_image,
)
from fairlead.sandbox.registry import push_all
from fairlead.sandbox.spec import SandboxState
from fairlead.settings import Settings

_GIGABYTE = 1024**3
_LIMITS = Limits(total=8 * _GIGABYTE, file=4 * _GIGABYTE, ratio=1000)
_INDEX_TYPES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
_NAME = "org.opencontainers.image.ref.name"
_FULL_NAME = "io.containerd.image.name"
_TOOLS = ("docker", "podman", "nerdctl")


async def load_image(image: str, state: SandboxState, settings: Settings, directory: Path) -> tuple[str, ...]:
    """Load an archive file, a sample (app:TAG) or an image that a container tool has; return full references.

    Raises:
        InputError: there is no such image, or the archive is not one of images.
    """
    found = await _find(image, state, settings, directory)
    dialer = Dialer()
    try:
        await push_all(dialer, state.registry, found)
    finally:
        await dialer.close()
    return tuple(f"{state.registry}/{reference}" for reference in found)


def read_images(data: bytes, *, name: str) -> dict[str, Image]:
    """The images of an archive by reference, without the registry's name: OCI layout, or what `docker save` wrote.

    Raises:
        InputError: it is neither.
    """
    files = {path.removeprefix("./"): content for path, content in read_tar(data, name=name, limits=_LIMITS).items()}
    found: dict[str, Image] = {}
    if "index.json" in files:
        found = _from_layout(files)
    if not found and "manifest.json" in files:
        found = _from_docker(files)
    if not found:
        raise InputError(
            Problem(
                code="imageArchive",
                message=f"{name} holds no image with a name",
                remedy="write it with `docker save NAME:TAG` or as an OCI archive with a name",
            )
        )
    return found


def short_reference(reference: str) -> str:
    """A reference without its registry, and with a tag: docker.io/library/nginx gives nginx:latest."""
    host, slash, rest = reference.partition("/")
    if slash and ("." in host or ":" in host or host == "localhost"):
        reference = rest.removeprefix("library/")
    return reference if ":" in reference.rpartition("/")[2] else f"{reference}:latest"


async def _find(image: str, state: SandboxState, settings: Settings, directory: Path) -> dict[str, Image]:
    path = directory / image
    if await asyncio.to_thread(path.is_file):
        return read_images(await asyncio.to_thread(path.read_bytes), name=image)
    if image.startswith(f"{SAMPLE}:"):
        return {image: sample_image(state.programs, image.removeprefix(f"{SAMPLE}:"))}
    for name in _TOOLS:
        tool = locate(name, search_path=settings.search_path)
        if tool is not None:
            argv = (str(tool), "save", image)
            saved = await run(Program(argv, env=settings.environ, timeout=600, output_limit=_LIMITS.total))
            return read_images(saved.stdout, name=image)
    raise InputError(
        Problem(
            code="imageMissing",
            message=f"{image} is not a file, and there is no container tool that could have it",
            remedy=f"give an archive, or {SAMPLE}:TAG for another version of the sample",
        )
    )


def _from_layout(files: Mapping[str, bytes]) -> dict[str, Image]:
    blobs = {
        f"sha256:{path.removeprefix('blobs/sha256/')}": content
        for path, content in files.items()
        if path.startswith("blobs/sha256/")
    }
    images = {}
    for entry in json.loads(files["index.json"]).get("manifests", []):
        notes = entry.get("annotations", {})
        name = notes.get(_FULL_NAME) or notes.get(_NAME)
        chosen = _single(entry, blobs)
        if name and chosen is not None:
            images[short_reference(name)] = chosen
    return images


def _single(entry: dict[str, Any], blobs: Mapping[str, bytes]) -> Image | None:
    # An archive for several machines may hold the contents of one of them only.
    manifest = json.loads(blobs[entry["digest"]])
    if entry.get("mediaType") in _INDEX_TYPES:
        inner = (_single(below, blobs) for below in manifest["manifests"] if below["digest"] in blobs)
        return next((image for image in inner if image is not None), None)
    needed = [manifest["config"]["digest"], *(layer["digest"] for layer in manifest["layers"])]
    if any(digest not in blobs for digest in needed):
        return None
    media_type = entry.get("mediaType", MANIFEST_TYPE)
    return Image(blobs[entry["digest"]], media_type, {digest: blobs[digest] for digest in needed})


def _from_docker(files: Mapping[str, bytes]) -> dict[str, Image]:
    images = {}
    for entry in json.loads(files["manifest.json"]):
        config = files[entry["Config"]]
        layers = [files[path] for path in entry["Layers"]]
        manifest = manifest_of(config_descriptor(config), [layer_descriptor(layer) for layer in layers])
        blobs = {digest_of(blob): blob for blob in (config, *layers)}
        for name in entry.get("RepoTags") or ():
            images[short_reference(name)] = Image(manifest, MANIFEST_TYPE, blobs)
    return images
