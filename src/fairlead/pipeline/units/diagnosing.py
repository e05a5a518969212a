"""Finds out what keeps the pods of a version, and early that they never will be ready: then waiting is no use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fairlead.domain.causes import Patience
from fairlead.domain.explaining import explain, log_sources, trouble
from fairlead.domain.identity import ObjectRef
from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.phases import Phase
from fairlead.pipeline.observation.observing import Observer
from fairlead.pipeline.observation.waiting import Wait
from fairlead.pipeline.units.findings import Findings
from fairlead.pipeline.units.sight import Sight

_GRACE_SECONDS = 1.0  # most pods are ready by then, and nobody has to follow their events
_GROWING = frozenset({Phase.CREATING, Phase.WARMING, Phase.VERIFYING, Phase.AWAITING, Phase.STAGING})


@dataclass(slots=True)
class Diagnosis:
    """What is known of the Deployments of the candidate; begun anew for each candidate."""

    observer: Observer
    patience: Patience = field(default_factory=Patience)
    _version: str = ""
    _since: float = 0.0
    _wait: Wait | None = None

    async def look(self, anchor: Anchor, refs: Sequence[ObjectRef], sight: Sight, findings: Findings) -> None:
        """Note in the findings what keeps the candidate's pods, and when it cannot recover."""
        candidate = anchor.candidate.version if anchor.candidate is not None else ""
        is_there = bool(refs) and all(ref in sight.objects for ref in refs)
        if anchor.phase not in _GROWING or candidate != self._version or not is_there:
            await self.close()
        if anchor.phase not in _GROWING or not is_there or candidate in findings.hopeless:
            return
        now = self.observer.clock.monotonic()
        if candidate != self._version:
            self._version, self._since = candidate, now
        if now - self._since < _GRACE_SECONDS:
            return
        if self._wait is None:
            self._wait = await Wait.begin(self.observer, refs, self.patience, written={})
        self._wait.look()
        cases = self._wait.weigh(now)
        findings.troubles[candidate] = trouble(cases)
        final = [case for case in cases if case.is_final]
        if final and self._wait.explained(cases):
            await self._wait.evidence.finish_logs(log_sources(cases))
            explanation = explain(cases, self._wait.evidence.logs)
            findings.hopeless[candidate] = explanation.text if explanation is not None else "it cannot become healthy"

    async def close(self) -> None:
        """Stop looking."""
        if self._wait is not None:
            await self._wait.evidence.close()
        self._wait, self._version = None, ""
