"""Effects that any phase knows: taking over, pausing, blocking and its end, undeploying."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from fairlead.domain.rollout.anchor import Block, Version
from fairlead.domain.rollout.commands import Notify, ReadBack, Record, Stop, SwitchRoute, Touch
from fairlead.domain.rollout.drafts import Draft
from fairlead.domain.rollout.entering import duties, live_elements
from fairlead.domain.rollout.guards import observed_version
from fairlead.domain.rollout.phases import Part, Phase, UnitOutcome, VersionKind
from fairlead.domain.rollout.traffic import RouteElement, RouteTarget
from fairlead.domain.rollout.unit_events import Asked, Fact, Reachable, Start
from fairlead.domain.rollout.unit_words import Guard
from fairlead.domain.rollout.versioning import move

HELD_BACK_IN: Final = (Phase.PREFLIGHT, Phase.AWAITING, Phase.STAGING)


def take_over(draft: Draft) -> None:
    """A new driver: older ones are fenced off, and what only starts something is asked for again.

    What destroys is not: whether it is still to be done is for the next observation to say.
    """
    assert isinstance(draft.event, Start)
    draft.set(epoch=draft.event.epoch)
    draft.say(*(() if draft.anchor.phase is Phase.BLOCKED else (Touch(draft.event.epoch),)))
    draft.say(*(Record(ended) for ended in draft.anchor.ended))
    draft.say(*(command for command in duties(draft.anchor) if not command.DESTRUCTIVE))


def stop(draft: Draft) -> None:
    """Another driver may have the unit."""
    draft.say(Stop())


def read_back(draft: Draft) -> None:
    """What happened is not known, or not as expected: only reading tells."""
    draft.say(ReadBack())


def again(draft: Draft) -> None:
    """Ask for what the phase does once more."""
    draft.say(*duties(draft.anchor))


def suspend(draft: Draft) -> None:
    """The cluster does not answer: no timer runs out meanwhile."""
    draft.set(unreachable=draft.anchor.unreachable or draft.at)


def go_on(draft: Draft) -> None:
    """The cluster answers again: every timer runs as much later as it was away."""
    assert isinstance(draft.event, Reachable)
    away = draft.at - (draft.anchor.unreachable or draft.event.since)
    deadline = draft.anchor.deadline
    versions = tuple(_postponed(one, away) for one in draft.anchor.versions)
    draft.set(unreachable=None, versions=versions, deadline=None if deadline is None else deadline + away)


def _postponed(version: Version, away: timedelta) -> Version:
    return replace(
        version,
        deadline=None if version.deadline is None else version.deadline + away,
        until=None if version.until is None else version.until + away,
        resize_until=None if version.resize_until is None else version.resize_until + away,
    )


def degrade(draft: Draft) -> None:
    """The live version is not well: people are told, and may promote by force."""
    if draft.anchor.degraded is None:
        told = draft.event.explanation if isinstance(draft.event, Fact) else ""
        draft.set(degraded=draft.at)
        draft.say(Notify("liveDegraded", told, alarm=True))


def recover(draft: Draft) -> None:
    """The live version is well again."""
    draft.set(degraded=None)


def pause(draft: Draft) -> None:
    """Nothing goes forward before the switch."""
    anchor = draft.anchor
    draft.set(paused=anchor.paused or draft.at, paused_by=anchor.paused_by or draft.intent.by)


def resume(draft: Draft) -> None:
    """The pause ends; what it held has as much time as before."""
    _give_time_back(draft, draft.anchor.paused)
    draft.set(paused=None, paused_by="")


def _give_time_back(draft: Draft, since: datetime | None) -> None:
    deadline = draft.anchor.deadline
    if since is not None and deadline is not None and draft.anchor.phase in HELD_BACK_IN:
        held = draft.at - max(since, draft.anchor.since or since)
        draft.set(deadline=deadline + held)


def freeze(draft: Draft) -> None:
    """No rollout begins, and none is promoted."""
    draft.set(frozen=draft.anchor.frozen or draft.at)


def unfreeze(draft: Draft) -> None:
    """The freeze ends; what it held has as much time as before."""
    _give_time_back(draft, draft.anchor.frozen)
    draft.set(frozen=None)


def restore(draft: Draft) -> None:
    """What led to the live version and is not there any more is made again, as it was."""
    assert isinstance(draft.event, Fact)
    live, gone = draft.anchor.live, {one.ref for one in draft.event.found}
    assert live is not None  # nothing else has a route
    if live.until is None or live.until <= draft.at:
        live = replace(live, until=draft.later(live.spec.policy.remove_deadline))
        draft.put(live)
    floor = dict.fromkeys(live.replicas, 1)
    wanted = ((one.ref, one.route) for one in live.spec.routes if one.ref in gone)
    draft.say(*(SwitchRoute(ref, route, (None,), live.name, floor, live.until) for ref, route in wanted))


def block(draft: Draft) -> None:
    """Nothing is written any more until a person says how to go on."""
    told = draft.event.explanation if isinstance(draft.event, Fact) else ""
    block_on(draft, str(draft.event.kind), told)


def block_on(draft: Draft, event: str, told: str) -> None:
    """Note why nothing is written any more."""
    phase = draft.anchor.phase
    explanation = f"{event} in {phase}" + (f": {told}" if told else "")
    draft.set(blocked=Block(phase=phase, event=event, at=draft.at, explanation=explanation))


def unblock(draft: Draft) -> None:
    """A person said how to go on. What was asked meanwhile is asked again, and older drivers are fenced off first."""
    draft.say(Touch(draft.anchor.epoch))
    draft.set(queue=(*draft.anchor.waiting, *draft.anchor.queue), waiting=())
    if draft.guard is not Guard.FORCES_UNDEPLOY:
        cancel_undeploy(draft)


def overwrite(draft: Draft) -> None:
    """The routes that were found may be overwritten."""
    assert isinstance(draft.event, Asked)
    draft.set(foreign=draft.event.found, elements=live_elements(draft.anchor))


def adopt_found(draft: Draft) -> None:
    """What was found is what is wanted: the version that the routes lead to is live, by these routes."""
    assert isinstance(draft.event, Asked)
    found = draft.event.found
    observed = observed_version(draft.anchor, found)
    assert observed is not None
    live = draft.anchor.live
    if live is not None and live.name != observed.name:
        move(draft, live.name, VersionKind.OTHER_CONFIRMED)
    move(draft, observed.name, VersionKind.CONFIRMED)
    now_live = draft.anchor.version(observed.name)
    assert now_live is not None
    draft.put(replace(now_live, spec=replace(now_live.spec, routes=_routes(now_live, found))))
    draft.set(elements=(), foreign=())


def _routes(version: Version, found: tuple[RouteTarget, ...]) -> tuple[RouteTarget, ...]:
    seen = {target.ref: target.route for target in found}
    return tuple(RouteTarget(one.ref, seen.get(one.ref, one.route)) for one in version.spec.routes)


def cancel_undeploy(draft: Draft) -> None:
    """The unit stays."""
    asked = draft.anchor.undeploy
    if asked is not None:
        draft.end(asked.id, asked.deployment, UnitOutcome.ABORTED)
        draft.set(undeploy=None)


def remove_routes(draft: Draft) -> None:
    """First nobody new comes in. From here on there is no way back."""
    elements = tuple(RouteElement(one.ref, one.before, None) for one in live_elements(draft.anchor))
    draft.set(part=Part.ROUTES, deadline=draft.later(draft.policy.remove_deadline), elements=elements)
    again(draft)


def drain(draft: Draft) -> None:
    """Then those who are in come to their end."""
    draft.set(part=Part.DRAINING, deadline=draft.later(draft.policy.drain_timeout), foreign=())


def remove_all(draft: Draft) -> None:
    """Then everything goes: each version by itself, and what belongs to none."""
    draft.set(part=Part.REMOVING, deadline=draft.later(draft.policy.remove_deadline))
    for version in draft.anchor.versions:
        move(draft, version.name, VersionKind.UNDEPLOY)
    again(draft)


def undeployed(draft: Draft) -> None:
    """Nothing is left but the numbers that were given."""
    asked = draft.anchor.undeploy
    assert asked is not None  # it began the phase
    draft.end(asked.id, asked.deployment, UnitOutcome.UNDEPLOYED)
    draft.set(undeploy=None, versions=(), elements=(), foreign=(), hold=None, degraded=None)


def alarm(draft: Draft) -> None:
    """It takes too long, and is tried on."""
    draft.set(deadline=draft.later(draft.policy.remove_deadline))
    draft.say(Notify("overdue", f"{draft.anchor.phase} is not done in time", alarm=True))
