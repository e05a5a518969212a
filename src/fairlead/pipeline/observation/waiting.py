"""What one wait sees: the health of its objects now, and which troubles have lasted too long."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fairlead.domain.causes import Cause, Finding, Grace, Patience, Suspicion, final_at, suspicion
from fairlead.domain.diagnosing import diagnose
from fairlead.domain.explaining import Case, log_sources
from fairlead.domain.health import Health, HealthState, ObjectHealth
from fairlead.domain.identity import ObjectRef
from fairlead.domain.judging import judge, judge_completion, judge_ended
from fairlead.domain.proving import must_stay_current
from fairlead.domain.reading import ObjectBody
from fairlead.pipeline.observation.evidence import Evidence
from fairlead.pipeline.observation.feeds import Feed, version_of
from fairlead.pipeline.observation.observing import Observer
from fairlead.pipeline.observation.snapshot import (
    KindTable,
    is_claim,
    late_binding_classes,
    served_kinds,
    storage_class,
)
from fairlead.ports.cluster import ApiKind

_UNSEEN = Health(HealthState.UNKNOWN, "Nobody has looked at it yet.")
_NOT_SERVED = Health(HealthState.NOT_FOUND, "The cluster does not serve its kind.")
# Cluster-scoped objects such as CRDs are large and many: up to so many of a kind are followed by name instead.
_BY_NAME_AT_MOST = 5


@dataclass(slots=True)
class Wait:
    """The objects that one wait is about. Made by `begin`, ended by closing its evidence.

    `floors` are the versions that were written just now: a shared feed may lag behind them, and what it says of such
    an object until then is about its past.
    `unproven` are objects that were written or seen not to be current: those that nothing else vouches for must stay
    current for a moment. `steady` says, after `weigh`, whether everything current has been so for long enough.
    """

    patience: Patience
    feeds: dict[ObjectRef, Feed | None]
    evidence: Evidence
    late_binding: frozenset[str]
    floors: Mapping[ObjectRef, int]
    healths: dict[ObjectRef, Health]
    unproven: set[ObjectRef]
    next_at: float = math.inf
    steady: bool = False
    _since: dict[Suspicion, float] = field(default_factory=dict)
    _steady_since: dict[ObjectRef, float] = field(default_factory=dict)
    _of_jobs: dict[ObjectRef, tuple[Finding, ...]] = field(default_factory=dict)

    @classmethod
    async def begin(
        cls,
        observer: Observer,
        refs: Sequence[ObjectRef],
        patience: Patience,
        *,
        written: Mapping[ObjectRef, ObjectBody] | None,
    ) -> Wait:
        """Start following objects; those `written` just now (None: all of them) have yet to prove themselves."""
        kinds = await served_kinds(observer.cluster, refs)
        late = await late_binding_classes(observer.cluster, kinds) if any(map(is_claim, refs)) else frozenset()
        wanted = _wanted(refs, kinds)
        floors = {ref: version_of(obj) for ref, obj in (written or {}).items()}
        if written is None:
            behind = [ref for ref, where in wanted.items() if where is not None and observer.follows(*where)]
            found = await asyncio.gather(*(observer.cluster.get(ref) for ref in behind))
            floors = {ref: version_of(obj or {}) for ref, obj in zip(behind, found, strict=True)}
        feeds = {ref: None if where is None else observer.feed(*where) for ref, where in wanted.items()}
        unproven = set(refs) if written is None else set(refs) & set(written)
        return cls(patience, feeds, Evidence(observer, kinds), late, floors, dict.fromkeys(refs, _UNSEEN), unproven)

    def look(self) -> tuple[ObjectHealth, ...]:
        """Judge every object and return those whose health is another than before.

        Raises:
            RemoteRefused: an object's kind may not be listed.
        """
        changed = []
        for ref in self.feeds:
            health = self._judge(ref)
            if health != self.healths[ref]:
                self.healths[ref] = health
                if health.state not in (HealthState.CURRENT, HealthState.UNKNOWN):
                    self.unproven.add(ref)
                changed.append(ObjectHealth(ref, health))
        return tuple(changed)

    def weigh(self, now: float) -> tuple[Case, ...]:
        """Return what is known of every object that is not current, at `now` in monotonic seconds.

        `next_at` then says when a trouble that lasts becomes final, or an object has been current for long enough.
        """
        findings = {
            ref: self._findings(ref) for ref, health in self.healths.items() if health.state is not HealthState.CURRENT
        }
        suspicions = [suspicion(ref, each) for ref, found in findings.items() for each in found]
        self._since = {each: self._since.get(each, now) for each in suspicions}
        times = self._steady_times(now)
        self.steady = all(time <= now for time in times)
        self.next_at = min((time for time in times if time > now), default=math.inf)
        return tuple(self._case(ref, found, now) for ref, found in findings.items())

    def explained(self, cases: Sequence[Case]) -> bool:
        """Return whether everything that can explain the final cases has been read."""
        return all(self.evidence.ready(case.ref) for case in cases if case.is_final)

    def unreadable(self) -> tuple[str, ...]:
        """Return sentences about what could not be read lately."""
        troubled = {feed.kind.kind: feed.trouble for feed in self.feeds.values() if feed and feed.trouble}
        told = tuple(f"{kind} objects could not be read lately: {error}" for kind, error in sorted(troubled.items()))
        return told + self.evidence.unreadable()

    def _judge(self, ref: ObjectRef) -> Health:
        feed = self.feeds[ref]
        if feed is None:
            return _NOT_SERVED
        if feed.error is not None:
            raise feed.error
        if not feed.listed or feed.version < self.floors.get(ref, 0):
            return _UNSEEN
        obj = feed.objects.get(ref)
        last = obj if obj is not None else feed.gone.get(ref)
        if last is not None and (ended := judge_ended(last)) is not None:
            return ended
        if obj is not None and is_claim(ref):
            waits = storage_class(obj) in self.late_binding or self.evidence.binds_late(ref, obj)
            return judge(obj, late_binding=waits)
        return judge_completion(obj) if self.patience.completion and obj is not None else judge(obj)

    def _findings(self, ref: ObjectRef) -> tuple[Finding, ...]:
        if self.healths[ref].state is HealthState.NOT_FOUND:
            return (Finding(Cause.NOT_FOUND, Grace.MISSING, "it does not exist, or no longer"),)
        feed = self.feeds[ref]
        obj = feed.objects.get(ref) if feed is not None else None
        if obj is None or self.healths[ref] == _UNSEEN or not self.evidence.ready(ref):
            return ()
        found = diagnose(self.evidence.scene(ref, obj), crashes=self.patience.crashes)
        return self._remembered(ref, found) if ref.kind == "Job" else found

    def _remembered(self, ref: ObjectRef, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Keep what was found about a Job, and read its logs at once: when it fails, it may take its pods with it."""
        if found:
            self._of_jobs[ref] = found
            self.evidence.read_logs(log_sources([Case(ref, self.healths[ref], found)]))
        return self._of_jobs.get(ref, ())

    def _steady_times(self, now: float) -> list[float]:
        """Return when each current object that nothing vouches for will have been current for long enough."""
        staying = [ref for ref in self.unproven if self._must_stay(ref)]
        self._steady_since = {ref: self._steady_since.get(ref, now) for ref in staying}
        return [since + self.patience.steady_seconds for since in self._steady_since.values()]

    def _must_stay(self, ref: ObjectRef) -> bool:
        feed = self.feeds[ref]
        obj = feed.objects.get(ref) if feed is not None else None
        return self.healths[ref].state is HealthState.CURRENT and obj is not None and must_stay_current(obj)

    def _case(self, ref: ObjectRef, findings: tuple[Finding, ...], now: float) -> Case:
        health = self.healths[ref]
        times = {
            each: final_at(each, since=self._since[suspicion(ref, each)], patience=self.patience) for each in findings
        }
        final = [each for each, time in times.items() if time <= now]
        self.next_at = min([self.next_at, *(time for time in times.values() if time > now)])
        if final and health.state in (HealthState.PROGRESSING, HealthState.UNKNOWN):
            health = Health(HealthState.FAILED, f"{final[0].clause[:1].upper()}{final[0].clause[1:]}.")
        return Case(ref, health, findings, is_final=bool(final) or health.state is HealthState.FAILED)


def _wanted(refs: Sequence[ObjectRef], kinds: KindTable) -> dict[ObjectRef, tuple[ApiKind, str | None, str] | None]:
    """Return which feed tells about each object; None for kinds that are not served."""
    wanted: dict[ObjectRef, tuple[ApiKind, str | None, str] | None] = {}
    for ref in refs:
        kind = kinds.get((ref.api_version, ref.kind))
        if kind is None:
            wanted[ref] = None
        elif kind.namespaced:
            wanted[ref] = (kind, ref.namespace, "")
        else:
            few = sum(each.group_kind == ref.group_kind for each in refs) <= _BY_NAME_AT_MOST
            wanted[ref] = (kind, None, ref.name if few else "")
    return wanted
