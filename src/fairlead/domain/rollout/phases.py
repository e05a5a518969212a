"""The states of a unit's rollout and of each of its versions, and the kinds of events that they meet.

Two machines, so that an old version that drains never blocks a new rollout. The tables say what leads where.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Phase(StrEnum):
    """Where the rollout of a unit stands."""

    IDLE = "Idle"
    ADOPTING = "Adopting"
    PREFLIGHT = "Preflight"
    PREPARING = "Preparing"
    CREATING = "Creating"
    WARMING = "Warming"
    VERIFYING = "Verifying"
    AWAITING = "Awaiting"
    STAGING = "Staging"
    SWITCHING = "Switching"
    CONFIRMING = "Confirming"
    SOAKING = "Soaking"
    REVERTING = "Reverting"
    ABORTING = "Aborting"
    BLOCKED = "Blocked"
    UNDEPLOYING = "Undeploying"


HAS_ONE_ROUTE: Final = frozenset(
    {
        Phase.IDLE,
        Phase.PREFLIGHT,
        Phase.PREPARING,
        Phase.CREATING,
        Phase.WARMING,
        Phase.VERIFYING,
        Phase.AWAITING,
        Phase.STAGING,
        Phase.SOAKING,
        Phase.ABORTING,
    }
)
"""The phases in which each route element may lead to one version only: no traffic moves."""


class Part(StrEnum):
    """How far a phase is that does one thing after another; `WHOLE` for all others."""

    WHOLE = "whole"
    LABELS = "labels"  # Adopting: the version label comes into the pod templates
    SELECTORS = "selectors"  # Adopting: all live pods carry it, the selectors follow
    UNDOING = "undoing"  # Adopting: the selectors go back
    FLOOR = "floor"  # Reverting: the old side comes to its floor
    BACK = "back"  # Reverting: the routes go back
    ANNOUNCED = "announced"  # Undeploying: nothing is removed yet
    ROUTES = "routes"  # Undeploying: the routes go
    DRAINING = "draining"  # Undeploying: open requests end
    REMOVING = "removing"  # Undeploying: versions, then what belongs to the unit


class VersionState(StrEnum):
    """Where one version of a unit stands."""

    ABSENT = "Absent"
    STARTING = "Starting"
    READY = "Ready"
    LIVE = "Live"
    HOT = "Hot"
    WARM = "Warm"
    FAILED = "Failed"
    REMOVING = "Removing"


class UnitOutcome(StrEnum):
    """How an intent with a record ended. Only `DEPLOYED` says that a new version went through its whole rollout."""

    DEPLOYED = "deployed"
    IN_PLACE = "inPlace"
    UNCHANGED = "unchanged"
    KEPT = "kept"  # live, by a person's word instead of its soak
    FAILED = "failed"
    ABORTED = "aborted"
    SUPERSEDED = "superseded"
    REFUSED = "refused"
    UNDEPLOYED = "undeployed"
    DONE = "done"  # an intent without a deployment was carried out
    NOTHING = "nothing"  # there was nothing to do for it


class Kind(StrEnum):
    """What kind of event a unit's rollout may meet. The intents come first."""

    DEPLOY = "deploy"
    PROMOTE = "promote"
    ABORT = "abort"
    ROLLBACK = "rollback"
    SCALE = "scale"
    PAUSE = "pause"
    RESUME = "resume"
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    UNDEPLOY = "undeploy"
    RESOLVE = "resolve"

    START = "start"
    LEASE_LOST = "leaseLost"
    UNKNOWN_RESULT = "unknownResult"
    CONFLICT = "conflict"
    ROUTE_DRIFT = "routeDrift"
    ROUTE_GONE = "routeGone"
    UNREACHABLE = "unreachable"
    REACHABLE = "reachable"
    LIVE_DEGRADED = "liveDegraded"
    LIVE_RECOVERED = "liveRecovered"
    RETRY = "retry"

    DEADLINE = "deadline"
    TIMER = "timer"
    CANNOT_RECOVER = "cannotRecover"
    FLOOR_RAISED = "floorRaised"
    FLOOR_REACHED = "floorReached"
    FLOOR_LOST = "floorLost"

    PODS_PINNED = "podsPinned"
    PINNED = "pinned"
    UNPINNED = "unpinned"
    FINE = "fine"
    IN_PLACE = "inPlace"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    PREPARED = "prepared"
    CREATED = "created"
    WARMED = "warmed"
    GATES_PASSED = "gatesPassed"
    GATES_FAILED = "gatesFailed"
    GATES_INCONCLUSIVE = "gatesInconclusive"
    STAGED = "staged"
    SWITCHED = "switched"
    CONFIRMED = "confirmed"
    SOAKED = "soaked"
    SIDE_READY = "sideReady"
    REVERTED = "reverted"
    CLEARED = "cleared"
    UNDEPLOY_DUE = "undeployDue"
    ROUTES_GONE = "routesGone"
    DRAINED = "drained"
    GONE = "gone"


INTENT_KINDS: Final = frozenset(list(Kind)[:11])


class VersionKind(StrEnum):
    """What kind of event one version may meet."""

    CREATE = "create"
    FLOOR_HELD = "floorHeld"
    CONFIRMED = "confirmed"
    OTHER_CONFIRMED = "otherConfirmed"
    LEFT = "left"  # traffic went back to the other version
    RETURNED = "returned"  # traffic came back to this version
    ROLLBACK = "rollback"
    SUPERSEDED = "superseded"
    ABORTED = "aborted"
    KEPT = "kept"  # what explains the failure is stored
    COOLED = "cooled"
    EXPIRED = "expired"
    UNDEPLOY = "undeploy"
    GONE = "gone"
    OVERDUE = "overdue"  # what its state does is not done in time
    RETRY = "retry"
