"""The states, events and commands of a rollout, and the table of the rolling strategy. Data only.

The machine is given facts (events) and answers with what to do (commands). Each command is carried out by exactly one
stage of the pipeline, whose result is the next event. Strategies differ in their table, not in code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Never

from fairlead.domain.rollout.tables import Rule


class State(StrEnum):
    """Where the rollout of one release stands."""

    PENDING = "Pending"
    PREPARING = "Preparing"
    RUNNING_HOOKS_BEFORE = "RunningHooksBefore"
    APPLYING = "Applying"
    WAITING = "Waiting"
    RUNNING_HOOKS_AFTER = "RunningHooksAfter"
    CONFIRMING = "Confirming"
    SUCCEEDED = "Succeeded"
    UNCHANGED = "Unchanged"
    FAILED = "Failed"
    SKIPPED = "Skipped"
    INTERRUPTED = "Interrupted"
    REFUSED = "Refused"
    SUPERSEDED = "Superseded"


class Event(StrEnum):
    """A fact about the rollout."""

    READY = "ready"
    NOTHING_TO_WRITE = "nothingToWrite"
    DEPENDENCY_FAILED = "dependencyFailed"
    PREPARED = "prepared"
    HOOKS_SUCCEEDED = "hooksSucceeded"
    HOOKS_FAILED = "hooksFailed"
    APPLIED = "applied"
    APPLY_FAILED = "applyFailed"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    INTERRUPTED = "interrupted"
    REFUSED = "refused"
    LOCK_LOST = "lockLost"


class Command(StrEnum):
    """What to do next. Exactly one stage of the pipeline carries out each."""

    AWAIT_TURN = "awaitTurn"
    PREPARE = "prepare"
    RUN_HOOKS_BEFORE = "runHooksBefore"
    APPLY = "apply"
    AWAIT_HEALTH = "awaitHealth"
    RUN_HOOKS_AFTER = "runHooksAfter"
    FINISH = "finish"


@dataclass(frozen=True, slots=True)
class Transition(Rule[State, Command, Never]):
    """Where an event leads, and what to do on the way; the rolling strategy needs no conditions."""


Table = Mapping[tuple[State, Event], Transition]

INITIAL: Final = Transition(State.PENDING, (Command.AWAIT_TURN,))
FINAL: Final = frozenset(
    {
        State.SUCCEEDED,
        State.UNCHANGED,
        State.FAILED,
        State.SKIPPED,
        State.INTERRUPTED,
        State.REFUSED,
        State.SUPERSEDED,
    }
)
_END: Final = (Command.FINISH,)

ROLLING: Final[Table] = {
    (State.PENDING, Event.READY): Transition(State.PREPARING, (Command.PREPARE,)),
    (State.PENDING, Event.NOTHING_TO_WRITE): Transition(State.CONFIRMING, (Command.AWAIT_HEALTH,)),
    (State.PENDING, Event.DEPENDENCY_FAILED): Transition(State.SKIPPED, _END),
    (State.PENDING, Event.REFUSED): Transition(State.REFUSED, _END),
    (State.PENDING, Event.INTERRUPTED): Transition(State.INTERRUPTED, _END),
    (State.PREPARING, Event.PREPARED): Transition(State.RUNNING_HOOKS_BEFORE, (Command.RUN_HOOKS_BEFORE,)),
    (State.PREPARING, Event.APPLY_FAILED): Transition(State.FAILED, _END),
    (State.PREPARING, Event.NOTHING_TO_WRITE): Transition(State.CONFIRMING, (Command.AWAIT_HEALTH,)),
    (State.PREPARING, Event.LOCK_LOST): Transition(State.SUPERSEDED, _END),
    (State.PREPARING, Event.REFUSED): Transition(State.REFUSED, _END),
    (State.PREPARING, Event.INTERRUPTED): Transition(State.INTERRUPTED, _END),
    (State.RUNNING_HOOKS_BEFORE, Event.HOOKS_SUCCEEDED): Transition(State.APPLYING, (Command.APPLY,)),
    (State.RUNNING_HOOKS_BEFORE, Event.HOOKS_FAILED): Transition(State.FAILED, _END),
    (State.RUNNING_HOOKS_BEFORE, Event.LOCK_LOST): Transition(State.SUPERSEDED, _END),
    (State.RUNNING_HOOKS_BEFORE, Event.INTERRUPTED): Transition(State.INTERRUPTED, _END),
    (State.APPLYING, Event.APPLIED): Transition(State.WAITING, (Command.AWAIT_HEALTH,)),
    (State.APPLYING, Event.APPLY_FAILED): Transition(State.FAILED, _END),
    (State.APPLYING, Event.REFUSED): Transition(State.REFUSED, _END),
    (State.APPLYING, Event.LOCK_LOST): Transition(State.SUPERSEDED, _END),
    (State.APPLYING, Event.INTERRUPTED): Transition(State.INTERRUPTED, _END),
    (State.WAITING, Event.HEALTHY): Transition(State.RUNNING_HOOKS_AFTER, (Command.RUN_HOOKS_AFTER,)),
    (State.WAITING, Event.UNHEALTHY): Transition(State.FAILED, _END),
    (State.WAITING, Event.LOCK_LOST): Transition(State.SUPERSEDED, _END),
    (State.WAITING, Event.INTERRUPTED): Transition(State.INTERRUPTED, _END),
    (State.RUNNING_HOOKS_AFTER, Event.HOOKS_SUCCEEDED): Transition(State.SUCCEEDED, _END),
    (State.RUNNING_HOOKS_AFTER, Event.HOOKS_FAILED): Transition(State.FAILED, _END),
    (State.RUNNING_HOOKS_AFTER, Event.LOCK_LOST): Transition(State.SUPERSEDED, _END),
    (State.RUNNING_HOOKS_AFTER, Event.INTERRUPTED): Transition(State.INTERRUPTED, _END),
    (State.CONFIRMING, Event.HEALTHY): Transition(State.UNCHANGED, _END),
    (State.CONFIRMING, Event.UNHEALTHY): Transition(State.FAILED, _END),
    (State.CONFIRMING, Event.INTERRUPTED): Transition(State.INTERRUPTED, _END),
}
