"""Steps through a rollout's table: a state and an event give the next state and what to do."""

from __future__ import annotations

from fairlead.domain.deployments import Outcome
from fairlead.domain.rollout.states import FINAL, ROLLING, Event, State, Table, Transition

_OUTCOMES = {
    State.SUCCEEDED: Outcome.SUCCEEDED,
    State.UNCHANGED: Outcome.UNCHANGED,
    State.FAILED: Outcome.FAILED,
    State.SKIPPED: Outcome.SKIPPED,
    State.INTERRUPTED: Outcome.INTERRUPTED,
    State.REFUSED: Outcome.REFUSED,
    State.SUPERSEDED: Outcome.SUPERSEDED,
}


class IllegalEvent(Exception):
    """An event that cannot happen in its state: a bug of whoever sent it."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(f"{event.value} cannot happen in state {state.value}")
        self.state = state
        self.event = event


def step(state: State, event: Event, table: Table = ROLLING) -> Transition:
    """Return the transition; raises IllegalEvent for a pair that the table does not know."""
    found = table.get((state, event))
    if found is None:
        raise IllegalEvent(state, event)
    return found


def outcome(state: State) -> Outcome:
    """Return the word of the CLI contract for a final state."""
    return _OUTCOMES[state]


def diagram(table: Table = ROLLING) -> str:
    """Return the table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> Pending"]
    for (state, event), transition in table.items():
        lines.append(f"    {state.value} --> {transition.state.value}: {event.value}")
    ends = [state for state in State if state in FINAL]
    return "\n".join([*lines, *(f"    {state.value} --> [*]" for state in ends)]) + "\n"
