"""What the server remembers of its own: descriptors, deployments, journals, health data, requests done once.

The cluster is the truth; this is a record of it that can be made again, journals aside.
Guarantees: what a method returned for is on disk and survives a kill of the process or of the machine; each method is
done whole or not at all; reading never waits for writing; lists have one total order, the newest first, which neither
clocks nor other writers disturb, so that `after` of a page never repeats or leaves out what was there all the time.
Errors: `OperationFailed` `storeFailed` (the disk is full or broken: nothing was done) or `storeFull` (a limit).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from fairlead.domain.keeping.answers import GivenAnswer, KeyReused, Missing, Once, Page, Repeated, Stale
from fairlead.domain.keeping.deployments import DeploymentFilter, StoredDeployment
from fairlead.domain.keeping.descriptors import StoredDescriptor
from fairlead.domain.keeping.health_data import HealthData
from fairlead.domain.keeping.journals import Entry
from fairlead.domain.scopes import Scope
from fairlead.domain.units import UnitKey


class Descriptors(Protocol):
    """Descriptors by identifier."""

    async def add(
        self, descriptor: StoredDescriptor, once: Once | None = None
    ) -> StoredDescriptor | Repeated | KeyReused:
        """Keep a new descriptor and return it with its number; `Repeated` when its identifier or `once` was there."""
        ...

    async def read(self, identifier: str) -> StoredDescriptor | None:
        """Return a descriptor, None when there is none."""
        ...

    async def page(self, scope: Scope, *, after: int | None = None, limit: int = 100) -> Page[StoredDescriptor]:
        """Return the newest descriptors of a scope, those created before `after`."""
        ...

    async def replace(self, descriptor: StoredDescriptor) -> StoredDescriptor | Missing | Stale:
        """Keep a changed document in place of the revision that was read; unit and time of creation stay."""
        ...

    async def delete(self, identifier: str, *, revision: int | None = None) -> StoredDescriptor | Missing | Stale:
        """Remove a descriptor, if it still is of that revision, and return it."""
        ...

    async def delete_all(self, unit: UnitKey, *, keep_latest: bool) -> int:
        """Remove the descriptors of a unit, perhaps all but the one changed last; return how many went."""
        ...


class Deployments(Protocol):
    """Deployments by identifier."""

    async def add(
        self, deployment: StoredDeployment, once: Once | None = None
    ) -> StoredDeployment | Repeated | KeyReused:
        """Keep a new deployment and return it with its number; `Repeated` when its identifier or `once` was there."""
        ...

    async def read(self, identifier: str) -> StoredDeployment | None:
        """Return a deployment, None when there is none."""
        ...

    async def page(
        self, wanted: DeploymentFilter, *, after: int | None = None, limit: int = 100
    ) -> Page[StoredDeployment]:
        """Return the newest deployments that a filter admits, those created before `after`."""
        ...

    async def replace(self, deployment: StoredDeployment) -> StoredDeployment | Missing | Stale:
        """Keep status, version, document and time in place of the revision that was read; the rest stays."""
        ...

    async def delete(self, identifier: str, *, revision: int | None = None) -> StoredDeployment | Missing | Stale:
        """Remove a deployment with its journal and health data, if it still is of that revision, and return it."""
        ...


class Journals(Protocol):
    """Log lines and events of deployments, each numbered from 1."""

    async def append(self, deployment: str, entries: Sequence[Entry]) -> tuple[Entry, ...] | Missing:
        """Keep what happened, and return what was kept of it with its numbers; nothing is kept of what is gone."""
        ...

    async def read(self, deployment: str, *, after: int = 0, limit: int = 1000) -> tuple[Entry, ...]:
        """Return the entries that follow a number, oldest first, up to a limit."""
        ...


class HealthResults(Protocol):
    """What the pods of deployments answered last."""

    async def put(self, deployment: str, results: Sequence[HealthData]) -> None:
        """Keep the last answers of pods; nothing is kept of a deployment that is gone."""
        ...

    async def read(self, deployment: str) -> tuple[HealthData, ...]:
        """Return the last answer of every pod, by name."""
        ...


class Requests(Protocol):
    """Requests that are done once, however often they are sent, and what they were answered."""

    async def claim(self, once: Once, identifier: str, at: datetime) -> Repeated | KeyReused | None:
        """Take a request of which nothing of its own is kept, and what it is about; None when it is the first."""
        ...

    async def answered(self, once: Once, answer: GivenAnswer, at: datetime) -> None:
        """Keep what a request was answered, whether it was taken before or not; the first answer stays."""
        ...

    async def answer(self, once: Once) -> GivenAnswer | KeyReused | None:
        """Return what a request was answered, None when it was not."""
        ...


class Store(Protocol):
    """One store, of one process."""

    @property
    def descriptors(self) -> Descriptors:
        """What people sent to be deployed."""
        ...

    @property
    def deployments(self) -> Deployments:
        """What became of it, deployment by deployment."""
        ...

    @property
    def journals(self) -> Journals:
        """Their journals."""
        ...

    @property
    def health(self) -> HealthResults:
        """What their pods answered."""
        ...

    @property
    def requests(self) -> Requests:
        """Requests that are done once."""
        ...

    async def is_filled(self) -> bool:
        """Return whether it was filled once with what clusters know; one made in place of a lost one was not."""
        ...

    async def filled(self, at: datetime) -> None:
        """Note that it is filled."""
        ...

    async def tidy(self, now: datetime) -> None:
        """Remove what is beyond the limits."""
        ...

    async def close(self) -> None:
        """Store what is under way and close."""
        ...
