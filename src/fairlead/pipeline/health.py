"""Waits until objects are current, fails as soon as waiting is no use, and explains why.

Observe, judge, decide, repeat: every change wakes the wait, which looks at all its objects again. Nothing is
remembered but when each trouble was first seen. A wait ends with everything current, with something final, or late.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from fairlead.domain.causes import Patience
from fairlead.domain.events import HealthChanged, WaitStarted
from fairlead.domain.explaining import Case, explain, log_sources
from fairlead.domain.health import Health, HealthReport, HealthState, ObjectHealth
from fairlead.domain.identity import ObjectRef, ReleaseKey, object_ref
from fairlead.domain.judging import SETTLED_KINDS, judge
from fairlead.domain.reading import ObjectBody
from fairlead.pipeline.observation.observing import Observer, observing
from fairlead.pipeline.observation.waiting import Wait
from fairlead.pipeline.pausing import pause
from fairlead.ports.clock import Clock
from fairlead.ports.cluster import Cluster
from fairlead.ports.events import EventSink

_EXISTS = Health(HealthState.CURRENT, "It exists.")


async def wait_healthy(
    cluster: Cluster,
    key: ReleaseKey,
    refs: Sequence[ObjectRef],
    *,
    patience: Patience,
    clock: Clock,
    events: EventSink,
) -> HealthReport:
    """Wait for the objects of one release, with watches of its own. Releases that share theirs use `wait_on`.

    Raises:
        RemoteRefused: the kind of an object may not be listed.
    """
    async with observing(cluster, clock) as observer:
        return await wait_on(observer, key, refs, patience=patience, events=events)


async def wait_on(
    observer: Observer,
    key: ReleaseKey,
    refs: Sequence[ObjectRef],
    *,
    patience: Patience,
    events: EventSink,
    applied: Iterable[ObjectBody] | None = None,
) -> HealthReport:
    """Wait until every object is current, something is final, or the patience has ended.

    `applied` are objects as apply returned them: what is current in that answer already is not read again, and what
    is not among them is taken for unchanged. None: everything may have been written just now.

    Raises:
        RemoteRefused: the kind of an object may not be listed.
    """
    written = None if applied is None else {object_ref(obj): obj for obj in applied}
    settled = {ref: _EXISTS for ref in refs if ref.group_kind in SETTLED_KINDS}
    for ref, obj in (written or {}).items():
        if ref in refs and (health := judge(obj)).state is HealthState.CURRENT:
            settled[ref] = health
    waited = tuple(ref for ref in dict.fromkeys(refs) if ref not in settled)
    if not waited:
        return _report(refs, settled)
    started = observer.clock.monotonic()
    events.emit(WaitStarted(key, len(waited), patience.timeout_seconds))
    wait = await Wait.begin(observer, waited, patience, written=written)
    try:
        cases = await _until_decided(observer, wait, key, events, until=started + patience.timeout_seconds)
        sources = log_sources(cases)
        await wait.evidence.finish_logs(sources)
    finally:
        await wait.evidence.close()
    for case in cases:
        if case.health != wait.healths[case.ref]:
            wait.healths[case.ref] = case.health
            events.emit(HealthChanged(key, case.ref, case.health))
    report = _report(refs, {**settled, **wait.healths})
    return replace(_explained(report, cases, wait), duration_seconds=observer.clock.monotonic() - started)


async def _until_decided(
    observer: Observer, wait: Wait, key: ReleaseKey, events: EventSink, *, until: float
) -> tuple[Case, ...]:
    """Look at every change; return the cases that ended the wait, none when everything is current."""
    with observer.listening() as listener:
        observer.attend(listener, wait.feeds)
        while True:
            listener.changed.clear()
            for each in wait.look():
                events.emit(HealthChanged(key, each.ref, each.health))
            now = observer.clock.monotonic()
            cases = wait.weigh(now)
            decided = any(case.is_final for case in cases) and wait.explained(cases)
            if decided or now >= until or (wait.steady and not cases):
                return cases
            observer.attend(listener, wait.evidence.concerned)
            await pause(observer.clock, listener.changed, min(until, wait.next_at) - now)


def _explained(report: HealthReport, cases: Sequence[Case], wait: Wait) -> HealthReport:
    late = not any(case.is_final for case in cases)
    limit = wait.patience.timeout_seconds if late else None
    explanation = explain(cases, wait.evidence.logs, timeout_seconds=limit)
    if explanation is None:
        return report
    details = (*explanation.details, *wait.unreadable())
    return replace(report, explanation=replace(explanation, details=details), timed_out=late)


def _report(refs: Sequence[ObjectRef], healths: Mapping[ObjectRef, Health]) -> HealthReport:
    return HealthReport(tuple(ObjectHealth(ref, healths[ref]) for ref in dict.fromkeys(refs)))
