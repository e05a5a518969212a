from __future__ import annotations

from collections.abc import Sequence

import pytest

from fairlead.domain.apps.descriptor import HealthCheckType
from fairlead.domain.apps.probing import Answer, Knock, NoAnswer, ProbeResult
from fairlead.domain.rollout.observation import Verdict
from fairlead.domain.rollout.passing_on import judge_answers, judge_knocks

OPEN, CLOSED, SILENT = Knock.OPEN, Knock.CLOSED, Knock.SILENT
PASSED, FAILED, NOBODY_KNOWS = Verdict.PASSED, Verdict.FAILED, Verdict.INCONCLUSIVE
BLUE, GREEN, SICK = Answer(200, b"blue"), Answer(200, b"green"), Answer(503, b"blue")
HUNG, FAR = NoAnswer("hung up"), NoAnswer("no way", reachable=False)


@pytest.mark.parametrize(
    ("service", "before", "now", "verdict"),
    [
        (OPEN, (), (), PASSED),
        (OPEN, (), (CLOSED, SILENT), PASSED),
        (OPEN, (OPEN,), (OPEN, CLOSED), PASSED),
        (OPEN, (OPEN,), (SILENT,), PASSED),
        (OPEN, (OPEN,), (SILENT, CLOSED), FAILED),
        (CLOSED, (), (CLOSED, OPEN), FAILED),
        (CLOSED, (OPEN,), (CLOSED,), FAILED),
        (CLOSED, (SILENT,), (CLOSED,), NOBODY_KNOWS),
        (CLOSED, (), (), NOBODY_KNOWS),
        (SILENT, (OPEN,), (OPEN,), NOBODY_KNOWS),
    ],
)
def test_a_service_fails_only_where_a_pod_listens(
    service: Knock, before: Sequence[Knock], now: Sequence[Knock], verdict: Verdict
) -> None:
    found, why = judge_knocks(80, service, before=before, now=now)
    assert found is verdict
    assert bool(why) == (verdict is not PASSED)


@pytest.mark.parametrize(
    ("result", "reached", "before", "now", "verdict"),
    [
        (GREEN, True, (BLUE,), (GREEN,), PASSED),
        (GREEN, False, (), (), PASSED),
        (GREEN, True, (BLUE,), (), PASSED),
        (BLUE, True, (BLUE,), (GREEN,), FAILED),
        (BLUE, True, (BLUE,), (BLUE, GREEN), PASSED),
        (BLUE, True, (BLUE,), (FAR,), PASSED),
        (SICK, True, (), (GREEN,), FAILED),
        (SICK, False, (BLUE,), (HUNG,), FAILED),
        (SICK, True, (FAR,), (FAR,), NOBODY_KNOWS),
        (HUNG, False, (), (GREEN,), FAILED),
        (FAR, True, (), (GREEN,), FAILED),
        (FAR, False, (BLUE,), (GREEN,), NOBODY_KNOWS),
        (FAR, True, (), (HUNG,), NOBODY_KNOWS),
    ],
)
def test_an_answer_is_compared_with_those_of_pods(
    result: ProbeResult, reached: bool, before: Sequence[ProbeResult], now: Sequence[ProbeResult], verdict: Verdict
) -> None:
    found, why = judge_answers(HealthCheckType.SIMPLE, result, is_reached=reached, before=before, now=now)
    assert found is verdict
    assert bool(why) == (verdict is not PASSED)
