"""A step in the making: the anchor as it becomes, and the commands so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from fairlead.domain.rollout.anchor import ENDED_KEPT, Anchor, Candidate, Ended, Version
from fairlead.domain.rollout.commands import Command, Record
from fairlead.domain.rollout.intents import Intent, Policy
from fairlead.domain.rollout.phases import Phase, UnitOutcome, VersionState
from fairlead.domain.rollout.unit_events import Asked, UnitEvent
from fairlead.domain.rollout.unit_words import Guard
from fairlead.domain.rollout.version_table import VERSIONS, VersionTable

PAST_KEPT: Final = 10  # versions that are gone and can still be rolled back to


@dataclass(slots=True)
class Draft:
    """What the effects of one rule work on.

    `versions` is the table of a version. `guard` is the condition under which the rule was chosen. `was_waiting`: the
    intent had waited for rest. `undecided` names a pair for which a table had no rule.
    """

    anchor: Anchor
    event: UnitEvent
    versions: VersionTable = field(default_factory=lambda: VERSIONS)
    guard: Guard | None = None
    was_waiting: bool = False
    commands: list[Command] = field(default_factory=list)
    undecided: str = ""

    @property
    def at(self) -> datetime:
        """The moment of the event."""
        return self.event.at

    @property
    def intent(self) -> Intent:
        """The intent of the event; only rules for intents ask for it."""
        assert isinstance(self.event, Asked)
        return self.event.intent

    @property
    def candidate(self) -> Candidate:
        """The candidate; only rules of phases that have one ask for it."""
        assert self.anchor.candidate is not None
        return self.anchor.candidate

    @property
    def policy(self) -> Policy:
        """How the candidate is rolled out; without one, how the live version was."""
        return policy_of(self.anchor)

    def later(self, seconds: float) -> datetime:
        """Return the moment so many seconds after the event."""
        return self.at + timedelta(seconds=seconds)

    def set(self, **changes: Any) -> None:
        """Change fields of the anchor."""
        self.anchor = replace(self.anchor, **changes)

    def set_candidate(self, **changes: Any) -> None:
        """Change fields of the candidate."""
        self.set(candidate=replace(self.candidate, **changes))

    def put(self, version: Version) -> None:
        """Store a version in place of the one of its name; a new one comes last, and the oldest that are gone go."""
        others = [one for one in self.anchor.versions if one.name != version.name]
        if len(others) == len(self.anchor.versions):
            others.append(version)
        else:
            others.insert([one.name for one in self.anchor.versions].index(version.name), version)
        named = {self.anchor.candidate.version} if self.anchor.candidate else set()
        gone = [one.name for one in others if one.state is VersionState.ABSENT and one.name not in named]
        forgotten = set(gone[: max(0, len(gone) - PAST_KEPT)])
        self.set(versions=tuple(one for one in others if one.name not in forgotten))

    def say(self, *commands: Command) -> None:
        """Ask the driver for something."""
        self.commands.extend(commands)

    def drop(self, is_over: Callable[[Command], bool]) -> None:
        """Ask no more for what the step says better later on."""
        self.commands = [one for one in self.commands if not is_over(one)]

    def end(self, intent: str, deployment: str, outcome: UnitOutcome, explanation: str = "") -> None:
        """Remember how an intent ended, and have it recorded."""
        ended = Ended(intent=intent, deployment=deployment, outcome=outcome, at=self.at, explanation=explanation)
        self.set(ended=(*self.anchor.ended, ended)[-ENDED_KEPT:])
        self.say(Record(ended))


def policy_of(anchor: Anchor) -> Policy:
    """Return how the candidate is rolled out; without one, how the live version was."""
    if anchor.candidate is not None:
        return anchor.candidate.spec.policy
    live = anchor.live
    return live.spec.policy if live is not None else Policy()


_SECONDS: Final[Mapping[Phase, Callable[[Policy], float | None]]] = {
    Phase.ADOPTING: lambda policy: policy.ready_deadline,
    Phase.PREFLIGHT: lambda policy: policy.prepare_deadline,
    Phase.PREPARING: lambda policy: policy.prepare_deadline,
    Phase.CREATING: lambda policy: policy.prepare_deadline,
    Phase.WARMING: lambda policy: policy.ready_deadline,
    Phase.VERIFYING: lambda policy: policy.verify_deadline,
    Phase.AWAITING: lambda policy: policy.await_for,
    Phase.STAGING: lambda policy: policy.stage_deadline,
    Phase.SWITCHING: lambda policy: policy.switch_deadline,
    Phase.CONFIRMING: lambda policy: policy.confirm_deadline,
    Phase.SOAKING: lambda policy: policy.soak_for + policy.soak_deadline,
    Phase.REVERTING: lambda policy: policy.revert_deadline,
    Phase.UNDEPLOYING: lambda policy: policy.remove_deadline,
}


def seconds_in(phase: Phase, policy: Policy) -> float | None:
    """Return how long a phase may last, None for one without an end of its own."""
    seconds = _SECONDS.get(phase)
    return seconds(policy) if seconds is not None else None
