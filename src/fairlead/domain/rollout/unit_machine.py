"""Steps a unit's machine: an anchor and an event give the next anchor and what a driver has to do. Pure and total.

The anchor is written before a command of it is sent. So whoever comes after a kill finds in the anchor what was wanted,
in the cluster what became of it, and goes on by the same rules.
"""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.commands import Command, CreateVersion
from fairlead.domain.rollout.drafts import Draft, policy_of, seconds_in
from fairlead.domain.rollout.effects import EFFECTS
from fairlead.domain.rollout.entering import duties, hosts_needed
from fairlead.domain.rollout.guards import holds
from fairlead.domain.rollout.phases import Part, Phase
from fairlead.domain.rollout.standing import block_on
from fairlead.domain.rollout.tables import find
from fairlead.domain.rollout.unit_events import Asked, PhaseEvent, UnitEvent, VersionFact
from fairlead.domain.rollout.unit_table import ROLLOUT, UnitTable
from fairlead.domain.rollout.unit_words import Do
from fairlead.domain.rollout.version_table import VERSIONS, VersionTable
from fairlead.domain.rollout.versioning import move

_PARTS = {Phase.ADOPTING: Part.LABELS, Phase.REVERTING: Part.FLOOR, Phase.UNDEPLOYING: Part.ANNOUNCED}
_AFRESH = frozenset({Do.TAKE, Do.APPLY_IN_PLACE})  # these begin their phase again


@dataclass(frozen=True, slots=True)
class UnitStep:
    """The anchor to be written, and the commands to be carried out once it is."""

    anchor: Anchor
    commands: tuple[Command, ...] = ()


def step(
    anchor: Anchor, event: UnitEvent, *, table: UnitTable = ROLLOUT, versions: VersionTable = VERSIONS
) -> UnitStep:
    """Return what becomes of a unit by an event. A pair that no table decides blocks the unit; nothing is guessed."""
    draft = Draft(anchor, event, versions=versions)
    if isinstance(event, VersionFact):
        move(draft, event.version, event.kind)
        _release(draft)
    else:
        _apply(draft, event, table)
    if draft.undecided:
        draft = Draft(anchor, event)
        block_on(draft, draft_pair(event), "there is no rule for it")
        _enter(draft, Phase.BLOCKED)
    return UnitStep(draft.anchor, tuple(draft.commands))


def _release(draft: Draft) -> None:
    """Give up, at rest, the hosts that only a version needed which is gone."""
    needed = hosts_needed(draft.anchor)
    if draft.anchor.phase is Phase.IDLE and needed != draft.anchor.hosts:
        draft.set(hosts=needed)
        draft.say(*duties(draft.anchor))


def draft_pair(event: UnitEvent) -> str:
    """Return how an event is named where no rule was found for it."""
    return f"{event.kind} of version {event.version}" if isinstance(event, VersionFact) else str(event.kind)


def _apply(draft: Draft, event: PhaseEvent, table: UnitTable) -> None:
    anchor = draft.anchor
    rule = find(table, (anchor.phase, event.kind), lambda guard: holds(guard, anchor, event))
    if rule is None:
        draft.undecided = str(event.kind)
        return
    draft.guard = rule.when
    if isinstance(event, Asked):
        _unqueue(draft, event)
    for do in rule.commands:
        EFFECTS[do](draft)
    if rule.state is not anchor.phase or _AFRESH & set(rule.commands):
        _enter(draft, rule.state)


def _unqueue(draft: Draft, event: Asked) -> None:
    """Take an intent off the queue; what becomes of it is up to its rule."""
    anchor, asked = draft.anchor, event.intent.id
    draft.was_waiting = any(one.id == asked for one in anchor.waiting)
    draft.set(
        queue=tuple(one for one in anchor.queue if one.id != asked),
        waiting=tuple(one for one in anchor.waiting if one.id != asked),
    )


def _enter(draft: Draft, phase: Phase) -> None:
    seconds = seconds_in(phase, policy_of(draft.anchor))
    draft.set(
        phase=phase,
        part=_PARTS.get(phase, Part.WHOLE),
        since=draft.at,
        deadline=None if seconds is None else draft.later(seconds),
        blocked=draft.anchor.blocked if phase is Phase.BLOCKED else None,
        hosts=hosts_needed(draft.anchor) if phase is Phase.IDLE else draft.anchor.hosts,
    )
    wanted = duties(draft.anchor)
    made = {one.version for one in wanted if isinstance(one, CreateVersion)}
    draft.drop(lambda one: isinstance(one, CreateVersion) and one.version in made)  # asked for once is enough
    draft.say(*wanted)
