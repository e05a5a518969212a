"""What a release's state is, in words that explain themselves: drift, cause, since when, and what comes next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from fairlead.domain.changes import UNKNOWN, Action, Change, ReleasePlan
from fairlead.domain.deployments import Drift, ReleaseStatus
from fairlead.domain.health import WORST_FIRST, HealthReport, HealthState, ObjectHealth
from fairlead.domain.identity import ObjectRef

_NEXT: Final = {
    HealthState.PROGRESSING: "it becomes current by itself, or says why not",
    HealthState.TERMINATING: "apply again when the deletion has ended",
    HealthState.FAILED: "correct the cause and apply again",
    HealthState.UNKNOWN: "look again; the cluster does not tell",
}
_APPLY: Final = "apply brings it back"


def release_status(plan: ReleasePlan, report: HealthReport, live: Mapping[str, Any] | None) -> ReleaseStatus:
    """Return the status of a release from its plan and the health of its objects.

    `live` is the object that `worst_object` names, which tells since when.
    """
    drifted = tuple(change.ref for change in plan.changes if drifts(change))
    drift = Drift.DRIFTED if drifted else Drift.NONE
    if any(change.reason == UNKNOWN for change in plan.changes):
        drift = Drift.UNKNOWN
    worst = worst_object(report.objects)
    health = worst.health.state if worst else HealthState.CURRENT
    return ReleaseStatus(
        plan.key,
        health,
        drift,
        drifted,
        cause=_cause(worst, plan, drifted),
        since=since(live) if worst is not None and health is not HealthState.CURRENT else None,
        next=_NEXT.get(health, _APPLY if drifted else ""),
        revision=plan.revision if drift is Drift.NONE else None,
    )


def drifts(change: Change) -> bool:
    """Return whether a change means that the cluster does not hold what is declared."""
    if change.is_pruning:
        return False
    if change.action is Action.UPDATE:
        return change.reason not in ("ownership", UNKNOWN)
    return change.action.writes


def worst_object(objects: Iterable[ObjectHealth]) -> ObjectHealth | None:
    """Return the object in the worst state, the first of them; None when there are none."""
    return min(objects, key=lambda one: WORST_FIRST.index(one.health.state), default=None)


def since(live: Mapping[str, Any] | None) -> str | None:
    """Return when an object last changed its state, as its own conditions tell; else when it was made."""
    if live is None:
        return None
    conditions = (live.get("status") or {}).get("conditions") or []
    times = [str(one["lastTransitionTime"]) for one in conditions if one.get("lastTransitionTime")]
    return max(times, default=(live.get("metadata") or {}).get("creationTimestamp"))


def _cause(worst: ObjectHealth | None, plan: ReleasePlan, drifted: tuple[ObjectRef, ...]) -> str:
    unseen = next((change.obstacle for change in plan.changes if change.reason == UNKNOWN), "")
    if worst is not None and worst.health.state is not HealthState.CURRENT:
        return f"{worst.ref}: {worst.health.message or worst.health.state.value}"
    if not drifted:
        return unseen
    others = f" and {len(drifted) - 1} more" if len(drifted) > 1 else ""
    return f"{drifted[0]}{others} differs from what is declared"
