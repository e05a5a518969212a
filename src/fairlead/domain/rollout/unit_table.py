"""The machine of a unit's rollout: what each event does in each phase. Data only.

A pair that is not here, and one of whose rules none holds, is undecided: the unit is Blocked and says which pair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from fairlead.domain.rollout.phases import HAS_ONE_ROUTE, Kind, Phase
from fairlead.domain.rollout.tables import Rule
from fairlead.domain.rollout.unit_words import Do, Guard

UnitRule = Rule[Phase, Do, Guard]
UnitTable = Mapping[tuple[Phase, Kind], UnitRule]
_Rows = dict[tuple[Phase, Kind], UnitRule]
_P, _K, _G, _D = Phase, Kind, Guard, Do


def _to(state: Phase, *do: Do, when: Guard | None = None) -> UnitRule:
    return Rule(state, do, when)


def _first(*rules: UnitRule) -> UnitRule:
    """Return rules as one: the first whose guard holds counts."""
    *others, last = rules
    for rule in reversed(others):
        last = replace(rule, otherwise=last)
    return last


def _everywhere(at: Phase) -> _Rows:
    """Return what is the same in every phase; what a phase does otherwise stands in its own rows."""
    return {
        (at, _K.START): _first(_to(at, _D.STOP, when=_G.OLD_EPOCH), _to(at, _D.TAKE_OVER)),
        (at, _K.LEASE_LOST): _to(at, _D.STOP),
        (at, _K.UNKNOWN_RESULT): _to(at, _D.READ_BACK),
        (at, _K.CONFLICT): _to(at, _D.READ_BACK),
        (at, _K.ROUTE_DRIFT): _to(_P.BLOCKED, _D.BLOCK),
        (at, _K.ROUTE_GONE): _to(at, _D.RESTORE if at in HAS_ONE_ROUTE else _D.READ_BACK),
        (at, _K.UNREACHABLE): _to(at, _D.SUSPEND),
        (at, _K.REACHABLE): _to(at, _D.CONTINUE),
        (at, _K.LIVE_DEGRADED): _to(at, _D.DEGRADE),
        (at, _K.LIVE_RECOVERED): _to(at, _D.RECOVER),
        (at, _K.RETRY): _to(at, _D.AGAIN),
        (at, _K.PAUSE): _to(at, _D.PAUSE, _D.ANSWER),
        (at, _K.RESUME): _to(at, _D.RESUME, _D.ANSWER),
        (at, _K.FREEZE): _to(at, _D.FREEZE, _D.ANSWER),
        (at, _K.UNFREEZE): _to(at, _D.UNFREEZE, _D.ANSWER),
        (at, _K.SCALE): _scaled(at, _D.SCALE, _D.ANSWER),
        (at, _K.PROMOTE): _to(at, _D.REFUSE),
        (at, _K.RESOLVE): _to(at, _D.NOTHING),
    }


def _scaled(at: Phase, *do: Do) -> UnitRule:
    return _first(_to(at, _D.REFUSE, when=_G.UNFIT_SCALE), _to(at, *do))


def _busy(at: Phase, rule: UnitRule) -> UnitRule:
    """Return what becomes of a newer deployment: what it says itself about being busy goes first."""
    return _first(
        _to(at, _D.REFUSE, when=_G.HELD),
        _to(at, _D.REFUSE, when=_G.TAKEN),
        _to(at, _D.REFUSE, when=_G.REJECTS),
        _to(at, _D.DEFER, when=_G.QUEUES),
        rule,
    )


_ABORTED: Final = (_D.GIVE_UP, _D.DROP, _D.HOLD)


def _before_switch(at: Phase) -> _Rows:
    """Return what asks and what fails while the candidate exists and has no traffic."""
    return {
        (at, _K.DEPLOY): _busy(at, _to(_P.PREFLIGHT, _D.DISCARD, _D.SUPERSEDE, _D.TAKE)),
        (at, _K.ABORT): _to(_P.ABORTING, *_ABORTED, _D.ANSWER),
        (at, _K.ROLLBACK): _to(_P.ABORTING, *_ABORTED, _D.DEFER),
        (at, _K.UNDEPLOY): _to(_P.ABORTING, *_ABORTED, _D.DEFER),
        (at, _K.DEADLINE): _to(_P.ABORTING, *_ABORTED),
        (at, _K.CANNOT_RECOVER): _to(_P.ABORTING, *_ABORTED),
    }


def _growing(at: Phase) -> _Rows:
    """Return how a candidate follows what it needs, and whether it has it."""
    return {
        (at, _K.FLOOR_RAISED): _to(at, _D.RAISE_FLOOR),
        (at, _K.FLOOR_REACHED): _to(at, _D.HOLD_FLOOR),
        (at, _K.FLOOR_LOST): _to(at, _D.LOSE_FLOOR),
    }


def _since_switch(at: Phase) -> _Rows:
    """Return what asks and what fails once traffic has begun to move."""
    return {
        (at, _K.DEPLOY): _busy(at, _to(at, _D.DEFER)),
        (at, _K.ABORT): _to(_P.REVERTING, _D.GIVE_UP, _D.ANSWER),
        (at, _K.ROLLBACK): _to(_P.REVERTING, _D.GIVE_UP, _D.DEFER_BACK),
        (at, _K.UNDEPLOY): _to(at, _D.DEFER),
        (at, _K.SCALE): _scaled(at, _D.SCALE_UP, _D.DEFER),
        (at, _K.DEADLINE): _to(_P.REVERTING, _D.GIVE_UP),
        (at, _K.CANNOT_RECOVER): _to(_P.REVERTING, _D.GIVE_UP),
    }


_SOAK_FAILED: Final = _first(_to(_P.REVERTING, _D.GIVE_UP, when=_G.SIDE_READY), _to(_P.BLOCKED, _D.BLOCK))
_ALL: Final[_Rows] = {pair: rule for phase in Phase for pair, rule in _everywhere(phase).items()}

_IDLE: Final[_Rows] = {
    (_P.IDLE, _K.DEPLOY): _first(
        _to(_P.IDLE, _D.REFUSE, when=_G.HELD),
        _to(_P.IDLE, _D.REFUSE, when=_G.TAKEN),
        _to(_P.IDLE, _D.DEFER, when=_G.PAUSED),
        _to(_P.ADOPTING, _D.TAKE, _D.ADOPT, when=_G.ADOPTS),
        _to(_P.PREFLIGHT, _D.TAKE),
    ),
    (_P.IDLE, _K.ABORT): _to(_P.IDLE, _D.NOTHING),
    (_P.IDLE, _K.ROLLBACK): _first(
        _to(_P.IDLE, _D.NOTHING, when=_G.TO_LIVE),
        _to(_P.STAGING, _D.TAKE_ROLLBACK, when=_G.TO_HOT),
        _to(_P.WARMING, _D.TAKE_ROLLBACK, when=_G.TO_WARM),
        _to(_P.CREATING, _D.TAKE_ROLLBACK, _D.CREATE, when=_G.TO_GONE),
        _to(_P.IDLE, _D.REFUSE),
    ),
    (_P.IDLE, _K.UNDEPLOY): _to(_P.UNDEPLOYING, _D.TAKE_UNDEPLOY),
}

_ADOPTING: Final[_Rows] = {
    (_P.ADOPTING, _K.DEPLOY): _busy(_P.ADOPTING, _to(_P.ADOPTING, _D.DEFER)),
    (_P.ADOPTING, _K.ABORT): _to(_P.ADOPTING, _D.GIVE_UP, _D.ANSWER),
    (_P.ADOPTING, _K.ROLLBACK): _to(_P.ADOPTING, _D.GIVE_UP, _D.NOTHING),
    (_P.ADOPTING, _K.UNDEPLOY): _to(_P.ADOPTING, _D.GIVE_UP, _D.DEFER),
    (_P.ADOPTING, _K.SCALE): _to(_P.ADOPTING, _D.DEFER),
    (_P.ADOPTING, _K.PODS_PINNED): _to(_P.ADOPTING, _D.PIN_ROUTES),
    (_P.ADOPTING, _K.PINNED): _first(_to(_P.IDLE, _D.END, when=_G.GIVEN_UP), _to(_P.PREFLIGHT, _D.SETTLE_ROUTES)),
    (_P.ADOPTING, _K.DEADLINE): _to(_P.ADOPTING, _D.GIVE_UP, _D.UNPIN),
    (_P.ADOPTING, _K.CANNOT_RECOVER): _to(_P.ADOPTING, _D.GIVE_UP, _D.UNPIN),
    (_P.ADOPTING, _K.UNPINNED): _to(_P.IDLE, _D.FORGET_ADOPTED, _D.HOLD, _D.END),
}

_PREFLIGHT: Final[_Rows] = {
    (_P.PREFLIGHT, _K.DEPLOY): _busy(_P.PREFLIGHT, _to(_P.PREFLIGHT, _D.SUPERSEDE, _D.TAKE)),
    (_P.PREFLIGHT, _K.ABORT): _to(_P.IDLE, _D.GIVE_UP, _D.END, _D.ANSWER),
    (_P.PREFLIGHT, _K.ROLLBACK): _to(_P.IDLE, _D.GIVE_UP, _D.END, _D.DEFER),
    (_P.PREFLIGHT, _K.UNDEPLOY): _to(_P.IDLE, _D.GIVE_UP, _D.END, _D.DEFER),
    (_P.PREFLIGHT, _K.FINE): _first(
        _to(_P.PREFLIGHT, when=_G.HELD_BACK),
        _to(_P.IDLE, _D.GIVE_UP, _D.HOLD, _D.END, when=_G.SAME_VERSION),
        _to(_P.PREPARING, _D.WRITE_SWITCH),
    ),
    (_P.PREFLIGHT, _K.IN_PLACE): _to(_P.PREFLIGHT, _D.APPLY_IN_PLACE),
    (_P.PREFLIGHT, _K.UNCHANGED): _to(_P.IDLE, _D.SETTLE_IN_PLACE),
    (_P.PREFLIGHT, _K.REFUSED): _to(_P.IDLE, _D.GIVE_UP, _D.HOLD, _D.END),
    (_P.PREFLIGHT, _K.DEADLINE): _first(
        _to(_P.IDLE, _D.GIVE_UP, _D.END, when=_G.SAME_PODS),
        _to(_P.IDLE, _D.GIVE_UP, _D.HOLD, _D.END),
    ),
}

_MAKING: Final[_Rows] = {
    **_before_switch(_P.PREPARING),
    (_P.PREPARING, _K.PREPARED): _to(_P.CREATING, _D.CREATE),
    **_before_switch(_P.CREATING),
    **_growing(_P.CREATING),
    (_P.CREATING, _K.CREATED): _to(_P.WARMING, _D.OWN),
    **_before_switch(_P.WARMING),
    **_growing(_P.WARMING),
    (_P.WARMING, _K.WARMED): _to(_P.VERIFYING, _D.HOLD_FLOOR),
}

_TESTING: Final[_Rows] = {
    **_before_switch(_P.VERIFYING),
    **_growing(_P.VERIFYING),
    (_P.VERIFYING, _K.PROMOTE): _first(
        _to(_P.VERIFYING, _D.REFUSE, when=_G.OTHER_DIGEST),
        _to(_P.STAGING, _D.FULL_SIZE, _D.ANSWER, when=_G.FORCED),
        _to(_P.VERIFYING, _D.REFUSE),
    ),
    (_P.VERIFYING, _K.GATES_PASSED): _first(
        _to(_P.STAGING, _D.GATES_OK, _D.FULL_SIZE, when=_G.GOES_ON),
        _to(_P.AWAITING, _D.GATES_OK),
    ),
    (_P.VERIFYING, _K.GATES_FAILED): _to(_P.ABORTING, *_ABORTED),
    (_P.VERIFYING, _K.GATES_INCONCLUSIVE): _to(_P.AWAITING),
    (_P.VERIFYING, _K.DEADLINE): _to(_P.AWAITING),
    **_before_switch(_P.AWAITING),
    **_growing(_P.AWAITING),
    (_P.AWAITING, _K.PROMOTE): _first(
        _to(_P.AWAITING, _D.REFUSE, when=_G.OTHER_DIGEST),
        _to(_P.STAGING, _D.FULL_SIZE, _D.ANSWER, when=_G.FORCED),
        _to(_P.AWAITING, _D.REFUSE, when=_G.HELD_BACK),
        _to(_P.STAGING, _D.FULL_SIZE, _D.ANSWER),
    ),
    (_P.AWAITING, _K.TIMER): _first(_to(_P.AWAITING, when=_G.HELD_BACK), _to(_P.STAGING, _D.FULL_SIZE)),
    **_before_switch(_P.STAGING),
    **_growing(_P.STAGING),
    (_P.STAGING, _K.PROMOTE): _to(_P.STAGING, _D.NOTHING),
    (_P.STAGING, _K.STAGED): _first(_to(_P.STAGING, when=_G.PAUSED), _to(_P.SWITCHING)),
    (_P.STAGING, _K.DEADLINE): _first(_to(_P.AWAITING, when=_G.PERSON_PROMOTES), _to(_P.ABORTING, *_ABORTED)),
}

_MOVING: Final[_Rows] = {
    **_since_switch(_P.SWITCHING),
    (_P.SWITCHING, _K.PROMOTE): _to(_P.SWITCHING, _D.NOTHING),
    (_P.SWITCHING, _K.SWITCHED): _to(_P.CONFIRMING),
    **_since_switch(_P.CONFIRMING),
    (_P.CONFIRMING, _K.PROMOTE): _to(_P.CONFIRMING, _D.NOTHING),
    (_P.CONFIRMING, _K.CONFIRMED): _to(_P.SOAKING, _D.CONFIRM),
    **_since_switch(_P.SOAKING),
    (_P.SOAKING, _K.SCALE): _scaled(_P.SOAKING, _D.SCALE, _D.ANSWER),
    (_P.SOAKING, _K.PROMOTE): _to(_P.SOAKING, _D.NOTHING),
    (_P.SOAKING, _K.SOAKED): _to(_P.IDLE, _D.DEPLOYED),
    (_P.SOAKING, _K.GATES_FAILED): _SOAK_FAILED,
    (_P.SOAKING, _K.CANNOT_RECOVER): _SOAK_FAILED,
    (_P.SOAKING, _K.DEADLINE): _SOAK_FAILED,
}

_GOING_BACK: Final[_Rows] = {
    (_P.REVERTING, _K.DEPLOY): _busy(_P.REVERTING, _to(_P.REVERTING, _D.DEFER)),
    (_P.REVERTING, _K.ABORT): _to(_P.REVERTING, _D.NOTHING),
    (_P.REVERTING, _K.ROLLBACK): _to(_P.REVERTING, _D.NOTHING),
    (_P.REVERTING, _K.UNDEPLOY): _to(_P.REVERTING, _D.DEFER),
    (_P.REVERTING, _K.SCALE): _scaled(_P.REVERTING, _D.SCALE_UP, _D.DEFER),
    (_P.REVERTING, _K.SIDE_READY): _to(_P.REVERTING, _D.SWITCH_BACK),
    (_P.REVERTING, _K.REVERTED): _first(
        _to(_P.IDLE, _D.RETURN, when=_G.NO_CANDIDATE),
        _to(_P.ABORTING, _D.RETURN, _D.DROP, _D.HOLD),
    ),
    (_P.REVERTING, _K.DEADLINE): _to(_P.BLOCKED, _D.BLOCK),
    (_P.ABORTING, _K.DEPLOY): _busy(_P.ABORTING, _to(_P.PREFLIGHT, _D.END, _D.TAKE)),
    (_P.ABORTING, _K.ABORT): _to(_P.ABORTING, _D.NOTHING),
    (_P.ABORTING, _K.ROLLBACK): _to(_P.ABORTING, _D.DEFER),
    (_P.ABORTING, _K.UNDEPLOY): _to(_P.ABORTING, _D.DEFER),
    (_P.ABORTING, _K.CLEARED): _to(_P.IDLE, _D.END),
}

_ANSWERED: Final = (_D.UNBLOCK, _D.ANSWER)
_BLOCKED: Final[_Rows] = {
    (_P.BLOCKED, _K.ROUTE_DRIFT): _to(_P.BLOCKED),
    (_P.BLOCKED, _K.ROUTE_GONE): _to(_P.BLOCKED),
    (_P.BLOCKED, _K.RETRY): _to(_P.BLOCKED),
    (_P.BLOCKED, _K.DEPLOY): _busy(_P.BLOCKED, _to(_P.BLOCKED, _D.DEFER)),
    (_P.BLOCKED, _K.ABORT): _to(_P.BLOCKED, _D.DEFER),
    (_P.BLOCKED, _K.ROLLBACK): _to(_P.BLOCKED, _D.DEFER),
    (_P.BLOCKED, _K.UNDEPLOY): _to(_P.BLOCKED, _D.DEFER),
    (_P.BLOCKED, _K.SCALE): _scaled(_P.BLOCKED, _D.DEFER),
    (_P.BLOCKED, _K.RESOLVE): _first(
        _to(_P.ADOPTING, *_ANSWERED, _D.OVERWRITE, when=_G.FORCES_ADOPTING),
        _to(_P.IDLE, *_ANSWERED, _D.FORGET_ADOPTED, _D.GIVE_UP, _D.END, when=_G.WAS_ADOPTING),
        _to(_P.UNDEPLOYING, *_ANSWERED, _D.OVERWRITE, when=_G.FORCES_UNDEPLOY),
        _to(_P.BLOCKED, _D.REFUSE, when=_G.NO_WAY_BACK),
        _to(_P.IDLE, *_ANSWERED, _D.KEEP, when=_G.KEEPS_CANDIDATE),
        _to(_P.BLOCKED, _D.REFUSE, when=_G.KEEPS_DRIFTED),
        _to(_P.IDLE, *_ANSWERED, _D.ADOPT_FOUND, _D.KEEP, when=_G.ADOPTS_CANDIDATE),
        _to(_P.ABORTING, *_ANSWERED, _D.ADOPT_FOUND, *_ABORTED, when=_G.ADOPTS_AND_ABORTS),
        _to(_P.IDLE, *_ANSWERED, _D.ADOPT_FOUND, when=_G.ADOPTS_FOUND),
        _to(_P.BLOCKED, _D.REFUSE, when=_G.ADOPTS_NOTHING),
        _to(_P.SWITCHING, *_ANSWERED, _D.OVERWRITE, when=_G.FORCES_FORWARD),
        _to(_P.REVERTING, *_ANSWERED, _D.OVERWRITE, _D.GIVE_UP),
    ),
}

_UNDEPLOYING: Final[_Rows] = {
    (_P.UNDEPLOYING, _K.DEPLOY): _busy(_P.UNDEPLOYING, _to(_P.UNDEPLOYING, _D.DEFER)),
    (_P.UNDEPLOYING, _K.ABORT): _first(
        _to(_P.IDLE, _D.CANCEL_UNDEPLOY, _D.ANSWER, when=_G.BEFORE_ROUTES),
        _to(_P.UNDEPLOYING, _D.REFUSE),
    ),
    (_P.UNDEPLOYING, _K.ROLLBACK): _to(_P.UNDEPLOYING, _D.REFUSE),
    (_P.UNDEPLOYING, _K.UNDEPLOY): _to(_P.UNDEPLOYING, _D.NOTHING),
    (_P.UNDEPLOYING, _K.SCALE): _to(_P.UNDEPLOYING, _D.REFUSE),
    (_P.UNDEPLOYING, _K.UNDEPLOY_DUE): _to(_P.UNDEPLOYING, _D.REMOVE_ROUTES),
    (_P.UNDEPLOYING, _K.ROUTES_GONE): _to(_P.UNDEPLOYING, _D.DRAIN),
    (_P.UNDEPLOYING, _K.DRAINED): _to(_P.UNDEPLOYING, _D.REMOVE_ALL),
    (_P.UNDEPLOYING, _K.DEADLINE): _to(_P.UNDEPLOYING, _D.ALARM, _D.AGAIN),
    (_P.UNDEPLOYING, _K.GONE): _to(_P.IDLE, _D.UNDEPLOYED),
}

_PARTS: Final = (_ALL, _IDLE, _ADOPTING, _PREFLIGHT, _MAKING, _TESTING, _MOVING, _GOING_BACK, _BLOCKED, _UNDEPLOYING)
_MEANT: Final[_Rows] = {pair: rule for part in _PARTS for pair, rule in part.items()}


def _aimed(at: Phase, rule: UnitRule) -> UnitRule:
    """Return what an abort does if it is meant for what the unit does; what is another deployment's goes on."""
    return _first(_to(at, _D.CANCEL, when=_G.OTHER_DEPLOYMENT), rule)


ROLLOUT: Final[UnitTable] = {
    (at, kind): _aimed(at, rule) if kind is _K.ABORT else rule for (at, kind), rule in _MEANT.items()
}
