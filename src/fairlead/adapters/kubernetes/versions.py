"""The newest version of each kind that a client has met, so that it can ask for nothing older.

Versions of one kind are decimal numbers that grow (Kubernetes KEP-5504); those of a server that counts otherwise are
not kept, and its lists are always read anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

GroupKind = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Versions:
    """What was met, by group and kind."""

    _newest: dict[GroupKind, int] = field(default_factory=dict)

    def of(self, kind: GroupKind) -> str:
        """Return the newest version of a kind, empty when nothing is known of it."""
        return str(self._newest.get(kind, ""))

    def met(self, kind: GroupKind, version: object) -> None:
        """Remember a version that the server named."""
        if isinstance(version, str) and version.isascii() and version.isdigit():
            self._newest[kind] = max(int(version), self._newest.get(kind, 0))

    def met_object(self, kind: GroupKind, live: Mapping[str, Any]) -> None:
        """Remember the version of an object."""
        metadata = live.get("metadata")
        if isinstance(metadata, Mapping):
            self.met(kind, metadata.get("resourceVersion"))

    def forget(self, kind: GroupKind) -> None:
        """Forget a kind whose versions the server says it has not reached: it was restored from a backup, or lags."""
        self._newest.pop(kind, None)
