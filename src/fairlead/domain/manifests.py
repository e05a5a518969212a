"""One Kubernetes object as we want it, and where it was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.domain.identity import ObjectRef, object_ref

JsonObject = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Manifest:
    """A desired object and where it was written.

    `source` is a path relative to the repository root, or `CHART/templates/FILE` for charts; `line` counts from 1 and
    is None where text and object do not correspond, as after rendering. `data` is treated as immutable by everyone;
    whoever changes a manifest makes a new one.
    """

    data: JsonObject
    source: str
    line: int | None = None

    @property
    def ref(self) -> ObjectRef:
        """The identity of the object."""
        return object_ref(self.data)
