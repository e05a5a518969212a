"""Where a cluster keeps what we remember of its releases: states and records, in Secrets beside the releases.

Only who may read Secrets can read them. Writes are compare-and-swap. Errors besides those of the cluster port:
`OperationFailed` `stateInvalid` or `stateTooNew`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from fairlead.domain.identity import ReleaseKey
from fairlead.domain.locking import Holder, SignOfLife
from fairlead.domain.records import Record
from fairlead.domain.state import ReleaseState, Stored


@dataclass(frozen=True, slots=True)
class States:
    """The states of whole namespaces. `unreadable` are the namespaces whose Secrets the caller may not list."""

    by_release: Mapping[tuple[str, str], Stored] = field(default_factory=dict)
    unreadable: frozenset[str] = frozenset()

    def of(self, key: ReleaseKey) -> Stored | None:
        """Return what is stored of a release, nothing included; None when it may not be seen."""
        if key.namespace in self.unreadable:
            return None
        return self.by_release.get((key.namespace, key.release), Stored())


class StateStore(Protocol):
    """The memory of one cluster."""

    async def states(self, namespaces: Iterable[str]) -> States:
        """Return the states of all releases in these namespaces, with one list for each."""
        ...

    async def read(self, key: ReleaseKey) -> Stored:
        """Return the state of one release as it is now."""
        ...

    async def swap(self, key: ReleaseKey, old: Stored, new: ReleaseState) -> Stored | None:
        """Store a state in place of the one that was read; None when somebody else was faster."""
        ...

    async def write_record(self, key: ReleaseKey, record: Record) -> Record:
        """Store a record, in as many Secrets as it needs, and return it with their number."""
        ...

    async def record(self, key: ReleaseKey, number: int) -> Record | None:
        """Return a record, None when there is none (any more)."""
        ...

    async def forget(self, key: ReleaseKey, known: Stored) -> None:
        """Remove the state that was read, and all records that it knows; a later state stays (`conflict`)."""
        ...

    async def beat(self, namespace: str, lease: str, holder: Holder, *, at: datetime) -> None:
        """Say by a Lease that a run lives; the first time makes it."""
        ...

    async def heard(self, namespace: str, lease: str) -> str | None:
        """Return the version of a Lease, another one after every beat; None when there is none."""
        ...

    async def fall_silent(self, namespace: str, lease: str) -> None:
        """Remove the Lease of a run that has ended."""
        ...

    async def signs_of_life(self, namespace: str) -> Sequence[SignOfLife]:
        """Return the Leases of all runs in a namespace, with one list."""
        ...

    async def clear(self, namespace: str, sign: SignOfLife) -> None:
        """Remove a Lease that nobody will miss; one that was renewed since it was read stays (`conflict`)."""
        ...

    async def forget_record(self, key: ReleaseKey, number: int, *, chunks: int) -> None:
        """Remove a record."""
        ...
