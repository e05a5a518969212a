"""Which function carries out which effect of the unit's table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from fairlead.domain.rollout import progressing, standing, taking
from fairlead.domain.rollout.drafts import Draft
from fairlead.domain.rollout.unit_words import Do

EFFECTS: Final[Mapping[Do, Callable[[Draft], None]]] = {
    Do.TAKE_OVER: standing.take_over,
    Do.STOP: standing.stop,
    Do.READ_BACK: standing.read_back,
    Do.BLOCK: standing.block,
    Do.SUSPEND: standing.suspend,
    Do.CONTINUE: standing.go_on,
    Do.DEGRADE: standing.degrade,
    Do.RECOVER: standing.recover,
    Do.AGAIN: standing.again,
    Do.PAUSE: standing.pause,
    Do.RESUME: standing.resume,
    Do.FREEZE: standing.freeze,
    Do.UNFREEZE: standing.unfreeze,
    Do.SCALE: taking.scale,
    Do.SCALE_UP: taking.scale_up,
    Do.ANSWER: taking.answer,
    Do.NOTHING: taking.nothing,
    Do.REFUSE: taking.refuse,
    Do.DEFER: taking.defer,
    Do.DEFER_BACK: taking.defer_back,
    Do.TAKE: taking.take,
    Do.TAKE_ROLLBACK: taking.take_rollback,
    Do.TAKE_UNDEPLOY: taking.take_undeploy,
    Do.ADOPT: taking.adopt,
    Do.SUPERSEDE: progressing.supersede,
    Do.GIVE_UP: progressing.give_up,
    Do.DROP: progressing.drop,
    Do.HOLD: progressing.hold,
    Do.END: progressing.end,
    Do.PIN_ROUTES: progressing.pin_routes,
    Do.UNPIN: progressing.unpin,
    Do.FORGET_ADOPTED: progressing.forget_adopted,
    Do.APPLY_IN_PLACE: progressing.apply_in_place,
    Do.SETTLE_IN_PLACE: progressing.settle_in_place,
    Do.WRITE_SWITCH: taking.write_switch,
    Do.CREATE: taking.create,
    Do.OWN: progressing.own,
    Do.RAISE_FLOOR: progressing.raise_floor,
    Do.HOLD_FLOOR: progressing.hold_floor,
    Do.LOSE_FLOOR: progressing.lose_floor,
    Do.GATES_OK: progressing.pass_gates,
    Do.FULL_SIZE: progressing.full_size,
    Do.CONFIRM: progressing.confirm,
    Do.DEPLOYED: progressing.deployed,
    Do.SWITCH_BACK: progressing.switch_back,
    Do.RETURN: progressing.return_traffic,
    Do.CANCEL_UNDEPLOY: standing.cancel_undeploy,
    Do.REMOVE_ROUTES: standing.remove_routes,
    Do.DRAIN: standing.drain,
    Do.REMOVE_ALL: standing.remove_all,
    Do.UNDEPLOYED: standing.undeployed,
    Do.ALARM: standing.alarm,
    Do.UNBLOCK: standing.unblock,
    Do.OVERWRITE: standing.overwrite,
    Do.ADOPT_FOUND: standing.adopt_found,
    Do.KEEP: progressing.keep,
}
