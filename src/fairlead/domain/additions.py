"""What others added to an object and nobody declares: worth showing to whoever looks closely, and no drift."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.domain import managed_fields
from fairlead.domain.differences import counterpart
from fairlead.domain.json_patch import format_pointer


@dataclass(frozen=True, slots=True)
class Addition:
    """A field of a live object that is not declared. `path` is a JSON Pointer into the object, `owner` who set it."""

    path: str
    owner: str

    def to_json(self) -> dict[str, str]:
        """Return the wire form; the value itself is left out, since it may be secret."""
        return {"path": self.path, "owner": self.owner}


def additions(declared: Mapping[str, Any], live: Mapping[str, Any], manager: str) -> tuple[Addition, ...]:
    """Return the fields that others than `manager` own, not through a subresource, and nobody declares."""
    found = (
        Addition(format_pointer(steps), owner)
        for owner, steps in managed_fields.others_leaves(live, manager)
        if counterpart(live, declared, steps) is None
    )
    return tuple(sorted(set(found), key=lambda one: (one.path, one.owner)))
