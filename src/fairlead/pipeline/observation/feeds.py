"""What the server last said about one kind in one namespace, found by reference and by owner. No waiting in here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from fairlead.domain.errors import Transient
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.domain.reading import owner_uids, text, uid
from fairlead.ports.cluster import ApiKind, LiveObject, WatchEvent, WatchType

# What a change can concern: the object itself, or by its UID whoever owns it.
Concern = ObjectRef | str


@dataclass(slots=True)
class Feed:
    """What the server last said about one kind in one namespace. `gone` keeps the last state of what was deleted.

    `version` is the newest resource version seen: whatever was written up to it is known here.
    """

    kind: ApiKind
    namespace: str | None
    name: str = ""
    listed: bool = False
    version: int = 0
    error: Exception | None = None
    trouble: Transient | None = None
    objects: dict[ObjectRef, LiveObject] = field(default_factory=dict)
    gone: dict[ObjectRef, LiveObject] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    _by_owner: dict[str, dict[ObjectRef, LiveObject]] = field(default_factory=dict)

    @property
    def settled(self) -> bool:
        """Whether the feed has answered: with a list, or with a refusal."""
        return self.listed or self.error is not None

    def owned_by(self, owner: str) -> tuple[LiveObject, ...]:
        """Return the objects that an object owns, or for events those about it, by its UID."""
        return tuple(self._by_owner.get(owner, {}).values())

    def replace(self, items: Iterable[LiveObject], version: str = "") -> None:
        """Take a complete list of that version."""
        found = {object_ref(item): item for item in items}
        for ref in [ref for ref in self.objects if ref not in found]:
            self._drop(ref)
        for ref, item in found.items():
            if self.objects.get(ref) != item:
                self._take(ref, item, fresh=self.listed)
        self.listed, self.trouble = True, None
        self.version = max(self.version, version_number(version))

    def take(self, event: WatchEvent) -> frozenset[Concern]:
        """Take one event of a watch; return whom it concerns: the object itself and its owners, old and new."""
        self.version = max(self.version, version_of(event.object))
        if event.type in (WatchType.BOOKMARK, WatchType.EXPIRED):
            return frozenset()
        obj = cast("LiveObject", event.object)  # all other events carry a whole one
        ref = object_ref(obj)
        concerns: frozenset[Concern] = frozenset({ref, *_owners(obj), *_owners(self.objects.get(ref, {}))})
        self._take(ref, obj, fresh=True)
        if event.type is WatchType.DELETED:
            self._drop(ref)
        return concerns

    def _take(self, ref: ObjectRef, obj: LiveObject, *, fresh: bool) -> None:
        self._unlink(ref)
        self.objects[ref] = obj
        self.gone.pop(ref, None)
        if fresh:
            self.fresh.add(uid(obj))
        for owner in _owners(obj):
            self._by_owner.setdefault(owner, {})[ref] = obj

    def _drop(self, ref: ObjectRef) -> None:
        self._unlink(ref)
        if (last := self.objects.pop(ref, None)) is not None and self.kind.kind == "Job":
            self.gone[ref] = last

    def _unlink(self, ref: ObjectRef) -> None:
        for owner in _owners(self.objects.get(ref, {})):
            self._by_owner.get(owner, {}).pop(ref, None)


def version_of(obj: Mapping[str, object]) -> int:
    """Return the number of an object's resource version. Those of one kind and server grow with every write."""
    return version_number(text(obj, "metadata", "resourceVersion"))


def version_number(version: str) -> int:
    """Return a resource version as a number, 0 where it is none."""
    return int(version) if version.isdecimal() else 0


def _owners(obj: Mapping[str, object]) -> tuple[str, ...]:
    about = text(obj, "involvedObject", "uid")
    return (about,) if about else owner_uids(obj)
