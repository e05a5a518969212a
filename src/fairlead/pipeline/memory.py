"""Recalls what clusters remember of releases: one list of state Secrets per namespace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fairlead.domain.identity import ReleaseKey
from fairlead.domain.inventory import Inventory, InventoryEntry
from fairlead.domain.marks import Ours, ownership
from fairlead.domain.state import Stored
from fairlead.pipeline.engine import Engine, Wanted, at_once
from fairlead.pipeline.helm.adoption import owned_by_record
from fairlead.ports.statestore import States


@dataclass(frozen=True, slots=True)
class Memory:
    """What is stored of each release, None where that may not be seen, and what of it the release owns.

    `others` were deployed from the same environments to the same namespaces, own something, and were not asked for.
    """

    stored: Mapping[ReleaseKey, Stored | None]
    inventories: Mapping[ReleaseKey, Inventory | None]
    others: tuple[ReleaseKey, ...] = ()


async def recall(releases: Sequence[Wanted], engine: Engine) -> Memory:
    """Return what is remembered of releases.

    Raises:
        OperationFailed: a state cannot be read (`stateInvalid`, `stateTooNew`).
        Transient, RemoteRefused: the cluster does not answer.
    """
    namespaces: dict[str, set[str]] = {}
    for wanted in releases:
        namespaces.setdefault(wanted.key.environment, set()).add(wanted.key.namespace)
    found = await at_once(engine.stores[name].states(where) for name, where in namespaces.items())
    states = dict(zip(namespaces, found, strict=True))
    stored = {wanted.key: states[wanted.key.environment].of(wanted.key) for wanted in releases}
    known = [(wanted, one) for wanted in releases if (one := stored[wanted.key]) is not None and one.version]
    owned = await at_once(_owned(wanted, one, engine) for wanted, one in known)
    inventories: dict[ReleaseKey, Inventory | None] = {key: None for key, one in stored.items() if one is None}
    inventories |= {wanted.key: inventory for (wanted, _), inventory in zip(known, owned, strict=True)}
    met = [one for one in releases if one.key not in inventories and one.rendered.is_deployed]
    first = await at_once(owned_by_record(engine.cluster(one.key), one) for one in met)
    inventories |= {one.key: inventory for one, inventory in zip(met, first, strict=True)}
    others = [key for name, known in states.items() for key in _deployed_from(name, known) if key not in stored]
    return Memory(stored, inventories, tuple(others))


def _deployed_from(environment: str, states: States) -> Iterator[ReleaseKey]:
    for _, stored in sorted(states.by_release.items(), key=lambda item: item[0]):
        last = stored.state.last
        if last is not None and last.deployment.key.environment == environment and stored.state.inventory.entries:
            yield last.deployment.key


async def _owned(wanted: Wanted, stored: Stored, engine: Engine) -> Inventory:
    """Return the inventory, with what a run claimed and made without confirming it; its marks prove that it is ours."""
    cluster = engine.cluster(wanted.key)
    listed = {entry.ref.identity for entry in stored.state.inventory}
    refs = [ref for ref in stored.state.claims if ref.identity not in listed]
    live = await at_once(cluster.get(ref) for ref in refs)
    claimed = [
        InventoryEntry(ref, obj["metadata"]["uid"])
        for ref, obj in zip(refs, live, strict=True)
        if obj is not None and isinstance(ownership(obj, wanted.key, is_chart=wanted.target.is_chart), Ours)
    ]
    return Inventory((*stored.state.inventory, *claimed))
