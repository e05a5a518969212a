"""What a tag names, when that was made, and how it is labelled.

One request without a body tells the digest; what a digest names never changes, so it is read once per machine. Hosted
registries count the reading of manifests against a limit, but not that question.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from fairlead.adapters.registries.kept import Kept
from fairlead.adapters.registries.manifests import (
    INDEX_TYPES,
    MANIFEST_TYPES,
    Config,
    Index,
    Manifest,
    choose,
    read_config,
    read_manifest,
    read_time,
    serves,
)
from fairlead.adapters.registries.sessions import MAX_DOCUMENT_BYTES, Session, unusable
from fairlead.domain.errors import Problem, RemoteRefused
from fairlead.domain.identity import sha256_bytes
from fairlead.domain.images import is_digest
from fairlead.domain.published import ImageFacts
from fairlead.doors.dial import Response
from fairlead.doors.fetch import Fetch

_ACCEPT = {"Accept": ", ".join((*INDEX_TYPES, *MANIFEST_TYPES))}


async def describe(session: Session, tag: str, platform: str | None, kept: Kept) -> ImageFacts:
    """Return the facts of a tag.

    Raises:
        RemoteRefused: `tagNotFound`, `platformNotFound`, `registryRefused`.
        OperationFailed: `registryUnusable`, and what `Session.get` raises.
    """
    digest = await _digest(session, tag)
    found = await asyncio.to_thread(_known, kept, digest, platform)
    if found is not None:
        return found
    facts = await _read(session, digest, platform)
    head = {"created": facts.created.isoformat() if facts.created else None, "labels": dict(facts.labels)}
    await asyncio.to_thread(kept.save, "facts", digest, platform or "", head=head)
    return facts


async def _digest(session: Session, tag: str) -> str:
    """Return what a tag names at this moment."""
    head = Fetch(session.url("manifests", tag), _ACCEPT, method="HEAD", timeout=30.0)
    try:
        response = await session.get(head)
    except RemoteRefused as refused:
        if refused.status == 404:
            raise _missing("tagNotFound", f"{session.image} has no tag {tag}", "push it first") from None
        if refused.status not in {400, 405, 501}:  # some proxies know no HEAD
            raise
        response = Response(200, {}, b"")
    claimed = response.headers.get("docker-content-digest", "")
    if is_digest(claimed):
        return claimed
    whole = await session.get(replace(head, method="GET", max_bytes=MAX_DOCUMENT_BYTES))
    return sha256_bytes(whole.body)


async def _read(session: Session, digest: str, platform: str | None) -> ImageFacts:
    manifest = await _manifest(session, digest)
    if isinstance(manifest, Index):
        child = choose(manifest, platform)
        if child is None:
            raise _no_platform(session, platform)
        manifest = await _manifest(session, child)
        if isinstance(manifest, Index):
            raise unusable(session.image, "its index leads to another index")
        config = await _config(session, manifest)
    else:
        config = await _config(session, manifest)
        if config is not None and not serves(config, platform):
            raise _no_platform(session, platform)
    if config is None:
        return ImageFacts(digest, manifest.created)
    return ImageFacts(digest, config.created or manifest.created, config.labels)


async def _manifest(session: Session, digest: str) -> Manifest | Index:
    response = await _verified(session, session.url("manifests", digest), digest)
    return read_manifest(response.body, response.headers.get("content-type", ""), session.image)


async def _config(session: Session, manifest: Manifest) -> Config | None:
    if manifest.config is None:
        return None
    response = await _verified(session, session.url("blobs", manifest.config), manifest.config)
    return read_config(response.body, session.image)


async def _verified(session: Session, url: str, digest: str) -> Response:
    if not digest.startswith("sha256:"):
        raise unusable(session.image, f"it names its content by {digest.partition(':')[0]}, and we check sha256 only")
    response = await session.get(Fetch(url, _ACCEPT, timeout=30.0, max_bytes=MAX_DOCUMENT_BYTES))
    if sha256_bytes(response.body) != digest:
        raise unusable(session.image, f"it sent something else than what {digest} names")
    return response


def _known(kept: Kept, digest: str, platform: str | None) -> ImageFacts | None:
    found = kept.load("facts", digest, platform or "")
    if found is None:
        return None
    head, _ = found
    return ImageFacts(digest, read_time(head.get("created")), head.get("labels") or {})


def _no_platform(session: Session, platform: str | None) -> RemoteRefused:
    message = f"{session.image} is not there for {platform or 'any platform'}"
    return _missing("platformNotFound", message, "correct `platform`, or publish the image for it")


def _missing(code: str, message: str, remedy: str) -> RemoteRefused:
    return RemoteRefused(Problem(code, message, remedy=remedy), status=404)
