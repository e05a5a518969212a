"""What commands that carry out a plan have in common: agreement before, an exit code after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from fairlead.cli.asking import agreed
from fairlead.cli.consent import grave, refusal
from fairlead.cli.run import Run
from fairlead.domain.changes import Plan
from fairlead.domain.deployments import Deployment, Outcome
from fairlead.domain.durations import duration_seconds
from fairlead.domain.errors import InputError, OperationFailed, Problem, Refused
from fairlead.domain.pruning import guard
from fairlead.pipeline.answering import Silent


def require_harmless(plan: Plan, *, is_named: bool = False) -> None:
    """Refuse a plan that needs `--allow-deletes`; `is_named` as for `guard`."""
    guarded = (guard(release, is_named=is_named) for release in plan.releases if release.held is None)
    problems = [problem for problem in guarded if problem is not None]
    if problems:
        raise Refused(problems)


def require_complete(silent: Iterable[Silent]) -> None:
    """Fail unless every cluster answers, for a saved plan is whole or it is none.

    Raises:
        OperationFailed: why each of the others is silent.
    """
    problems = [replace(one.problem, path=one.environment.name) for one in silent]
    if problems:
        raise OperationFailed(problems)


async def require_consent(plan: Plan, run: Run) -> None:
    """Ask a person about a plan that deletes, recreates or takes over; refuse it where nobody can be asked."""
    reasons = grave(plan)
    if not reasons:
        return
    streams = run.surroundings.streams
    if not streams.interactive:
        raise Refused(refusal(reasons))
    streams.report("\nThis needs your agreement:\n" + "\n".join(f"  {reason}" for reason in reasons))
    if not await agreed(streams, "Go on?"):
        raise Refused(refusal(reasons))


def timeout_seconds(text: str | None, option: str = "--timeout") -> float | None:
    """Return the time that an option gives in seconds, None when it was not given.

    Raises:
        InputError: `invalidDuration`.
    """
    if text is None:
        return None
    seconds = duration_seconds(text)
    if seconds is None:
        message = f"found {option} {text!r}, expected a duration up to seven days"
        raise InputError(Problem("invalidDuration", message, remedy="write it as 90s, 5m or 1h30m"))
    return seconds


def exit_code(deployments: Iterable[Deployment]) -> int:
    """Return the exit code of a run: that of its worst outcome."""
    return max((_code(each.outcome) for each in deployments), default=0)


def _code(outcome: Outcome) -> int:
    match outcome:
        case Outcome.SUCCEEDED | Outcome.UNCHANGED:
            return 0
        case Outcome.REFUSED | Outcome.SUPERSEDED:
            return 4
        case Outcome.INTERRUPTED:
            return 130
        case Outcome.FAILED | Outcome.SKIPPED | Outcome.ROLLED_BACK:
            return 1
