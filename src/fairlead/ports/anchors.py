"""Where a cluster keeps what must survive of a unit: its anchor, and what each of its versions consists of.

Everything lies in Secrets beside the unit. Only who may read Secrets can read them. Guarantees: `swap` and
`swap_version` are compare-and-swap, so of two drivers one loses and knows it; of two versions of one name only one is
added. Documents are JSON. Errors besides those of the cluster port: `OperationFailed` with code `anchorInvalid` for
what cannot be read, `RemoteRefused` with code `objectTooLarge` for what does not fit into a Secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from fairlead.domain.units import UnitKey

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Anchored:
    """An anchor, or what a version consists of, as it was read. Where there is none, all is empty."""

    document: Document = field(default_factory=dict)
    version: str = ""
    uid: str = ""


class AnchorStore(Protocol):
    """The memory of the units of one cluster."""

    async def read(self, key: UnitKey) -> Anchored:
        """Return the anchor of a unit as it is now."""
        ...

    async def swap(self, key: UnitKey, old: Anchored, new: Document) -> Anchored | None:
        """Store an anchor in place of the one that was read; None when somebody else was faster."""
        ...

    async def names(self, namespace: str) -> tuple[str, ...]:
        """Return the names of all units that have an anchor in a namespace, in order."""
        ...

    async def all_in(self, namespace: str) -> Mapping[str, Anchored]:
        """Return the anchors of all units of a namespace by name, with one request."""
        ...

    async def add_version(self, key: UnitKey, version: str, document: Document) -> bool:
        """Store what a new version consists of; False when something else is stored under its name already."""
        ...

    async def read_version(self, key: UnitKey, version: str) -> Anchored:
        """Return what a version consists of as it is now, to be swapped."""
        ...

    async def swap_version(self, key: UnitKey, version: str, old: Anchored, new: Document) -> bool:
        """Store what a version consists of in place of what was read; False when somebody else was faster."""
        ...

    async def versions(self, key: UnitKey) -> Mapping[str, datetime | None]:
        """Return the versions of which something is stored, and since when."""
        ...

    async def version(self, key: UnitKey, version: str) -> Document | None:
        """Return what a version consists of, None when that is not (or no longer) stored."""
        ...

    async def forget_version(self, key: UnitKey, version: str) -> None:
        """Remove what a version consists of."""
        ...

    async def forget(self, key: UnitKey, known: Anchored) -> None:
        """Remove the anchor that was read; a later one stays (`conflict`)."""
        ...
