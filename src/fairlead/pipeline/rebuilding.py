"""Fills a store that holds nothing yet with what the clusters know, so that a lost one comes back."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from fairlead.domain.errors import FairleadError
from fairlead.domain.keeping.answers import Repeated
from fairlead.domain.keeping.rebuilding import records_of
from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.units import UnitKey
from fairlead.pipeline.units.contents import Contents
from fairlead.pipeline.units.service import Units
from fairlead.ports.clock import Clock
from fairlead.ports.store import Store

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a cluster says of a unit: its anchor, and what its versions were made of, by version."""

    anchor: Anchor
    descriptors: Mapping[str, Mapping[str, Any]]


class Recalling(Protocol):
    """Whoever can say what clusters know of units."""

    async def recall(self, unit: UnitKey) -> Recalled:
        """Return what a cluster says of a unit."""
        ...


@dataclass(frozen=True, slots=True)
class UnitMemory:
    """The memory of clusters, through those who drive units."""

    units: Units

    async def recall(self, unit: UnitKey) -> Recalled:
        """Return a unit's anchor, and the descriptors of the versions that it names."""
        anchor = (await self.units.read(unit)).anchor
        anchors = (await self.units.places(unit.cluster)).anchors
        descriptors = dict[str, Mapping[str, Any]]()
        for version in await anchors.versions(unit):
            stored = await anchors.version(unit, version)
            descriptor = None if stored is None else Contents.from_json(stored).descriptor
            if descriptor is not None:
                descriptors[version] = descriptor
        return Recalled(anchor, descriptors)


async def rebuild(store: Store, memory: Recalling, units: Sequence[UnitKey], clock: Clock) -> int:
    """Fill the store from these units, if that was never done to its end; return how many records were made.

    A unit that cannot be read is left out, and said so; the store then counts as filled only when a later start finds
    all of them. What is in the store already stays as it is there.
    """
    if await store.is_filled():
        return 0
    made, is_whole = 0, True
    for unit in units:
        try:
            recalled = await memory.recall(unit)
        except FairleadError as error:
            _log.warning("the deployments of %s could not be made known again: %s", unit, error)
            is_whole = False
            continue
        for record in records_of(unit, recalled.anchor, recalled.descriptors, clock.now()):
            added = await store.deployments.add(record)
            made += added != Repeated(record.identifier)
    if is_whole:
        await store.filled(clock.now())
    return made
