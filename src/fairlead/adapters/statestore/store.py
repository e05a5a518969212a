"""The `StateStore` port on Secrets of the cluster itself, through the cluster's own door."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fairlead.adapters.statestore.leases import Leases
from fairlead.domain.errors import OperationFailed, Problem, RemoteRefused
from fairlead.domain.identity import ObjectRef, ReleaseKey
from fairlead.domain.marks import STATE_MANAGER
from fairlead.domain.packing import in_secret, of_secret, pack, unpack
from fairlead.domain.records import Record
from fairlead.domain.state import ReleaseState, StateTooNew, Stored
from fairlead.doors.swapping import swapped
from fairlead.ports.cluster import ApiKind, LiveObject
from fairlead.ports.statestore import States

STATE_TYPE: Final = "fairlead.dev/state.v1"
RECORD_TYPE: Final = "fairlead.dev/record.v1"
RELEASE_LABEL: Final = "fairlead.dev/release"
NUMBER_LABEL: Final = "fairlead.dev/number"
_PREFIX: Final = "fairlead.v1."
_SECRETS: Final = ApiKind("v1", "Secret", "secrets", namespaced=True)


@dataclass(frozen=True, slots=True)
class SecretStateStore(Leases):
    """The memory of one cluster, in Secrets."""

    async def states(self, namespaces: Iterable[str]) -> States:
        """Return the states of all releases in these namespaces, with one list for each."""
        names = sorted(set(namespaces))
        lists = await asyncio.gather(*(self._list(name) for name in names))
        found = {
            (name, obj["metadata"]["name"].removeprefix(_PREFIX)): _stored(obj)
            for name, objects in zip(names, lists, strict=True)
            for obj in objects or ()
        }
        return States(found, frozenset(name for name, objects in zip(names, lists, strict=True) if objects is None))

    async def read(self, key: ReleaseKey) -> Stored:
        """Return the state of one release as it is now."""
        live = await self.cluster.get(_state_ref(key))
        return Stored() if live is None else _stored(live)

    async def swap(self, key: ReleaseKey, old: Stored, new: ReleaseState) -> Stored | None:
        """Store a state in place of the one that was read; None when somebody else was faster."""
        document = "".join(pack(new.to_json()))  # if ever too large for one Secret, the server says so
        labels = {RELEASE_LABEL: key.release}
        secret = in_secret(document, _state_ref(key), kind=STATE_TYPE, labels=labels)
        live = await swapped(self.cluster, secret, old.version, old.uid)
        if live is None:
            now = await self.read(key)
            return now if now.version and now.state.to_json() == new.to_json() else None
        return Stored(new, live["metadata"]["resourceVersion"], live["metadata"]["uid"])

    async def write_record(self, key: ReleaseKey, record: Record) -> Record:
        """Store a record; the piece that says how many there are comes last, so that half a record is none."""
        chunks = len(pack(record.to_stored())) - 1
        record = record.in_chunks(chunks)
        number = record.recorded.number
        labels = {RELEASE_LABEL: key.release, NUMBER_LABEL: str(number)}
        for chunk, piece in reversed(list(enumerate(pack(record.to_stored())))):
            ref = _record_ref(key, number, chunk)
            await self._put(ref, in_secret(piece, ref, kind=RECORD_TYPE, labels=labels))
        return record

    async def record(self, key: ReleaseKey, number: int) -> Record | None:
        """Return a record, None when there is none (any more)."""
        first = await self.cluster.get(_record_ref(key, number, 0))
        if first is None:
            return None
        pieces, chunk = [of_secret(first)], 1
        while (further := await self.cluster.get(_record_ref(key, number, chunk))) is not None:
            pieces.append(of_secret(further))
            chunk += 1
        subject = f"the record of deployment {number} of {key}"
        try:
            return Record.from_stored(unpack(pieces))
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise _invalid(subject, f"{type(error).__name__}: {error}") from None

    async def forget(self, key: ReleaseKey, known: Stored) -> None:
        """Remove the state that was read, and all records that it knows; the state last, because it names them."""
        for one in known.state.deployments:
            if one.chunks is not None:
                await self.forget_record(key, one.number, chunks=one.chunks)
        if known.version:
            await self.cluster.delete(_state_ref(key), uid=known.uid, resource_version=known.version)

    async def forget_record(self, key: ReleaseKey, number: int, *, chunks: int) -> None:
        """Remove a record, the piece by which it is found first."""
        for chunk in range(chunks + 1):
            ref = _record_ref(key, number, chunk)
            live = await self.cluster.get(ref)
            if live is not None:
                await self.cluster.delete(ref, uid=live["metadata"]["uid"])

    async def _list(self, namespace: str) -> Sequence[LiveObject] | None:
        try:
            return (await self.cluster.list(_SECRETS, namespace, field_selector=f"type={STATE_TYPE}")).items
        except RemoteRefused as error:
            if error.status != 403:
                raise
            return None

    async def _put(self, ref: ObjectRef, secret: dict[str, Any]) -> None:
        """Create a Secret that nobody else makes; what a run before us left half-way is replaced as it was read."""
        try:
            await self.cluster.create(secret, manager=STATE_MANAGER)
        except RemoteRefused as error:
            live = await self.cluster.get(ref) if error.code == "alreadyExists" else None
            if live is None:
                raise
            if live.get("data") != secret["data"]:
                met = {name: live["metadata"][name] for name in ("resourceVersion", "uid")}
                await self.cluster.replace({**secret, "metadata": {**secret["metadata"], **met}}, manager=STATE_MANAGER)


def _state_ref(key: ReleaseKey) -> ObjectRef:
    return ObjectRef("v1", "Secret", key.namespace, f"{_PREFIX}{key.release}")


def _record_ref(key: ReleaseKey, number: int, chunk: int) -> ObjectRef:
    name = f"{_PREFIX}{key.release}.{number}" + (f".c{chunk}" if chunk else "")
    return ObjectRef("v1", "Secret", key.namespace, name)


def _stored(live: LiveObject) -> Stored:
    meta = live["metadata"]
    subject = f"the state in Secret {meta['namespace']}/{meta['name']}"
    try:
        state = ReleaseState.from_json(unpack([of_secret(live)]))
    except StateTooNew as error:
        raise _invalid(subject, str(error), code="stateTooNew") from None
    except ValueError as error:
        raise _invalid(subject, str(error)) from None
    return Stored(state, meta["resourceVersion"], meta["uid"])


def _invalid(subject: str, why: str, *, code: str = "stateInvalid") -> OperationFailed:
    remedy = "restore it from a backup, or delete it: the next deployment then makes a new one"
    if code == "stateTooNew":
        remedy = "use the Fairlead that wrote it, or a newer one"
    return OperationFailed(Problem(code, f"cannot read {subject}: {why}", remedy=remedy))
