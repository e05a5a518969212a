"""What commands are carried out with: one turn of a driver, between two looks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from fairlead.domain.identity import ObjectRef
from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.traffic import RouteElement
from fairlead.domain.units import UnitKey
from fairlead.pipeline.units.contents import Contents
from fairlead.pipeline.units.findings import Findings
from fairlead.pipeline.units.observing import elements_of
from fairlead.pipeline.units.place import Place
from fairlead.pipeline.units.sight import EVERYTHING, Sight, look
from fairlead.ports.clock import Clock
from fairlead.ports.cluster import ApiKind, Cluster


class Contradicted(Exception):
    """A fresh reading contradicts a command: nothing was written, the machine has to judge anew."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn. `anchor` is what was stored before any of its commands; `library` what versions consist of."""

    place: Place
    key: UnitKey
    anchor: Anchor
    library: dict[str, Contents]
    findings: Findings
    clock: Clock

    @property
    def cluster(self) -> Cluster:
        """The door to the unit's cluster."""
        return self.place.cluster

    @property
    def epoch(self) -> int:
        """The epoch of this driver."""
        return self.anchor.epoch

    @property
    def deployment(self) -> str:
        """The deployment under way, empty for none."""
        return self.anchor.candidate.deployment if self.anchor.candidate is not None else ""

    def contents(self, version: str) -> Contents:
        """Return what a version consists of; of one that nobody described, nothing."""
        return self.library.get(version) or Contents(version=version, digest="")

    def element(self, ref: ObjectRef) -> RouteElement:
        """Return the route element of an object."""
        found = (one for one in elements_of(self.anchor) if one.ref == ref)
        return next(found, RouteElement(ref, None, None))

    async def look(
        self,
        kinds: Sequence[ApiKind] = EVERYTHING,
        *,
        elements: Iterable[RouteElement] | None = None,
        fresh: bool = True,
    ) -> Sight:
        """Read the unit again; a look that is not `fresh` shows at least what this run has met."""
        wanted = elements_of(self.anchor) if elements is None else tuple(elements)
        known = [ref for one in self.library.values() for ref in one.deployments.values()]
        return await look(self.place, self.key, wanted, known, kinds=kinds, fresh=fresh)

    async def keep(self, contents: Contents) -> None:
        """Store what a version consists of in place of what is known of it.

        Raises:
            Contradicted: something else is stored by now, and known from now on.
        """
        anchors, version = self.place.anchors, contents.version
        stored = await anchors.read_version(self.key, version)
        now = Contents.from_json(stored.document) if stored.version else Contents(version=version, digest="")
        if now != self.contents(version):
            self.library[version] = now
            raise Contradicted
        if not await anchors.swap_version(self.key, version, stored, contents.to_json()):
            raise Contradicted
        self.library[version] = contents

    def check_time(self, deadline: datetime | None) -> None:
        """Raise Contradicted when it is too late for a command."""
        if deadline is not None and self.clock.now() > deadline:
            raise Contradicted
