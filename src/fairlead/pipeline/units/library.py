"""What the versions of a unit consist of, read once: it is written before anybody is asked to roll a version out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from fairlead.domain.apps.versions import version_number
from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.intents import Deploy
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
    _named: set[str] = field(default_factory=set)

    async def tidy(self, anchor: Anchor, now: datetime) -> None:
        """Forget what versions consisted of that nobody can go back to.

        What was stored lately may be of a deployment that is just being asked for. A number is given once: when an
        anchor has named it before, it was refused, or given up, and goes at once.
        """
        wanted = _named(anchor)
        for version, since in (await self.anchors.versions(self.key)).items():
            is_given_up = version in self._named and version_number(version) is not None
            is_old = since is not None and now - since > FRESH
            if version not in wanted and (is_given_up or is_old):
                await self.anchors.forget_version(self.key, version)

    async def of(self, anchor: Anchor) -> dict[str, Contents]:
        """Return the contents of every version that an anchor names; of one that nobody described, nothing."""
        self._named |= _named(anchor)
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


def _named(anchor: Anchor) -> set[str]:
    """Return the versions that an anchor names: there, gone but to be gone back to, on the way, and asked for."""
    named = {one.name for one in anchor.versions}
    named |= {one.spec.version for one in (*anchor.queue, *anchor.waiting) if isinstance(one, Deploy)}
    return named if anchor.candidate is None else named | {anchor.candidate.version}
