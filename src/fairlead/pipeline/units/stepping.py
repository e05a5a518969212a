"""How far one look carries: steps that change nothing of what it showed need no other before the next judgement.

Every command that changes something still reads anew before it does, and is followed by another look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fairlead.domain.reading import whole
from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.commands import Command, Inspect, Notify, Record, Scaling, SetReplicas, StageRoute
from fairlead.domain.rollout.guards import promoted_at
from fairlead.domain.rollout.phases import Kind, Phase, VersionKind, VersionState
from fairlead.domain.rollout.traffic import RouteElement
from fairlead.domain.rollout.unit_events import UnitEvent
from fairlead.domain.rollout.unit_machine import step
from fairlead.pipeline.units.health import is_asked
from fairlead.pipeline.units.observing import Library, elements_of
from fairlead.pipeline.units.sight import DEPLOYMENTS, Sight, version_of
from fairlead.pipeline.units.waking import NOTHING, Awaited

_MAKING: Final = frozenset({Phase.CREATING, Phase.ABORTING, Phase.UNDEPLOYING})
_FORWARD: Final = frozenset(
    {
        Phase.IDLE,
        Phase.PREFLIGHT,
        Phase.CREATING,
        Phase.WARMING,
        Phase.VERIFYING,
        Phase.AWAITING,
        Phase.STAGING,
        Phase.PREPARING,
        Phase.SWITCHING,
        Phase.CONFIRMING,
    }
)
_GOING: Final = frozenset({VersionState.FAILED, VersionState.REMOVING})
_AGAIN: Final = frozenset({Kind.RETRY, VersionKind.RETRY, VersionKind.OVERDUE})


@dataclass(frozen=True, slots=True)
class Look:
    """What was read of a unit for an anchor; `sight` is None when the cluster did not answer."""

    anchor: Anchor
    sight: Sight | None

    def lasts(self, new: Anchor, commands: Iterable[Command]) -> bool:
        """Return whether this shows all that counts of a later anchor, once `commands` are carried out."""
        sight, old = self.sight, self.anchor
        if new.phase is Phase.SOAKING:  # what was confirmed is on record and looked at, before it is called deployed
            return False
        if sight is None or not all(_leaves(sight, one) for one in commands):
            return False
        if (needs_everything(new) and not needs_everything(old)) or (is_asked(new) and not is_asked(old)):
            return False
        elements = elements_of(new)
        return elements == elements_of(old) or (new.phase is Phase.PREPARING and _is_before(sight, elements))


def needs_everything(anchor: Anchor) -> bool:
    """Return whether objects are being made or removed, of which the look at what moves says nothing."""
    is_rewritten = anchor.candidate is not None and anchor.candidate.applied
    return is_rewritten or anchor.phase in _MAKING or any(one.state in _GOING for one in anchor.versions)


def may_lag(anchor: Anchor) -> bool:
    """Return whether a look may miss what others did a moment ago: nothing is taken away, and traffic goes forward.

    What it leads to is decided once more on a fresh read, by the command that does it.
    """
    return anchor.phase in _FORWARD and not any(one.state in _GOING for one in anchor.versions)


def carried(
    anchor: Anchor, events: Sequence[UnitEvent], look: Look, more: Callable[[Anchor], Sequence[UnitEvent]]
) -> tuple[list[Anchor], tuple[Command, ...]]:
    """Return the anchors that follow from one, itself first, and all their commands; `more` says what happens next.

    It ends where something has to be done, or looked at, before anybody can judge.
    """
    anchors, commands = [anchor], list[Command]()
    while len(anchors) <= len(Phase):
        after, asked = stepped(anchors[-1], events)
        commands += asked
        if after == anchors[-1]:
            break
        anchors.append(after)
        if any(isinstance(one, Inspect) for one in asked) or not look.lasts(after, asked):
            break
        events = more(after)
    return anchors, tuple(commands)


def stepped(anchor: Anchor, events: Iterable[UnitEvent]) -> tuple[Anchor, tuple[Command, ...]]:
    """Return what becomes of an anchor by events, up to one that leads elsewhere: the others were judged before it."""
    commands: list[Command] = []
    for event in events:
        taken = step(anchor, event)
        commands += taken.commands
        moved = (taken.anchor.phase, taken.anchor.part) != (anchor.phase, anchor.part)
        anchor = taken.anchor
        if moved:
            break
    return anchor, tuple(commands)


def is_repeating(events: Iterable[UnitEvent]) -> bool:
    """Return whether events ask for something once more: nothing shows that it was done, only a later look can."""
    return any(event.kind in _AGAIN for event in events)


def has_pods(anchor: Anchor) -> bool:
    """Return whether the candidate has all the ready pods that it needs, and waits for something else."""
    return anchor.phase is Phase.WARMING and anchor.candidate is not None and anchor.candidate.floor_since is not None


def awaited_of(anchor: Anchor, library: Library) -> Awaited:
    """Return what the Deployments of the candidate have to show, while nothing else of it counts."""
    name = anchor.candidate.version if anchor.candidate is not None else ""
    version, contents = anchor.version(name), library.get(name)
    if version is None or contents is None or version.state is VersionState.ABSENT:
        return NOTHING
    refs = contents.deployments
    if anchor.phase is Phase.CREATING:
        return Awaited(dict.fromkeys(refs.values(), 0), are_new=True)
    if anchor.phase is not Phase.WARMING or has_pods(anchor) or contents.ignores_readiness:
        return NOTHING
    return Awaited({refs[workload]: floor for workload, floor in version.floor.items() if workload in refs})


def due_at(anchor: Anchor) -> datetime | None:
    """Return when a phase is over by time alone, None for never: a driver need not wait longer."""
    candidate = anchor.candidate
    if candidate is None:
        return None
    policy = candidate.spec.policy
    match anchor.phase:
        case Phase.WARMING:
            since, seconds = candidate.floor_since, policy.min_ready
        case Phase.SOAKING:
            since, seconds = anchor.since, policy.soak_for
        case _:
            return promoted_at(anchor)
    return None if since is None else since + timedelta(seconds=seconds)


def _is_before(sight: Sight, elements: Iterable[RouteElement]) -> bool:
    """Whether a switch that was only written down finds the routes as it left them: nothing else of it is looked at."""
    return all(one.ref not in sight.routes or sight.routes[one.ref].route == one.before for one in elements)


def _runs(sight: Sight, version: str, wanted: Mapping[str, int]) -> bool:
    """Whether every Deployment of a version was asked for at least what the largest is to have."""
    there = [
        whole(live, "spec", "replicas", default=1)
        for ref, live in sight.objects.items()
        if ref.kind == DEPLOYMENTS.kind and version_of(live) == version
    ]
    return len(there) >= len(wanted) and min(there, default=0) >= max(wanted.values(), default=0)


def _leaves(sight: Sight, command: Command) -> bool:
    """Whether a command changes nothing that a look would show."""
    match command:
        case Inspect() | Notify() | Record():
            return True
        case SetReplicas(version=version, replicas=wanted, how=Scaling.UP):
            return _runs(sight, version, wanted)
        case StageRoute(element=element):  # what is staged already, or made by the switch itself, stays as it is
            return element.before is None or (element.ref in sight.routes and sight.routes[element.ref].staged)
        case _:
            return False
