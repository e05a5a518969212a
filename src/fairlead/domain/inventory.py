"""What a release owns in a cluster, by identity and UID. Only what stands here is ever deleted for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.domain.identity import Identity, ObjectRef


@dataclass(frozen=True, slots=True, order=True)
class InventoryEntry:
    """One owned object. The UID tells it from a later object of the same name."""

    ref: ObjectRef
    uid: str

    def to_json(self) -> dict[str, Any]:
        """Return the stored form: apiVersion, kind, namespace, name, uid."""
        return {**self.ref.to_json(), "uid": self.uid}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> InventoryEntry:
        """Read the stored form.

        Raises:
            ValueError: a field is missing or no text.
        """
        fields = [stored.get(name) for name in ("apiVersion", "kind", "namespace", "name", "uid")]
        if not all(isinstance(value, str) for value in fields):
            raise ValueError(f"not an inventory entry: {stored!r}")
        api_version, kind, namespace, name, uid = map(str, fields)
        return cls(ObjectRef(api_version, kind, namespace, name), uid)


@dataclass(frozen=True, slots=True)
class Inventory:
    """Everything that a release owns, in the order it was applied."""

    entries: tuple[InventoryEntry, ...] = ()

    def __iter__(self) -> Iterator[InventoryEntry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def owns(self, ref: ObjectRef, uid: str) -> bool:
        """Whether this very object is ours; a kind served in several versions counts as one."""
        return any(entry.uid == uid and entry.ref.identity == ref.identity for entry in self.entries)

    def without(self, wanted: Collection[Identity]) -> Inventory:
        """Return what is left when these objects are wanted."""
        return Inventory(tuple(entry for entry in self.entries if entry.ref.identity not in wanted))
