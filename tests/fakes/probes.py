"""Pods that answer as a test says, without a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fairlead.domain.apps.probing import READ_BYTES, Answer, Knock, NoAnswer, Probed, ProbeRequest, ProbeResult


@dataclass(slots=True)
class FakeProbes:
    """`answer` says what each pod or Service answers, `listens` who listens; what was asked is kept."""

    answer: Callable[[Probed, ProbeRequest], ProbeResult] = lambda _whom, _request: NoAnswer("nobody is there")
    listens: Callable[[Probed, int], Knock] = lambda _whom, _port: Knock.SILENT
    asked: list[tuple[Probed, ProbeRequest]] = field(default_factory=list)

    async def knock(self, whom: Probed, port: int, *, seconds: float) -> Knock:
        return self.listens(whom, port)

    async def ask(self, whom: Probed, request: ProbeRequest) -> ProbeResult:
        self.asked.append((whom, request))
        result = self.answer(whom, request)
        if isinstance(result, Answer) and len(result.body) > READ_BYTES:
            return Answer(result.status, result.body[:READ_BYTES], complete=False)
        return result
