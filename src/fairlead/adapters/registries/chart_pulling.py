"""Charts in OCI registries: their archives, and their versions, which are the tags that look like one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from fairlead.adapters.registries.describing import describe
from fairlead.adapters.registries.kept import Kept
from fairlead.adapters.registries.manifests import MANIFEST_TYPES
from fairlead.adapters.registries.sessions import MAX_DOCUMENT_BYTES, Session, read_object
from fairlead.adapters.registries.tags import list_tags
from fairlead.domain.chart_places import is_chart_version
from fairlead.domain.errors import InputError, OperationFailed, Problem, RemoteRefused
from fairlead.domain.identity import sha256_bytes
from fairlead.domain.images import is_digest
from fairlead.domain.published import ChartVersion
from fairlead.doors.dial import Response
from fairlead.doors.fetch import Fetch

CONFIG_TYPE = "application/vnd.cncf.helm.config.v1+json"
CONTENT_TYPES = frozenset({"application/vnd.cncf.helm.chart.content.v1.tar+gzip", "application/tar+gzip"})
MAX_CHART_BYTES = 64 * 1024 * 1024


async def pull(session: Session, version: str) -> bytes:
    """Fetch the archive of a chart at a version, verified by its digest.

    Raises:
        InputError: `chartNotFound`.
        OperationFailed: `chartFetchFailed`, and what `Session.get` raises.
    """
    layer = _content(await _manifest(session, version), session)
    digest = layer["digest"]
    blob = await session.get(Fetch(session.url("blobs", digest), max_bytes=MAX_CHART_BYTES))
    if len(blob.body) != layer.get("size") or sha256_bytes(blob.body) != digest:
        raise _failed(session, "the registry sent other bytes than its manifest describes")
    return blob.body


async def versions(session: Session, kept: Kept, *, times: bool) -> tuple[ChartVersion, ...]:
    """Return every version; with `times` each tag is asked for when it was pushed, as Helm writes it down.

    Raises:
        InputError: `chartNotFound`.
        OperationFailed: as `list_tags` and `describe` do.
    """
    try:
        tags = await list_tags(session, kept)
    except RemoteRefused as refused:
        if refused.status != 404:
            raise
        raise _not_found(session) from None
    # Tags cannot hold a plus sign; Helm writes an underscore.
    found = [(tag, tag.replace("_", "+")) for tag in tags]
    published = [(tag, version) for tag, version in found if is_chart_version(version)]
    if not times:
        return tuple(ChartVersion(version) for _, version in published)
    facts = await asyncio.gather(*(describe(session, tag, None, kept) for tag, _ in published))
    return tuple(ChartVersion(version, fact.created) for (_, version), fact in zip(published, facts, strict=True))


async def _manifest(session: Session, version: str) -> Response:
    """Return the manifest of a version, whether or not its tag begins with `v`."""
    tag = version.replace("+", "_")
    for spelled in (tag, tag.removeprefix("v") if tag.startswith("v") else f"v{tag}"):
        url = session.url("manifests", spelled)
        try:
            return await session.get(Fetch(url, {"Accept": ", ".join(MANIFEST_TYPES)}, max_bytes=MAX_DOCUMENT_BYTES))
        except RemoteRefused as refused:
            if refused.status != 404:
                raise
    raise _not_found(session)


def _content(response: Response, session: Session) -> Mapping[str, Any]:
    claimed = response.headers.get("docker-content-digest", "")
    if is_digest(claimed) and claimed.startswith("sha256:") and claimed != sha256_bytes(response.body):
        raise _failed(session, "the manifest is not the one that its digest names")
    manifest = read_object(response.body, session.image)
    media_type = manifest.get("mediaType")
    if "manifests" in manifest or (media_type is not None and media_type not in MANIFEST_TYPES):
        raise _failed(session, "the registry sent an index or something unknown where a manifest is expected")
    config, layers = manifest.get("config"), manifest.get("layers")
    if not isinstance(config, dict) or config.get("mediaType") != CONFIG_TYPE or not isinstance(layers, list):
        raise _failed(session, "it is not a Helm chart")
    charts = [layer for layer in layers if isinstance(layer, dict) and layer.get("mediaType") in CONTENT_TYPES]
    if len(charts) != 1 or not is_digest(str(charts[0].get("digest"))):
        raise _failed(session, "it does not hold exactly one chart")
    return charts[0]


def _not_found(session: Session) -> InputError:
    message = f"oci://{session.image} is not in the registry, or not at this version"
    return InputError(Problem("chartNotFound", message, remedy="correct the reference or the version of the chart"))


def _failed(session: Session, message: str) -> OperationFailed:
    remedy = "check the reference and the registry"
    return OperationFailed(Problem("chartFetchFailed", f"oci://{session.image}: {message}", remedy=remedy))
