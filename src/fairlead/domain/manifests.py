"""One Kubernetes object as we want it, and what of it people may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.domain.identity import ObjectRef, object_ref

JsonObject = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Manifest:
    """A desired object and where it was written.

    `source` is a path relative to the repository root, or `CHART/templates/FILE` for charts.
    `data` is treated as immutable by everyone; whoever changes a manifest makes a new one.
    """

    data: JsonObject
    source: str

    @property
    def ref(self) -> ObjectRef:
        """The identity of the object."""
        return object_ref(self.data)
