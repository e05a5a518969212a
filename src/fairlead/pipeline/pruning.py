"""Finds what releases own and no longer declare, and puts it to `domain.pruning`. Reads only.

A read that fails ends the plan; what may not be read stays. Nothing is deleted because it could not be seen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from fairlead.domain.changes import UNKNOWN, Action, Change
from fairlead.domain.errors import RemoteRefused
from fairlead.domain.identity import ObjectRef, ReleaseKey
from fairlead.domain.inventory import Inventory, InventoryEntry
from fairlead.domain.ordering import defined_kinds, deletion_order
from fairlead.domain.placing import Placed
from fairlead.domain.preparing import namespace_ref
from fairlead.domain.pruning import DEFINITION, prune
from fairlead.pipeline.engine import Wanted, at_once
from fairlead.pipeline.live import Live, Served, read_live
from fairlead.ports.cluster import Cluster, LiveObject

Inventories = Mapping[ReleaseKey, Inventory | None]
"""What releases own: None where it may not be read, missing where nothing was ever recorded."""

NO_INVENTORY: Final = "what the release owns may not be read here: whether something is to be deleted is unknown"


@dataclass(frozen=True, slots=True)
class Pruned:
    """What becomes of everything that a release owns but does not declare, in the order of deleting."""

    changes: tuple[Change, ...] = ()
    owned: int = 0
    notes: tuple[str, ...] = ()


def claims(releases: Sequence[tuple[Wanted, Sequence[Placed]]]) -> Mapping[str, frozenset[ObjectRef]]:
    """Return by cluster everything that releases declare or need; none of it is deleted for any of them."""
    found: dict[str, set[ObjectRef]] = {}
    for wanted, objects in releases:
        mine = found.setdefault(wanted.key.cluster, set())
        mine |= {placed.ref for placed in objects}
        mine |= {manifest.ref for manifest in wanted.rendered.crds}
        if wanted.target.environment.create_namespace:
            mine.add(namespace_ref(wanted.key.namespace))
    return {cluster: frozenset(refs) for cluster, refs in found.items()}


async def prune_releases(
    cluster: Cluster,
    served: Served,
    releases: Sequence[Wanted],
    inventories: Inventories,
    *,
    claimed: frozenset[ObjectRef],
) -> Mapping[ReleaseKey, Pruned]:
    """Return what becomes of what each release of an environment owns and nobody in the plan declares.

    Raises:
        Transient, RemoteRefused: something could not be read, for another reason than missing rights.
    """
    identities = {ref.identity for ref in claimed}
    left = {
        wanted.key: [_served_entry(one, served) for one in inventory.without(identities)]
        for wanted in releases
        if (inventory := inventories.get(wanted.key)) is not None
    }
    live = await _read(cluster, served, [entry.ref for entries in left.values() for entry in entries])
    in_use = {ref.namespace for ref in claimed}
    found: dict[ReleaseKey, Pruned] = {}
    for wanted in releases:
        inventory = inventories.get(wanted.key, Inventory())
        if inventory is None:
            found[wanted.key] = Pruned(notes=(NO_INVENTORY,))
            continue
        made = [_judged(entry, live, wanted, in_use) for entry in left.get(wanted.key, ())]
        counted = await at_once(
            _with_losses(change, live.get(change.ref), cluster, served) for change in made if change is not None
        )
        found[wanted.key] = Pruned(deletion_order(counted), len(inventory))
    return found


def _served_entry(entry: InventoryEntry, served: Served) -> InventoryEntry:
    """Name a kind in a version that is served today: the one it was applied in may be gone."""
    ref = entry.ref
    if (ref.api_version, ref.kind) in served:
        return entry
    versions = [kind.api_version for kind in served.values() if kind.group_kind == ref.group_kind]
    return replace(entry, ref=replace(ref, api_version=max(versions))) if versions else entry


async def _read(cluster: Cluster, served: Served, refs: Sequence[ObjectRef]) -> Live:
    """A kind that is not served is asked for all the same: the server may only be unable to say so now."""
    unserved = [ref for ref in refs if (ref.api_version, ref.kind) not in served]
    live, _ = await asyncio.gather(read_live(cluster, served, refs), at_once(cluster.get(ref) for ref in unserved))
    return live


def _judged(entry: InventoryEntry, live: Live, wanted: Wanted, in_use: Collection[str]) -> Change | None:
    if entry.ref in live.unreadable:
        why = f"{UNKNOWN}: {live.unreadable[entry.ref]}"
        return Change(Action.SKIP, entry.ref, reason=why, uid=entry.uid, is_pruning=True)
    enabled = wanted.is_removed or wanted.target.release.prune
    return prune(entry, live.get(entry.ref), wanted.key, enabled=enabled, namespaces_in_use=in_use)


async def _with_losses(change: Change, live: LiveObject | None, cluster: Cluster, served: Served) -> Change:
    """Say how many custom resources the deletion of a definition takes along."""
    if change.action is not Action.DELETE or change.ref.group_kind != DEFINITION:
        return change
    kinds = [kind for kind in served.values() if kind.group_kind in defined_kinds(live or {})]
    if not kinds:
        return change
    try:
        count = str(len((await cluster.list(max(kinds), None)).items))
    except RemoteRefused as error:
        if error.status != 403:
            raise
        count = "an unknown number of"
    return replace(change, reason=f"with {count} custom resource{'' if count == '1' else 's'} of {max(kinds).kind}")
