"""What can be told from here of a stable Service right after its switch: whether it passes on to the new version.

It fails only where it could do better: the same network, or the API server, leads to a pod of either version that does.
So neither a network that does not lead there nor rights that are missing turn the traffic back; they are inconclusive.
"""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.domain.apps.descriptor import HealthCheckType
from fairlead.domain.apps.probing import Answer, Knock, NoAnswer, ProbeResult, pod_health
from fairlead.domain.rollout.observation import Verdict

Judged = tuple[Verdict, str]
"""What was found, and why when it is not that it passed."""


def judge_knocks(port: int, at_service: Knock, *, before: Sequence[Knock], now: Sequence[Knock]) -> Judged:
    """Judge what came of opening a connection to a Service, by the same at pods of the version before and the new one.

    Right after a switch the version before may still be the one that takes a connection.
    """
    is_old = Knock.OPEN in before and Knock.CLOSED in now and Knock.OPEN not in now
    if at_service is Knock.CLOSED and (Knock.OPEN in before or Knock.OPEN in now):
        return Verdict.FAILED, f"it refuses connections to port {port}"
    if at_service is Knock.OPEN:
        failed = Verdict.FAILED, f"only the version before takes connections to port {port}"
        return failed if is_old else (Verdict.PASSED, "")
    return Verdict.INCONCLUSIVE, "its address leads nowhere from here"


def judge_answers(
    kind: HealthCheckType,
    result: ProbeResult,
    *,
    is_reached: bool,
    before: Sequence[ProbeResult],
    now: Sequence[ProbeResult],
) -> Judged:
    """Judge what a Service said to a check of health, by what pods of the version before and of the new one say.

    `is_reached`: connections to the Service were opened.
    """
    found = pod_health("", kind, result)
    if found.healthy:
        # Who says what only the version before says is that version. Most say the same, and then nobody can tell.
        is_old = tells_version(result, before) and any(isinstance(one, Answer) for one in now) and result not in now
        return (Verdict.FAILED, "the version before still answers") if is_old else (Verdict.PASSED, "")
    leads_there = any(isinstance(one, Answer) for one in (*before, *now))
    if leads_there and (is_reached or not isinstance(result, NoAnswer) or result.reachable):
        return Verdict.FAILED, f"it does not answer as a healthy pod does: {found.reason}"
    return Verdict.INCONCLUSIVE, found.reason


def tells_version(result: ProbeResult, before: Sequence[ProbeResult]) -> bool:
    """Return whether an answer may be one of the version before."""
    return isinstance(result, Answer) and result in before
