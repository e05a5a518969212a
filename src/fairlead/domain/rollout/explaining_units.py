"""Says of a unit why it is where it is, since when, and what happens next and when. Nothing branches on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fairlead.domain.moments import rfc3339
from fairlead.domain.rollout.anchor import Anchor, Version
from fairlead.domain.rollout.guards import goes_on_by_itself, is_held_back, promoted_at
from fairlead.domain.rollout.phases import Phase, VersionState
from fairlead.domain.rollout.standing import HELD_BACK_IN
from fairlead.domain.rollout.storing import to_json

_NEXT: Final = {
    Phase.ADOPTING: "the running pods get the version label, then the Services select by it",
    Phase.PREFLIGHT: "what the cluster says to the new version is read, and its hosts are claimed",
    Phase.PREPARING: "the switch is written down, then the version is created",
    Phase.CREATING: "its objects are created, then its pods start",
    Phase.WARMING: "its pods become ready, then its gates run",
    Phase.VERIFYING: "its gates end, then it may be promoted",
    Phase.STAGING: "every proxy has checked it, then the traffic moves",
    Phase.SWITCHING: "every route leads to it, then it is probed",
    Phase.CONFIRMING: "it answers through every route, then it counts as live",
    Phase.SOAKING: "it proves itself under traffic, then it is deployed",
    Phase.REVERTING: "the old side has its pods, then the routes go back to it",
    Phase.ABORTING: "what explains the failure is stored, then it is scaled down",
    Phase.UNDEPLOYING: "routes, open requests, workloads, everything else go, in this order",
}
_VERSION_NEXT: Final = {
    VersionState.HOT: "it is scaled to nothing once its connections have ended",
    VersionState.WARM: "it is removed",
    VersionState.FAILED: "it is removed",
}


@dataclass(frozen=True, slots=True)
class VersionExplanation:
    """One version: its state since when, and what becomes of it when. `then` is empty where nothing is to come."""

    version: str
    state: VersionState
    since: datetime
    then: str
    when: datetime | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The unit: its phase since when and because of what, what is next, and by when it gives up waiting for it.

    `held` says what keeps the unit from going on.
    """

    phase: Phase
    since: datetime | None
    cause: str
    then: str
    when: datetime | None
    held: str = ""
    versions: tuple[VersionExplanation, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        written: dict[str, Any] = to_json(self)
        return written


def explain(anchor: Anchor) -> Explanation:
    """Return why a unit is where it is."""
    return Explanation(
        anchor.phase,
        anchor.since,
        _cause(anchor),
        _then(anchor),
        anchor.deadline,
        _held(anchor),
        tuple(_version(one) for one in anchor.present),
    )


def _cause(anchor: Anchor) -> str:
    if anchor.blocked is not None:
        return anchor.blocked.explanation
    candidate = anchor.candidate
    if candidate is not None:
        asked = f"version {candidate.version} by {candidate.by}"
        return f"{asked} is given up: {candidate.reason}" if candidate.outcome is not None else asked
    if anchor.undeploy is not None:
        return f"undeploy by {anchor.undeploy.by}"
    if not anchor.ended:
        return "nothing was asked of it yet"
    last = anchor.ended[-1]
    return f"what was asked last ended {last.outcome}" + (f": {last.explanation}" if last.explanation else "")


def _then(anchor: Anchor) -> str:
    is_held = anchor.paused is not None and anchor.phase in {*HELD_BACK_IN, Phase.IDLE}
    return f"the pause ends, then {_next(anchor)}" if is_held else _next(anchor)


def _next(anchor: Anchor) -> str:
    if anchor.phase is Phase.BLOCKED:
        return "a person says how to go on"
    if anchor.phase is Phase.AWAITING and (due := promoted_at(anchor)) is not None and not goes_on_by_itself(anchor):
        return f"it goes live by itself at {rfc3339(due)}, unless somebody promotes or aborts it before"
    if anchor.phase is Phase.AWAITING:
        return "the gates' timer promotes it" if goes_on_by_itself(anchor) else "somebody promotes it, or aborts"
    if anchor.phase is Phase.IDLE:
        return f"{anchor.waiting[0].KIND} by {anchor.waiting[0].by}" if anchor.waiting else "the next intent"
    return _NEXT[anchor.phase]


def _held(anchor: Anchor) -> str:
    if anchor.unreachable is not None:
        return "the cluster does not answer; no timer runs out meanwhile"
    if not is_held_back(anchor):
        return ""
    return "paused" if anchor.paused is not None else "frozen"


def _version(version: Version) -> VersionExplanation:
    then = _VERSION_NEXT.get(version.state, "")
    return VersionExplanation(version.name, version.state, version.since, then, version.deadline)
