"""Units: one app in one namespace of one cluster, with versions that follow each other without a gap."""

from __future__ import annotations

from dataclasses import dataclass


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
