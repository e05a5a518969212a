"""What every rollout table is made of: for a pair of state and event, the rule that says where it leads.

A rule may hold only under a condition (a guard, named so that diagrams can show it) and then names another rule for
otherwise. A pair without a rule, or of whose rules none holds, is undecided: each machine says what that means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

State = TypeVar("State")
Event = TypeVar("Event")
Action = TypeVar("Action")
Guard = TypeVar("Guard")


@dataclass(frozen=True, slots=True)
class Rule(Generic[State, Action, Guard]):
    """Where an event leads, and what to do on the way."""

    state: State
    commands: tuple[Action, ...] = ()
    when: Guard | None = None
    otherwise: Rule[State, Action, Guard] | None = None

    def __iter__(self) -> Iterator[Rule[State, Action, Guard]]:
        """Return this rule and those for otherwise, in the order in which they are tried."""
        rule: Rule[State, Action, Guard] | None = self
        while rule is not None:
            yield rule
            rule = rule.otherwise


def find(
    table: Mapping[tuple[State, Event], Rule[State, Action, Guard]],
    pair: tuple[State, Event],
    holds: Callable[[Guard], bool],
) -> Rule[State, Action, Guard] | None:
    """Return the first rule of a pair whose guard holds; None when the table leaves the pair undecided."""
    found = table.get(pair)
    return next((rule for rule in found or () if rule.when is None or holds(rule.when)), None)
