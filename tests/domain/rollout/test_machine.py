"""Every pair of state and event, and the diagram that shows them."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from fairlead.domain.rollout.machine import IllegalEvent, diagram, outcome, step
from fairlead.domain.rollout.states import FINAL, INITIAL, ROLLING, Command, Event, State

DOCS = Path(__file__).parents[3] / "docs" / "topics" / "rollout.md"


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_every_pair_is_either_in_the_table_or_illegal(state: State, event: Event) -> None:
    if (state, event) in ROLLING:
        assert step(state, event) == ROLLING[state, event]
        return
    with pytest.raises(IllegalEvent) as caught:
        step(state, event)
    assert (caught.value.state, caught.value.event) == (state, event)


def test_every_state_can_be_reached_and_every_other_can_end() -> None:
    reached = {INITIAL.state} | {transition.state for transition in ROLLING.values()}
    assert reached == set(State)
    assert {state for state, _ in ROLLING} == set(State) - FINAL


def test_every_state_that_is_not_final_can_be_interrupted() -> None:
    assert all(step(state, Event.INTERRUPTED).state is State.INTERRUPTED for state in set(State) - FINAL)


def test_final_states_finish_and_only_they() -> None:
    for transition in ROLLING.values():
        assert (transition.commands == (Command.FINISH,)) == (transition.state in FINAL)
    assert len({outcome(state) for state in FINAL}) == len(FINAL)


def test_a_good_rollout_goes_through_every_stage_in_order() -> None:
    commands, state = list(INITIAL.commands), INITIAL.state
    for event in ("ready", "prepared", "hooksSucceeded", "applied", "healthy", "hooksSucceeded"):
        transition = step(state, Event(event))
        state = transition.state
        commands += transition.commands
    assert state is State.SUCCEEDED
    assert commands == list(Command)


def test_the_diagram_in_the_docs_is_the_table(request: pytest.FixtureRequest) -> None:
    """`pytest --update-goldens` draws it anew."""
    text = DOCS.read_text()
    drawn = re.sub("```mermaid\n.*?```", f"```mermaid\n{diagram()}```", text, count=1, flags=re.DOTALL)
    if request.config.getoption("--update-goldens"):
        DOCS.write_text(drawn)
    assert DOCS.read_text() == drawn
    assert diagram() in drawn
