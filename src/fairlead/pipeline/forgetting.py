"""Forgets: old records, and of a release that was removed its state, its records, and for a chart those of Helm."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.domain.helm_payload import HelmRevision
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.records import Recorded, surplus
from fairlead.domain.state import Stored
from fairlead.pipeline.engine import Engine, at_once
from fairlead.pipeline.helm.past import revisions_of
from fairlead.ports.cluster import Cluster
from fairlead.ports.statestore import StateStore


async def forget_surplus(store: StateStore, key: ReleaseKey, deployments: Sequence[Recorded], *, kept: int) -> None:
    """Remove the records of all but the deployments that are kept."""
    for old in surplus(deployments, kept=kept):
        if old.chunks is not None:
            await store.forget_record(key, old.number, chunks=old.chunks)


async def forget(engine: Engine, key: ReleaseKey, known: Stored) -> None:
    """Remove everything that is remembered of a release. Helm's records go only where we deployed a chart.

    The records say so themselves: of a run that was killed nothing else may be left.

    Raises:
        RemoteRefused: somebody deployed it meanwhile (`conflict`), or the server does not allow it.
    """
    cluster = engine.cluster(key)
    revisions = await revisions_of(cluster, key.namespace, key.release)
    if known.state.is_chart or any(one.chart for one in revisions):
        await at_once(_remove(cluster, one) for one in revisions)
    await engine.store(key).forget(key, known)


async def _remove(cluster: Cluster, revision: HelmRevision) -> None:
    live = await cluster.get(revision.ref)
    if live is not None:
        await cluster.delete(revision.ref, uid=live["metadata"]["uid"])
