"""Pods that answer as a test says, without a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fairlead.domain.apps.probing import READ_BYTES, Answer, NoAnswer, PodAddress, ProbeRequest, ProbeResult


@dataclass(slots=True)
class FakeProbes:
    """`answer` says what each pod answers; what was asked is kept."""

    answer: Callable[[PodAddress, ProbeRequest], ProbeResult] = lambda _pod, _request: NoAnswer("nobody is there")
    asked: list[tuple[PodAddress, ProbeRequest]] = field(default_factory=list)

    async def ask(self, pod: PodAddress, request: ProbeRequest) -> ProbeResult:
        self.asked.append((pod, request))
        result = self.answer(pod, request)
        if isinstance(result, Answer) and len(result.body) > READ_BYTES:
            return Answer(result.status, result.body[:READ_BYTES], complete=False)
        return result
