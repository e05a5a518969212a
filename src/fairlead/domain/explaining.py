"""Explains why a wait ended without success: the root cause first, the same trouble of many pods told once.

The text is the same for the same situation: no times, no counters, names in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from fairlead.domain.causes import RANK, REMEDIES, Cause, Finding, LogSource
from fairlead.domain.health import WORST_FIRST, Explanation, Health, HealthState
from fairlead.domain.identity import ObjectRef
from fairlead.domain.reading import one_line

LOG_LINES = 10
_NAMES_SHOWN = 3

Logs = Mapping[LogSource, str]

_FAILED: Mapping[str, Cause] = {
    "Deployment": Cause.PROGRESS_DEADLINE,
    "Job": Cause.JOB_FAILED,
    "Pod": Cause.POD_FAILED,
    "PersistentVolumeClaim": Cause.VOLUME_CLAIM,
}
_WAITING: Mapping[str, Cause] = {"Service": Cause.LOAD_BALANCER, "PersistentVolumeClaim": Cause.VOLUME_CLAIM}


@dataclass(frozen=True, slots=True)
class Case:
    """One object that is not healthy, and what was found about it; `is_final` says that it ended the wait."""

    ref: ObjectRef
    health: Health
    findings: tuple[Finding, ...] = ()
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class _Trouble:
    """The same clause at one or more pods."""

    cause: Cause
    clause: str
    findings: tuple[Finding, ...]


def explain(cases: Sequence[Case], logs: Logs, *, timeout_seconds: float | None = None) -> Explanation | None:
    """Return the explanation of unhealthy objects, None when there are none.

    `timeout_seconds` is the limit that was passed, None when the wait ended before it because waiting is no use.
    """
    ordered = sorted(cases, key=_severity)
    if not ordered:
        return None
    first = ordered[0]
    trouble = _troubles(first)[0]
    late = "" if timeout_seconds is None else f" is not healthy after {timeout_seconds:g} s"
    sentence = f"{first.ref}{late}: {trouble.clause}{_where(trouble)}"
    details = [line for case in ordered for line in _details(case, logs, alone=len(ordered) == 1)]
    cause = _cause_of(first) if trouble.cause is Cause.NOT_READY else trouble.cause
    return Explanation(cause.value, sentence, tuple(details), REMEDIES[cause], first.ref)


def trouble(cases: Sequence[Case]) -> str:
    """Return the root cause of unhealthy objects in one line, empty while nothing but time seems to be missing."""
    told = [one for case in sorted(cases, key=_severity) if case.findings for one in _troubles(case)]
    first = next((one for one in told if one.cause is not Cause.NOT_READY), None)
    return "" if first is None else f"{first.clause}{_where(first)}"


def log_sources(cases: Sequence[Case]) -> tuple[LogSource, ...]:
    """Return the containers whose last lines the explanation shows: one for each trouble."""
    return tuple(
        source
        for case in cases
        for trouble in _troubles(case)
        if (source := next((each.log for each in trouble.findings if each.log), None)) is not None
    )


def _severity(case: Case) -> tuple[bool, int, int, ObjectRef]:
    """Order cases: what ended the wait, then the most telling cause, then the worst word."""
    return (
        not case.is_final,
        RANK[_troubles(case)[0].cause],
        WORST_FIRST.index(case.health.state),
        case.ref,
    )


def _troubles(case: Case) -> list[_Trouble]:
    """Group a case's findings, those of present pods before those of outdated ones; never empty."""
    present = [each for each in case.findings if not each.outdated] or list(case.findings)
    ordered = sorted(present, key=_kind_of_trouble)
    groups = [
        _Trouble(cause, clause, tuple(group)) for (_, clause, cause), group in groupby(ordered, key=_kind_of_trouble)
    ]
    return groups or [_Trouble(_cause_of(case), _uncapitalised(case.health.message), ())]


def _kind_of_trouble(finding: Finding) -> tuple[int, str, Cause]:
    return RANK[finding.cause], finding.clause, finding.cause


def _cause_of(case: Case) -> Cause:
    """Return the cause of an object about which nothing more was found than its own health."""
    match case.health.state:
        case HealthState.NOT_FOUND:
            return Cause.NOT_FOUND
        case HealthState.TERMINATING:
            return Cause.TERMINATING
        case HealthState.FAILED:
            return _FAILED.get(case.ref.kind, Cause.FAILED)
        case _:
            return _WAITING.get(case.ref.kind, Cause.NOT_READY)


def _details(case: Case, logs: Logs, *, alone: bool) -> Iterator[str]:
    """Tell all troubles of a case; the sentence has told the first of a case that is alone, but for many pods."""
    if not alone:
        yield f"{case.ref}: {_uncapitalised(case.health.message)}"
    margin = "" if alone else "  "
    for number, trouble in enumerate(_troubles(case)):
        pods = _pods(trouble)
        if alone and number == 0:
            yield from [pods] if len(trouble.findings) > 1 else []
        elif trouble.findings:
            yield f"{margin}{pods}: {trouble.clause}" if pods else f"{margin}{trouble.clause}"
        yield from (f"{margin}  {line}" for line in _last_lines(trouble, logs))


def _last_lines(trouble: _Trouble, logs: Logs) -> Iterator[str]:
    """Tell the end of the first log that says anything."""
    for finding in trouble.findings:
        if finding.log and (lines := log_lines(logs.get(finding.log, ""))):
            run = ", before its restart" if finding.log.previous else ""
            yield f"last lines of container {finding.container} in pod {finding.pod}{run}:"
            yield from (f"  {line}" for line in lines)
            return


def log_lines(log: str) -> tuple[str, ...]:
    """Return the last lines of a log, safe to print."""
    lines = [one_line(line, 200) for line in log.splitlines()]
    return tuple([line for line in lines if line][-LOG_LINES:])


def _where(trouble: _Trouble) -> str:
    pods = {each.pod for each in trouble.findings if each.pod}
    match len(pods):
        case 0:
            return ""
        case 1:
            return f" (pod {pods.pop()})"
        case count:
            return f" ({count} pods)"


def _pods(trouble: _Trouble) -> str:
    pods = sorted({each.pod for each in trouble.findings if each.pod})
    more = f" and {len(pods) - _NAMES_SHOWN} more" if len(pods) > _NAMES_SHOWN else ""
    word = "pod" if len(pods) == 1 else "pods"
    return f"{word} {', '.join(pods[:_NAMES_SHOWN])}{more}" if pods else ""


def _uncapitalised(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].removesuffix(".")
