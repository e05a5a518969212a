"""What a release's state is, in words that explain themselves: drift, cause, since when, and what comes next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from fairlead.domain.app_releases import AppPlan, Verdict
from fairlead.domain.app_waiting import AWAITS, HELD_BACK, UNIT_BLOCKED, waiting
from fairlead.domain.causes import Cause
from fairlead.domain.changes import UNKNOWN, Action, Change, ReleasePlan
from fairlead.domain.comparing import ADOPT
from fairlead.domain.health import WORST_FIRST, Explanation, HealthReport, HealthState, ObjectHealth
from fairlead.domain.holding import ending
from fairlead.domain.identity import ObjectRef, ReleaseKey, Revision
from fairlead.domain.joining import joined
from fairlead.domain.records import Recorded
from fairlead.domain.rollout.phases import Phase
from fairlead.domain.state import Hold, ReleaseState

_NEXT: Final = {
    HealthState.PROGRESSING: "it becomes current by itself, or says why not",
    HealthState.TERMINATING: "apply again when the deletion has ended",
    HealthState.FAILED: "correct the cause and apply again",
    HealthState.UNKNOWN: "look again; the cluster does not tell",
}
_APPLY: Final = "apply brings it back"
_CODES: Final = {
    HealthState.PROGRESSING: Cause.NOT_READY.value,
    HealthState.TERMINATING: Cause.TERMINATING.value,
    HealthState.FAILED: Cause.FAILED.value,
    HealthState.NOT_FOUND: Cause.NOT_FOUND.value,
    HealthState.UNKNOWN: "unknown",
}
LIVE_DEGRADED: Final = "liveDegraded"
_DIFFERS: Final = "drifted"
_UNREAD: Final = "unreadable"


class Drift(StrEnum):
    """Whether the cluster holds what the source declares."""

    NONE = "none"
    DRIFTED = "drifted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ReleaseStatus:
    """A release as it is now. `cause` with its stable code, `since` and `next` explain every state but `current`.

    `since` is an RFC 3339 time, or None where the cluster does not tell. `revision` is what was deployed last, as far
    as anyone knows; `last` the last deployment, good or not.
    """

    key: ReleaseKey
    health: HealthState
    drift: Drift
    drifted_objects: tuple[ObjectRef, ...] = ()
    cause: str = ""
    cause_code: str = ""
    since: str | None = None
    next: str = ""
    revision: Revision | None = None
    last: Recorded | None = None
    held: Hold | None = None

    def to_json(self) -> dict[str, Any]:
        """Return an item of `releases`."""
        return {
            **self.key.to_json(),
            "name": self.key.release,
            "health": self.health.value,
            "drift": self.drift.value,
            "driftedObjects": [ref.to_json() for ref in self.drifted_objects],
            "since": self.since,
            "cause": self.cause,
            "causeCode": self.cause_code or None,
            "next": self.next,
            "revision": self.revision.to_json() if self.revision else None,
            "lastDeployment": self.last.to_json() if self.last else None,
            "held": self.held.to_json() if self.held else None,
        }


def release_status(plan: ReleasePlan, report: HealthReport, live: Mapping[str, Any] | None) -> ReleaseStatus:
    """Return the status of a release from its plan and the health of its objects.

    `live` is the object that `worst_object` names, which tells since when.
    """
    drifted = tuple(change.ref for change in plan.changes if drifts(change))
    drift = Drift.DRIFTED if drifted else Drift.NONE
    if any(change.reason == UNKNOWN for change in plan.changes):
        drift = Drift.UNKNOWN
    state = plan.stored.state if plan.stored is not None else ReleaseState()
    worst = worst_object(report.objects)
    health = worst.health.state if worst else HealthState.CURRENT
    return ReleaseStatus(
        plan.key,
        health,
        drift,
        drifted,
        cause=joined((_cause(worst, plan, drifted), _by_hand(plan) if drifted else "")),
        cause_code=_CODES.get(health) or (_DIFFERS if drifted else _UNREAD if drift is Drift.UNKNOWN else ""),
        since=since(live) if worst is not None and health is not HealthState.CURRENT else None,
        next=_NEXT.get(health, _APPLY if drifted else "") if plan.held is None else ending(plan.key, plan.held),
        revision=_revision(state, plan, drift),
        last=state.last,
        held=state.hold or plan.held,
    )


def app_status(status: ReleaseStatus, app: AppPlan) -> ReleaseStatus:
    """Return the status of an app: its live version's, with what its unit is doing, and whether it is as declared.

    `status` is what the objects of the live version say. A version that is on its way makes what is live no worse.
    """
    differs = app.verdict in (Verdict.NEW_VERSION, Verdict.IN_PLACE)
    moves = app.phase != Phase.IDLE or app.verdict is Verdict.UNDER_WAY
    status = replace(status, drift=Drift.DRIFTED if differs else Drift.NONE)
    follows = app.then if moves and status.held is None else status.next
    doing = f"{app.phase}: {app.cause}" if app.phase not in (Phase.IDLE, Phase.BLOCKED, None) else app.cause
    told = replace(status, cause=doing, since=app.since, next=follows)
    if app.phase == Phase.BLOCKED or app.degraded:
        code = UNIT_BLOCKED if app.phase == Phase.BLOCKED else LIVE_DEGRADED
        return replace(told, health=HealthState.FAILED, cause_code=code)
    if not app.live and moves:
        return replace(told, health=HealthState.PROGRESSING, cause_code=Cause.NOT_READY.value)
    if not app.live:
        code = Cause.NOT_FOUND.value
        return replace(status, health=HealthState.NOT_FOUND, cause="no version of it is live", cause_code=code)
    if status.health is HealthState.CURRENT and moves:
        held = HELD_BACK if app.paused or app.frozen else ""
        awaits = AWAITS if app.phase == Phase.AWAITING else Cause.NOT_READY.value
        if told.held is None and app.verdict is Verdict.UNDER_WAY and (held or awaits == AWAITS):
            told = replace(told, next=waiting(told.key, app.version, paused=app.paused, frozen=app.frozen).explanation)
        return replace(told, cause_code=held or awaits)
    if status.health is HealthState.CURRENT and differs:
        what = "what is declared is another one" if app.verdict is Verdict.NEW_VERSION else status.cause
        return replace(status, cause=f"version {app.live} is live, and {what or 'more is declared of it'}")
    return status


def explained(status: ReleaseStatus, explanation: Explanation) -> ReleaseStatus:
    """Return a status with the root cause that was found, and what cures it: only what is slow does so itself."""
    cure = f"{explanation.remedy[:1].lower()}{explanation.remedy[1:].removesuffix('.')}"
    follows = status.next if explanation.code == Cause.NOT_READY else cure or status.next
    return replace(status, cause=explanation.sentence, cause_code=explanation.code, next=follows)


def drifts(change: Change) -> bool:
    """Return whether a change means that the cluster does not hold what is declared."""
    if change.is_pruning:
        return False
    if change.action is Action.UPDATE:
        return change.reason not in ("ownership", UNKNOWN) and not (change.reason == ADOPT and not change.fields)
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


def _revision(state: ReleaseState, plan: ReleasePlan, drift: Drift) -> Revision | None:
    """Return what was deployed last; without a record, what is declared if the cluster holds it."""
    good = [one.deployment.revision for one in state.deployments if one.deployment.outcome.is_good]
    if good:
        return good[-1]
    return plan.revision if drift is Drift.NONE else None


def _by_hand(plan: ReleasePlan) -> str:
    """Return what Helm did to the release after us, such as a rollback."""
    return plan.rendered.use.past.by_hand if plan.rendered.use is not None else ""


def _cause(worst: ObjectHealth | None, plan: ReleasePlan, drifted: tuple[ObjectRef, ...]) -> str:
    unseen = next((change.obstacle for change in plan.changes if change.reason == UNKNOWN), "")
    if worst is not None and worst.health.state is not HealthState.CURRENT:
        return f"{worst.ref}: {worst.health.message or worst.health.state.value}"
    if not drifted:
        return unseen
    others = f" and {len(drifted) - 1} more" if len(drifted) > 1 else ""
    return f"{drifted[0]}{others} differs from what is declared"
