"""Reads what Helm's records tell of releases, with one list of metadata for each namespace."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from fairlead.domain.errors import RemoteRefused
from fairlead.domain.helm_history import as_recorded
from fairlead.domain.helm_hooks import fingerprints_in, hook_of
from fairlead.domain.helm_past import HelmPast, deployed_of, told_by_hand
from fairlead.domain.helm_payload import HelmRevision, release_of, revision_of
from fairlead.domain.helm_release import HelmRelease
from fairlead.domain.hooks import fingerprints
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.manifests import Manifest
from fairlead.domain.records import Recorded
from fairlead.domain.rendering import Hook
from fairlead.doors.yaml import read_manifests
from fairlead.pipeline.engine import at_once
from fairlead.ports.cluster import ApiKind, Cluster

SECRETS: Final = ApiKind("v1", "Secret", "secrets", namespaced=True)
_NOT_SUPERSEDED: Final = "owner=helm,status!=superseded"

Pasts = Mapping[tuple[str, str], HelmPast]


async def helm_pasts(cluster: Cluster, releases: Iterable[tuple[str, str]]) -> Pasts:
    """Return by (namespace, release) what the records say; nothing of a namespace whose Secrets may not be read.

    A payload is only read where Helm itself wrote last.
    """
    wanted = set(releases)
    namespaces = sorted({namespace for namespace, _ in wanted})
    lists = await at_once(_revisions(cluster, namespace, _NOT_SUPERSEDED) for namespace in namespaces)
    found: dict[tuple[str, str], list[HelmRevision]] = {}
    for one in sorted(revision for revisions in lists for revision in revisions):
        if (one.namespace, one.release) in wanted:
            found.setdefault((one.namespace, one.release), []).append(one)
    pasts = await at_once(_past(cluster, tuple(revisions)) for revisions in found.values())
    return dict(zip(found, pasts, strict=True))


async def revisions_of(cluster: Cluster, namespace: str, release: str) -> tuple[HelmRevision, ...]:
    """Return all revisions of a release, oldest first."""
    return tuple(sorted(await _revisions(cluster, namespace, f"owner=helm,name={release}")))


async def read_release(cluster: Cluster, revision: HelmRevision) -> HelmRelease | None:
    """Return the record of a revision, None when there is none (any more)."""
    live = await cluster.get(revision.ref)
    return None if live is None else release_of(live)


async def made_by_helm(cluster: Cluster, key: ReleaseKey, known: Collection[int]) -> tuple[Recorded, ...]:
    """Return the revisions of a release that are not known as deployments of ours, oldest first."""
    unknown = [one for one in await revisions_of(cluster, key.namespace, key.release) if one.revision not in known]
    found = await at_once(read_release(cluster, one) for one in unknown)
    return tuple(as_recorded(release, key) for release in found if release is not None)


async def _revisions(cluster: Cluster, namespace: str, selector: str) -> list[HelmRevision]:
    try:
        listing = await cluster.list_metadata(SECRETS, namespace, label_selector=selector)
    except RemoteRefused as error:
        if error.status != 403:
            raise
        return []
    return [found for item in listing.items if (found := revision_of(item)) is not None]


async def _past(cluster: Cluster, revisions: tuple[HelmRevision, ...]) -> HelmPast:
    deployed = deployed_of(revisions)
    if deployed is None:
        return HelmPast(revisions)
    if deployed.chart:
        return HelmPast(revisions, deployed.chart, hooks=fingerprints_in(deployed.hooks))
    release = await read_release(cluster, deployed)
    if release is None:
        return HelmPast(tuple(one for one in revisions if one != deployed))
    hooks = fingerprints(hooks_in(release), deployed.namespace)
    return HelmPast(revisions, release.chart_name, told_by_hand(release), hooks)


def hooks_in(release: HelmRelease) -> Iterator[Hook]:
    """Yield the hooks that a record lists, as they are written there."""
    for stored in release.body.get("hooks") or ():
        source = str(stored.get("path") or "")
        text = str(stored.get("manifest") or "").encode()
        for data, _ in read_manifests(text, source, duplicates=True):
            yield hook_of(stored, Manifest(data, source))
