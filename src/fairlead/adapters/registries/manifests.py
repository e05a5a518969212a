"""What manifests, indexes and configurations of images say (OCI image specification 1.1, Docker schema 2).

A document that could be read as an index and as a manifest, or that comes under another type than it claims for
itself, is refused: two readers would see two different images (OCI GHSA-5j5w-g665-5m35).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fairlead.adapters.registries.sessions import read_object, unusable
from fairlead.domain.images import ImageName, is_digest

MANIFEST_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
INDEX_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_CONFIG_TYPES = ("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json")
_CREATED = "org.opencontainers.image.created"
_USUAL = "linux/amd64"
_SAME = {"linux/arm64/v8": "linux/arm64", "linux/amd64/v1": "linux/amd64"}


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest of one platform. `config` is None when it is no image but something else, such as a chart."""

    config: str | None
    created: datetime | None


@dataclass(frozen=True, slots=True)
class Index:
    """The manifests of an image for several platforms: `(platform, digest)`, in their order."""

    children: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Config:
    """What the configuration of an image says."""

    platform: str
    created: datetime | None
    labels: Mapping[str, str] = field(default_factory=dict)


def read_manifest(body: bytes, content_type: str, image: ImageName) -> Manifest | Index:
    """Read what a tag or a digest names.

    Raises:
        OperationFailed: `registryUnusable`.
    """
    document = read_object(body, image)
    sent = content_type.partition(";")[0].strip()
    claimed = document.get("mediaType") or sent
    if claimed not in (*MANIFEST_TYPES, *INDEX_TYPES):
        raise unusable(image, f"its manifest has the type {str(claimed)[:100]!r}, which is none that we read")
    is_index = claimed in INDEX_TYPES
    mixed = ("manifests" in document) != is_index or ("config" in document or "layers" in document) == is_index
    if mixed or sent not in {claimed, "", "application/json", "text/plain", "application/octet-stream"}:
        raise unusable(image, "its manifest is an index and a manifest at once, or comes under another type")
    return _index(document, image) if is_index else _manifest(document, image)


def choose(index: Index, platform: str | None) -> str | None:
    """Return the digest of the manifest for a platform; None when there is none.

    Without a variant, any variant serves; without a platform, the usual one does, or else the first.
    """
    wanted = _plain(platform) if platform else _USUAL
    names = [(_plain(name), digest) for name, digest in index.children]
    exact = [digest for name, digest in names if name == wanted]
    found = exact or [digest for name, digest in names if name.startswith(f"{wanted}/")]
    if found:
        return found[0]
    return index.children[0][1] if platform is None and index.children else None


def serves(config: Config, platform: str | None) -> bool:
    """Tell whether an image of one platform is for the wanted one."""
    have = _plain(config.platform)
    return platform is None or have == _plain(platform) or have.startswith(f"{_plain(platform)}/")


def read_config(body: bytes, image: ImageName) -> Config:
    """Read the configuration of an image.

    Raises:
        OperationFailed: `registryUnusable`.
    """
    document = read_object(body, image)
    inner = document.get("config")
    labels = inner.get("Labels") if isinstance(inner, dict) else None
    texts = (
        {str(key): value for key, value in labels.items() if isinstance(value, str)} if isinstance(labels, dict) else {}
    )
    return Config(_platform(document), read_time(document.get("created")), texts)


def read_time(text: object) -> datetime | None:
    """Return a time of RFC 3339; None for none, for nonsense, and for the 1970 of reproducible builds."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
        moment = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year > 1970 else None


def _index(document: Mapping[str, Any], image: ImageName) -> Index:
    children = document["manifests"]
    if not isinstance(children, list):
        raise unusable(image, "its index lists no manifests")
    found: list[tuple[str, str]] = []
    for child in children:
        if not isinstance(child, dict) or not is_digest(str(child.get("digest"))):
            raise unusable(image, "its index names a manifest without a digest")
        platform = child.get("platform")
        name = _platform(platform) if isinstance(platform, dict) else "unknown/unknown"
        if name != "unknown/unknown" and child.get("mediaType") in MANIFEST_TYPES:  # the others are attestations
            found.append((name, child["digest"]))
    return Index(tuple(found))


def _manifest(document: Mapping[str, Any], image: ImageName) -> Manifest:
    config = document.get("config")
    if not isinstance(config, dict) or not is_digest(str(config.get("digest"))):
        raise unusable(image, "its manifest names no configuration")
    annotations = document.get("annotations")
    created = read_time(annotations.get(_CREATED)) if isinstance(annotations, dict) else None
    return Manifest(config["digest"] if config.get("mediaType") in _CONFIG_TYPES else None, created)


def _platform(entry: Mapping[str, Any]) -> str:
    parts = (entry.get("os"), entry.get("architecture"), entry.get("variant"))
    return "/".join(str(part) for part in parts if part)


def _plain(platform: str) -> str:
    return _SAME.get(platform, platform)
