"""What the versions of a unit consist of, read once: it is written before anybody is asked to roll a version out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.units import UnitKey
from fairlead.pipeline.engine import at_once
from fairlead.pipeline.units.contents import Contents
from fairlead.ports.anchors import AnchorStore

FRESH: Final = timedelta(minutes=10)


@dataclass(slots=True)
class Library:
    """The contents of versions, by name."""

    anchors: AnchorStore
    key: UnitKey
    known: dict[str, Contents] = field(default_factory=dict)

    async def tidy(self, anchor: Anchor, now: datetime) -> None:
        """Forget what versions consisted of that nobody can go back to.

        What was stored lately may be of a deployment that is just being asked for.
        """
        wanted = {one.name for one in anchor.versions}
        wanted |= {str(getattr(getattr(one, "spec", None), "version", "")) for one in (*anchor.queue, *anchor.waiting)}
        if anchor.candidate is not None:
            wanted |= {anchor.candidate.version}
        for version, since in (await self.anchors.versions(self.key)).items():
            if version not in wanted and since is not None and now - since > FRESH:
                await self.anchors.forget_version(self.key, version)

    async def of(self, anchor: Anchor) -> dict[str, Contents]:
        """Return the contents of every version that an anchor names; of one that nobody described, nothing."""
        wanted = {one.name for one in anchor.present}
        if anchor.candidate is not None:
            wanted |= {anchor.candidate.version, anchor.candidate.previous} - {""}
        for version in self.known.keys() - wanted:
            del self.known[version]
        missing = sorted(wanted - self.known.keys())
        found = await at_once(self.anchors.version(self.key, version) for version in missing)
        for version, document in zip(missing, found, strict=True):
            empty = Contents(version=version, digest="")
            self.known[version] = empty if document is None else Contents.from_json(document)
        return self.known
