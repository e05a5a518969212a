"""When a person must agree before a plan is carried out."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.domain.changes import Action, Change, Plan
from fairlead.domain.errors import Problem
from fairlead.domain.joining import joined


def grave(plan: Plan) -> tuple[str, ...]:
    """Return what a plan does that a person must agree to: deleting, recreating, taking over; empty when nothing."""
    found = [
        f"{release.key}: {words}"
        for release in plan.releases
        if release.held is None  # it is refused anyway
        for change in release.changes
        for words in _grave(change)
    ]
    return tuple(dict.fromkeys(found))


def refusal(reasons: tuple[str, ...]) -> Problem:
    """Return why a plan is not carried out without a person."""
    return Problem(
        "approvalNeeded",
        f"the plan needs a person's agreement: {joined(reasons)}",
        remedy="look at the plan, then run it again with --yes",
    )


def _grave(change: Change) -> Iterator[str]:
    match change.action:
        case Action.DELETE:
            yield f"deletes {change.ref}"
        case Action.RECREATE:
            yield f"recreates {change.ref}"
        case Action.UPDATE:
            owners = sorted({field.owner for field in change.fields if field.owner})
            if owners:
                yield f"takes fields of {change.ref} from {', '.join(owners)}"
            elif change.reason in ("adopt", "takeOwnership"):
                yield f"takes over {change.ref}"
        case Action.CREATE | Action.KEEP | Action.SKIP:
            pass
