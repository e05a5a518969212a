"""The `AnchorStore` port on Secrets of the cluster itself, through the cluster's own door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fairlead.domain.apps.naming import UNIT_LABEL
from fairlead.domain.errors import OperationFailed, Problem, RemoteRefused
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.domain.marks import STATE_MANAGER
from fairlead.domain.moments import parse_moment
from fairlead.domain.packing import in_secret, of_secret, pack, unpack
from fairlead.domain.units import MEMORY_PREFIX, UnitKey
from fairlead.doors.swapping import swapped
from fairlead.ports.anchors import Anchored, Document
from fairlead.ports.cluster import ApiKind, Cluster, LiveObject

ANCHOR_TYPE: Final = "fairlead.dev/unit.v1"
VERSION_TYPE: Final = "fairlead.dev/unitversion.v1"
_SECRETS: Final = ApiKind("v1", "Secret", "secrets", namespaced=True)


@dataclass(frozen=True, slots=True)
class SecretAnchors:
    """The memory of one cluster's units, in Secrets."""

    cluster: Cluster

    async def read(self, key: UnitKey) -> Anchored:
        """Return the anchor of a unit."""
        return await self._read(_ref(key))

    async def swap(self, key: UnitKey, old: Anchored, new: Document) -> Anchored | None:
        """Store an anchor in place of the one that was read; None when somebody else was faster."""
        return await self._swap(_secret(key, _ref(key), ANCHOR_TYPE, new), old, new)

    async def names(self, namespace: str) -> tuple[str, ...]:
        """Return the names of all units that have an anchor in a namespace."""
        found = await self.cluster.list(_SECRETS, namespace, field_selector=f"type={ANCHOR_TYPE}")
        return tuple(sorted(live["metadata"]["name"].removeprefix(MEMORY_PREFIX) for live in found.items))

    async def all_in(self, namespace: str) -> Mapping[str, Anchored]:
        """Return the anchors of all units of a namespace by name."""
        found = await self.cluster.list(_SECRETS, namespace, field_selector=f"type={ANCHOR_TYPE}")
        return {live["metadata"]["name"].removeprefix(MEMORY_PREFIX): _anchored(live) for live in found.items}

    async def add_version(self, key: UnitKey, version: str, document: Document) -> bool:
        """Store what a new version consists of; False when something else is stored under its name already."""
        try:
            await self.cluster.create(_secret(key, _ref(key, version), VERSION_TYPE, document), manager=STATE_MANAGER)
        except RemoteRefused as error:
            if error.code != "alreadyExists":
                raise
            return await self.version(key, version) == document
        return True

    async def versions(self, key: UnitKey) -> Mapping[str, datetime | None]:
        """Return the versions of which something is stored, and since when."""
        found = await self.cluster.list_metadata(_SECRETS, key.namespace, label_selector=f"{UNIT_LABEL}={key.name}")
        start = f"{_ref(key).name}."
        named = {str(live["metadata"]["name"]): live["metadata"] for live in found.items}
        return {
            name.removeprefix(start): parse_moment(str(meta.get("creationTimestamp")))
            for name, meta in named.items()
            if name.startswith(start)
        }

    async def read_version(self, key: UnitKey, version: str) -> Anchored:
        """Return what a version consists of, to be swapped."""
        return await self._read(_ref(key, version))

    async def swap_version(self, key: UnitKey, version: str, old: Anchored, new: Document) -> bool:
        """Store what a version consists of in place of what was read; False when somebody else was faster."""
        return await self._swap(_secret(key, _ref(key, version), VERSION_TYPE, new), old, new) is not None

    async def version(self, key: UnitKey, version: str) -> Document | None:
        """Return what a version consists of."""
        found = await self.read_version(key, version)
        return found.document if found.version else None

    async def forget_version(self, key: UnitKey, version: str) -> None:
        """Remove what a version consists of."""
        ref = _ref(key, version)
        live = await self.cluster.get(ref)
        if live is not None:
            await self.cluster.delete(ref, uid=live["metadata"]["uid"])

    async def forget(self, key: UnitKey, known: Anchored) -> None:
        """Remove the anchor that was read."""
        if known.version:
            await self.cluster.delete(_ref(key), uid=known.uid, resource_version=known.version)

    async def _read(self, ref: ObjectRef) -> Anchored:
        live = await self.cluster.get(ref)
        return Anchored() if live is None else _anchored(live)

    async def _swap(self, secret: dict[str, Any], old: Anchored, new: Document) -> Anchored | None:
        live = await swapped(self.cluster, secret, old.version, old.uid)
        if live is None:
            now = await self._read(object_ref(secret))  # an answer that was lost: it may be our own
            return now if now.version and now.document == new else None
        return Anchored(new, live["metadata"]["resourceVersion"], live["metadata"]["uid"])


def _ref(key: UnitKey, version: str = "") -> ObjectRef:
    # Neither names of units nor versions hold a dot, so that no version's name is that of another unit's.
    name = f"{MEMORY_PREFIX}{key.name}" + (f".{version}" if version else "")
    return ObjectRef("v1", "Secret", key.namespace, name)


def _secret(key: UnitKey, ref: ObjectRef, kind: str, document: Document) -> dict[str, Any]:
    pieces = pack(document)
    if len(pieces) > 1:
        message = f"what there is to remember of {key} does not fit into a Secret, which takes 1 MiB"
        problem = Problem("objectTooLarge", message, remedy="move large configuration out of the descriptor")
        raise RemoteRefused(problem, status=413)
    return in_secret(pieces[0], ref, kind=kind, labels={UNIT_LABEL: key.name})


def _anchored(live: LiveObject) -> Anchored:
    return Anchored(_document(live), live["metadata"]["resourceVersion"], live["metadata"]["uid"])


def _document(live: LiveObject) -> dict[str, Any]:
    meta, why = live["metadata"], "it is no mapping"
    try:
        found = unpack([of_secret(live)])
        if isinstance(found, dict):
            return found
    except ValueError as error:
        why = str(error)
    message = f"cannot read Secret {meta['namespace']}/{meta['name']}: {why}"
    raise OperationFailed(Problem("anchorInvalid", message, remedy="restore it from a backup"))
