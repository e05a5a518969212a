"""A store in memory."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.keeping.answers import GivenAnswer, KeyReused, Missing, Once, Page, Repeated, Stale
from fairlead.domain.keeping.deployments import KEPT, DeploymentFilter, StoredDeployment
from fairlead.domain.keeping.descriptors import StoredDescriptor
from fairlead.domain.keeping.health_data import MOST_PODS, HealthData
from fairlead.domain.keeping.journals import Entry, Journal
from fairlead.domain.keeping.limits import Limits
from fairlead.domain.scopes import Scope
from fairlead.domain.units import UnitKey

S = TypeVar("S", StoredDescriptor, StoredDeployment)
_FULL = OperationFailed(Problem("storeFull", "there are too many"))


@dataclass(slots=True)
class _Memory:
    """What all parts of the store share. `is_broken` makes every write fail.

    `meanwhile` is what somebody else makes of a deployment right before the next change of it, `rewritten` of a
    descriptor.
    """

    limits: Limits
    is_broken: bool = False
    is_filled: bool = False
    meanwhile: Callable[[StoredDeployment], StoredDeployment] | None = None
    rewritten: Callable[[StoredDescriptor], StoredDescriptor] | None = None
    number: int = 0
    descriptors: dict[str, StoredDescriptor] = field(default_factory=dict)
    deployments: dict[str, StoredDeployment] = field(default_factory=dict)
    journals: dict[str, tuple[Journal, list[Entry]]] = field(default_factory=dict)
    health: dict[str, dict[str, HealthData]] = field(default_factory=lambda: defaultdict(dict))
    once: dict[tuple[str, str], tuple[str, str, datetime]] = field(default_factory=dict)
    answers: dict[tuple[str, str], GivenAnswer] = field(default_factory=dict)

    def writing(self) -> None:
        if self.is_broken:
            raise OperationFailed(Problem("storeFailed", "the disk is full"))

    def claim(self, once: Once, identifier: str, at: datetime) -> Repeated | KeyReused | None:
        known = self.once.get((once.caller, once.key))
        if known is None:
            self.once[once.caller, once.key] = (once.digest, identifier, at)
            return None
        return Repeated(known[1]) if known[0] == once.digest else KeyReused()

    def keep(self, rows: dict[str, S], new: S, once: Once | None) -> S | Repeated | KeyReused:
        if new.identifier in rows:
            return Repeated(new.identifier)
        known = self.claim(once, new.identifier, new.created) if once is not None else None
        if known is not None:
            return known
        self.number += 1
        rows[new.identifier] = replace(new, document=_copied(new.document), number=self.number, revision=1)
        return rows[new.identifier]

    def swap(self, rows: dict[str, S], changed: S) -> S | Missing | Stale:
        self.writing()
        present = _expected(rows, changed.identifier, changed.revision)
        if isinstance(present, Missing | Stale):
            return present
        rows[changed.identifier] = replace(
            changed,
            unit=present.unit,
            document=_copied(changed.document),
            created=present.created,
            revision=present.revision + 1,
            number=present.number,
        )
        return rows[changed.identifier]

    def overtake(self, deployment: str) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            self.swap(self.deployments, meanwhile(self.deployments[deployment]))

    def rewrite(self, descriptor: str) -> None:
        rewritten, self.rewritten = self.rewritten, None
        if rewritten is not None:
            self.swap(self.descriptors, rewritten(self.descriptors[descriptor]))

    def forget(self, deployment: str) -> None:
        del self.deployments[deployment]
        self.journals.pop(deployment, None)
        self.health.pop(deployment, None)


def _copied(document: object) -> dict[str, object]:
    copied: dict[str, object] = json.loads(json.dumps(document))
    return copied


def _expected(rows: dict[str, S], identifier: str, revision: int | None) -> S | Missing | Stale:
    present = rows.get(identifier)
    if present is None:
        return Missing()
    return present if revision in (None, present.revision) else Stale(present.revision)


def _page(rows: Sequence[S], after: int | None, limit: int) -> Page[S]:
    before = [row for row in rows if after is None or row.number < after]
    newest = sorted(before, key=lambda row: -row.number)[: limit + 1]
    return Page(tuple(newest[:limit]), newest[limit - 1].number if len(newest) > limit else None)


@dataclass(slots=True)
class MemoryDescriptors:
    memory: _Memory

    async def add(
        self, descriptor: StoredDescriptor, once: Once | None = None
    ) -> StoredDescriptor | Repeated | KeyReused:
        self.memory.writing()
        if len(self.memory.descriptors) >= self.memory.limits.descriptors:
            raise _FULL
        return self.memory.keep(self.memory.descriptors, descriptor, once)

    async def read(self, identifier: str) -> StoredDescriptor | None:
        return self.memory.descriptors.get(identifier)

    async def page(self, scope: Scope, *, after: int | None = None, limit: int = 100) -> Page[StoredDescriptor]:
        return _page([each for each in self.memory.descriptors.values() if scope.holds(each.unit)], after, limit)

    async def replace(self, descriptor: StoredDescriptor) -> StoredDescriptor | Missing | Stale:
        self.memory.rewrite(descriptor.identifier)
        return self.memory.swap(self.memory.descriptors, descriptor)

    async def delete(self, identifier: str, *, revision: int | None = None) -> StoredDescriptor | Missing | Stale:
        self.memory.writing()
        self.memory.rewrite(identifier)
        present = _expected(self.memory.descriptors, identifier, revision)
        if isinstance(present, StoredDescriptor):
            del self.memory.descriptors[identifier]
        return present

    async def delete_all(self, unit: UnitKey, *, keep_latest: bool) -> int:
        self.memory.writing()
        gone = _oldest_first(self.memory, unit)
        gone = gone[:-1] if keep_latest else gone
        for each in gone:
            del self.memory.descriptors[each.identifier]
        return len(gone)


def _oldest_first(memory: _Memory, unit: UnitKey) -> list[StoredDescriptor]:
    found = [each for each in memory.descriptors.values() if each.unit == unit]
    return sorted(found, key=lambda each: (each.modified, each.number))


@dataclass(slots=True)
class MemoryDeployments:
    memory: _Memory

    async def add(
        self, deployment: StoredDeployment, once: Once | None = None
    ) -> StoredDeployment | Repeated | KeyReused:
        self.memory.writing()
        if len(self.memory.deployments) >= self.memory.limits.deployments:
            oldest = next(_may_go(self.memory), None)
            if oldest is None:
                raise _FULL
            self.memory.forget(oldest.identifier)
        return self.memory.keep(self.memory.deployments, deployment, once)

    async def read(self, identifier: str) -> StoredDeployment | None:
        return self.memory.deployments.get(identifier)

    async def page(
        self, wanted: DeploymentFilter, *, after: int | None = None, limit: int = 100
    ) -> Page[StoredDeployment]:
        found = [each for each in self.memory.deployments.values() if wanted.scope.holds(each.unit)]
        found = [each for each in found if not wanted.statuses or each.status in wanted.statuses]
        if wanted.per_unit is not None:
            of_units: dict[UnitKey, list[StoredDeployment]] = defaultdict(list)
            for each in sorted(found, key=lambda each: -each.number):
                of_units[each.unit].append(each)
            found = [each for unit in of_units.values() for each in unit[: wanted.per_unit]]
        return _page(found, after, limit)

    async def replace(self, deployment: StoredDeployment) -> StoredDeployment | Missing | Stale:
        self.memory.overtake(deployment.identifier)
        present = self.memory.deployments.get(deployment.identifier)
        descriptor = deployment.descriptor if present is None else present.descriptor
        return self.memory.swap(self.memory.deployments, replace(deployment, descriptor=descriptor))

    async def delete(self, identifier: str, *, revision: int | None = None) -> StoredDeployment | Missing | Stale:
        self.memory.writing()
        self.memory.overtake(identifier)
        present = _expected(self.memory.deployments, identifier, revision)
        if isinstance(present, StoredDeployment):
            self.memory.forget(identifier)
        return present


@dataclass(slots=True)
class MemoryJournals:
    memory: _Memory

    async def append(self, deployment: str, entries: Sequence[Entry]) -> tuple[Entry, ...] | Missing:
        self.memory.writing()
        if deployment not in self.memory.deployments:
            return Missing()
        journal, kept = self.memory.journals.get(deployment, (Journal(), []))
        journal, admitted = journal.admit(entries, self.memory.limits.journal)
        self.memory.journals[deployment] = journal, [*kept, *admitted]
        return admitted

    async def read(self, deployment: str, *, after: int = 0, limit: int = 1000) -> tuple[Entry, ...]:
        _, kept = self.memory.journals.get(deployment, (Journal(), []))
        return tuple(entry for entry in kept if entry.sequence > after)[:limit]


@dataclass(slots=True)
class MemoryHealth:
    memory: _Memory

    async def put(self, deployment: str, results: Sequence[HealthData]) -> None:
        self.memory.writing()
        if deployment not in self.memory.deployments:
            return
        of_pods = self.memory.health[deployment]
        of_pods.update({result.pod: result for result in results})
        for pod in sorted(of_pods, key=lambda pod: (of_pods[pod].at, pod), reverse=True)[MOST_PODS:]:
            del of_pods[pod]

    async def read(self, deployment: str) -> tuple[HealthData, ...]:
        of_pods = self.memory.health.get(deployment, {})
        return tuple(of_pods[pod] for pod in sorted(of_pods))


@dataclass(slots=True)
class MemoryRequests:
    memory: _Memory

    async def claim(self, once: Once, identifier: str, at: datetime) -> Repeated | KeyReused | None:
        self.memory.writing()
        return self.memory.claim(once, identifier, at)

    async def answered(self, once: Once, answer: GivenAnswer, at: datetime) -> None:
        self.memory.writing()
        if self.memory.claim(once, "", at) != KeyReused():
            self.memory.answers.setdefault((once.caller, once.key), answer)

    async def answer(self, once: Once) -> GivenAnswer | KeyReused | None:
        known = self.memory.once.get((once.caller, once.key))
        if known is not None and known[0] != once.digest:
            return KeyReused()
        return self.memory.answers.get((once.caller, once.key))


class MemoryStore:
    """A `Store` without a disk."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self.memory = memory = _Memory(self._limits)
        self.descriptors = MemoryDescriptors(memory)
        self.deployments = MemoryDeployments(memory)
        self.journals = MemoryJournals(memory)
        self.health = MemoryHealth(memory)
        self.requests = MemoryRequests(memory)

    async def is_filled(self) -> bool:
        return self.memory.is_filled

    async def filled(self, at: datetime) -> None:
        self.memory.is_filled = True

    async def tidy(self, now: datetime) -> None:
        _tidy_deployments(self.memory, self._limits, now)
        _tidy_journals(self.memory, self._limits)
        _tidy_descriptors(self.memory, self._limits)
        _tidy_requests(self.memory, self._limits, now)

    async def close(self) -> None:
        pass


def _ranked(memory: _Memory) -> Iterator[tuple[int, StoredDeployment]]:
    """Yield all deployments, the newest first, each with its place among those of its unit."""
    ranks: dict[UnitKey, int] = defaultdict(int)
    for each in sorted(memory.deployments.values(), key=lambda each: -each.number):
        ranks[each.unit] += 1
        yield ranks[each.unit], each


def _may_go(memory: _Memory) -> Iterator[StoredDeployment]:
    """Yield what no limit protects, the oldest first."""
    yield from reversed([each for rank, each in _ranked(memory) if rank > 1 and each.status not in KEPT])


def _tidy_deployments(memory: _Memory, limits: Limits, now: datetime) -> None:
    ranks = {each.identifier: rank for rank, each in _ranked(memory)}
    for each in _may_go(memory):
        is_old = each.modified < now - limits.deployment_age
        if is_old or ranks[each.identifier] > limits.deployments_of_a_unit:
            memory.forget(each.identifier)


def _tidy_journals(memory: _Memory, limits: Limits) -> None:
    total = 0
    for _, each in _ranked(memory):
        journal, _ = memory.journals.get(each.identifier, (Journal(), []))
        total += journal.size
        if total > limits.journals and not each.status.is_under_way:
            memory.journals[each.identifier] = replace(journal, size=0), []


def _tidy_descriptors(memory: _Memory, limits: Limits) -> None:
    for unit in {each.unit for each in memory.descriptors.values()}:
        for each in _oldest_first(memory, unit)[: -limits.descriptors_of_a_unit]:
            del memory.descriptors[each.identifier]


def _tidy_requests(memory: _Memory, limits: Limits, now: datetime) -> None:
    newest_first = sorted(memory.once, key=lambda key: memory.once[key][2], reverse=True)
    under_way = {each.identifier for each in memory.deployments.values() if each.status.is_under_way}
    old = {key for key in newest_first if memory.once[key][2] < now - limits.request_age}
    kept = {key for key in old if memory.once[key][1] in under_way}
    for key in {*(old - kept), *newest_first[limits.requests :]}:
        del memory.once[key]
        memory.answers.pop(key, None)
