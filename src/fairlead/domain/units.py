"""Units: one app in one namespace of one cluster, with versions that follow each other without a gap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairlead.domain.reading import text

EPOCH_ANNOTATION: Final = "fairlead.dev/epoch"
"""On every guarded object of a unit: the epoch of the driver that wrote or touched it last."""
MEMORY_PREFIX: Final = "fairlead.unit.v1."
"""Begins the names of the Secrets in which we remember units."""


@dataclass(frozen=True, slots=True, order=True)
class UnitKey:
    """Which unit: the cluster by its declared name, the namespace, and the name of the app.

    No part of it may hold a slash, so its text names one unit only: `web` + `1-2` and `web-1` + `2` stay apart.
    """

    cluster: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """Return `cluster/namespace/name`."""
        return f"{self.cluster}/{self.namespace}/{self.name}"

    def to_json(self) -> dict[str, str]:
        """Return the wire form."""
        return {"cluster": self.cluster, "namespace": self.namespace, "app": self.name}


def epoch_of(obj: Mapping[str, Any]) -> int:
    """Return the epoch that was written to an object, 0 where there is none."""
    found = text(obj, "metadata", "annotations", EPOCH_ANNOTATION)
    return int(found) if found.isascii() and found.isdigit() else 0
