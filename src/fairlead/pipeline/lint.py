"""Checks rendered releases against the cluster they are meant for: its schemas first, then its own dry run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fairlead.domain.errors import Problem, RemoteRefused
from fairlead.domain.linting import Located
from fairlead.domain.manifests import Manifest
from fairlead.domain.openapi import check_object
from fairlead.domain.rendering import RenderedRelease
from fairlead.ports.cluster import Cluster

_NOT_FOUND = 404


async def lint_online(cluster: Cluster, releases: Sequence[RenderedRelease]) -> tuple[Problem, ...]:
    """Return what the cluster would not accept of these releases. Nothing is written.

    An object whose namespace or kind comes with the same releases cannot be dry-run yet; its schema, if the server
    has one, is checked all the same.
    """
    located = [Located(release, manifest) for release in releases for manifest in (*release.crds, *release.manifests)]
    served = {(kind.api_version, kind.kind) for kind in await cluster.kinds()}
    schemas = await _schemas(cluster, located)
    results = await asyncio.gather(
        *(_check(cluster, item, served=served, schemas=schemas, promised=_promised(releases)) for item in located)
    )
    return tuple(problem for problems in results for problem in problems)


async def _schemas(cluster: Cluster, located: Iterable[Located]) -> Mapping[str, Mapping[str, Any] | None]:
    versions = sorted({item.manifest.ref.api_version for item in located})
    documents = await asyncio.gather(*(cluster.openapi(version) for version in versions))
    return dict(zip(versions, documents, strict=True))


def _promised(releases: Iterable[RenderedRelease]) -> frozenset[tuple[str, str]]:
    """Return group and kind of the custom resources whose definitions come with these releases."""
    return frozenset(_defined(manifest) for release in releases for manifest in _definitions(release))


def _definitions(release: RenderedRelease) -> Iterator[Manifest]:
    for manifest in (*release.crds, *release.manifests):
        if manifest.ref.kind == "CustomResourceDefinition":
            yield manifest


def _defined(manifest: Manifest) -> tuple[str, str]:
    spec = manifest.data.get("spec") or {}
    return str(spec.get("group", "")), str((spec.get("names") or {}).get("kind", ""))


async def _check(
    cluster: Cluster,
    item: Located,
    *,
    served: set[tuple[str, str]],
    schemas: Mapping[str, Mapping[str, Any] | None],
    promised: frozenset[tuple[str, str]],
) -> tuple[Problem, ...]:
    ref = item.manifest.ref
    if (ref.api_version, ref.kind) not in served:
        if ref.group_kind in promised:
            return ()
        message = f"{item}: the cluster does not serve {ref.api_version} {ref.kind}"
        return (item.problem("kindNotServed", message, remedy="install its CustomResourceDefinition first"),)
    document = schemas.get(ref.api_version)
    violations = check_object(document, item.manifest.data) if document else ()
    if violations:
        return tuple(
            item.problem("schemaViolation", f"{item}: {found.path} {found.message}", remedy=found.remedy)
            for found in violations
        )
    return await _dry_run(cluster, item)


async def _dry_run(cluster: Cluster, item: Located) -> tuple[Problem, ...]:
    if not item.manifest.ref.name:
        return ()
    try:
        await cluster.apply(item.manifest.data, manager="fairlead", dry_run=True, force=True)
    except RemoteRefused as refusal:
        if refusal.status == _NOT_FOUND:  # the namespace is not there yet
            return ()
        message = f"{item}: the cluster refuses it: {refusal}"
        return (item.problem("dryRunRefused", message, remedy="change the object as the server asks"),)
    return ()
