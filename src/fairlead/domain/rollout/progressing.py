"""Effects of facts: how a candidate goes forward, and how it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from fairlead.domain.rollout.anchor import UnitHold
from fairlead.domain.rollout.commands import Scaling, SetReplicas
from fairlead.domain.rollout.drafts import Draft
from fairlead.domain.rollout.entering import old_side, switches
from fairlead.domain.rollout.phases import Kind, Part, UnitOutcome, VersionKind, VersionState
from fairlead.domain.rollout.unit_events import Asked, Fact
from fairlead.domain.rollout.versioning import move


def fact(draft: Draft) -> Fact:
    """Return the event as the fact that it is; only rules for facts ask for it."""
    assert isinstance(draft.event, Fact)
    return draft.event


def discard(draft: Draft) -> None:
    """The candidate's version is removed, or stays what it was before."""
    move(draft, draft.candidate.version, VersionKind.SUPERSEDED)


def supersede(draft: Draft) -> None:
    """A newer deployment takes the place of the candidate."""
    candidate = draft.candidate
    draft.end(candidate.intent, candidate.deployment, UnitOutcome.SUPERSEDED, "a newer deployment came")
    draft.set(candidate=None, elements=(), foreign=())


_WHY: Final[Mapping[Kind | VersionKind, str]] = {
    Kind.DEADLINE: "it took too long",
    Kind.CANNOT_RECOVER: "its pods cannot become ready",
    Kind.GATES_FAILED: "a gate did not pass",
}


def give_up(draft: Draft) -> None:
    """The candidate will not go live. The first reason stays."""
    candidate = draft.anchor.candidate
    if candidate is None or candidate.outcome is not None:
        return
    event = draft.event
    if isinstance(event, Asked):
        outcome, reason = UnitOutcome.ABORTED, f"{event.intent.KIND} by {event.intent.by}"
    else:
        outcome, reason = UnitOutcome.FAILED, _reason(draft)
    draft.set_candidate(outcome=outcome, reason=reason)


def _reason(draft: Draft) -> str:
    told = draft.event.explanation if isinstance(draft.event, Fact) else ""
    kind = draft.event.kind
    return f"{_WHY.get(kind, str(kind))} in {draft.anchor.phase}" + (f": {told}" if told else "")


def drop(draft: Draft) -> None:
    """The candidate has no traffic: its version fails, and the switch is no more."""
    version = draft.anchor.risen
    if version is not None:
        draft.put(replace(version, reason=draft.candidate.reason))
        move(draft, version.name, VersionKind.ABORTED)
    draft.set(elements=(), foreign=())


def hold(draft: Draft) -> None:
    """The digest is not deployed again unless somebody says so. A rollback that failed holds nothing."""
    candidate = draft.candidate
    if not candidate.is_rollback:
        draft.set(hold=UnitHold(candidate.spec.digest, candidate.by, draft.at, candidate.reason))


def end(draft: Draft) -> None:
    """The deployment ends as it was given up."""
    candidate = draft.candidate
    outcome = candidate.outcome or UnitOutcome.FAILED
    draft.end(candidate.intent, candidate.deployment, outcome, candidate.reason)
    draft.set(candidate=None, elements=(), foreign=())


def pin_routes(draft: Draft) -> None:
    """Every live pod carries the version: the selectors may name it now."""
    draft.set(part=Part.SELECTORS)
    draft.say(*switches(draft.anchor, draft.candidate.previous, back=False))


def settle_routes(draft: Draft) -> None:
    """The routes are where they were to go: from here on, what the live version has is what is right."""
    draft.set(elements=(), foreign=())


def unpin(draft: Draft) -> None:
    """Adopting failed: the selectors become what they were."""
    draft.set(part=Part.UNDOING, deadline=draft.later(draft.policy.revert_deadline))
    draft.say(*switches(draft.anchor, draft.candidate.previous, back=True))


def forget_adopted(draft: Draft) -> None:
    """What was to be adopted is none of ours again."""
    name = draft.candidate.previous
    draft.set(versions=tuple(one for one in draft.anchor.versions if one.name != name), elements=(), foreign=())


def apply_in_place(draft: Draft) -> None:
    """What differs starts no new version: it is written as it is."""
    draft.set_candidate(applied=True)


def settle_in_place(draft: Draft) -> None:
    """Nothing differs any more: what runs is what was asked for."""
    candidate, live = draft.candidate, draft.anchor.live
    if live is not None:
        spec = replace(candidate.spec, version=live.name, routes=live.spec.routes)
        objects = fact(draft).objects or live.objects
        asked = replace(live, deployment=candidate.deployment, by=candidate.by, objects=objects)
        draft.put(replace(asked, spec=spec, replicas=spec.workloads))
    outcome = UnitOutcome.IN_PLACE if candidate.applied else UnitOutcome.UNCHANGED
    draft.end(candidate.intent, candidate.deployment, outcome)
    draft.set(candidate=None, elements=(), hold=None)


def own(draft: Draft) -> None:
    """What was created is ours by uid."""
    version = draft.anchor.risen
    if version is not None:
        draft.put(replace(version, objects=fact(draft).objects))


def raise_floor(draft: Draft) -> None:
    """The candidate needs more pods than it was told to run."""
    version = draft.anchor.risen
    if version is None:
        return
    wanted = {**version.replicas, **fact(draft).replicas}
    draft.put(replace(version, replicas=wanted))
    draft.set_candidate(floor_since=None)
    draft.say(SetReplicas(version.name, wanted, Scaling.UP, draft.anchor.deadline))


def hold_floor(draft: Draft) -> None:
    """The candidate has all the ready pods that it needs; since when counts."""
    if draft.candidate.floor_since is None:
        draft.set_candidate(floor_since=draft.at)
    if fact(draft).kind is Kind.WARMED:
        move(draft, draft.candidate.version, VersionKind.FLOOR_HELD)


def lose_floor(draft: Draft) -> None:
    """Some of the ready pods are gone again."""
    draft.set_candidate(floor_since=None)


def pass_gates(draft: Draft) -> None:
    """The gates have passed: a timer may promote the candidate."""
    draft.set_candidate(gates_passed=True)


def full_size(draft: Draft) -> None:
    """From here on a preview's size is not enough."""
    candidate = draft.candidate
    version = draft.anchor.risen
    if version is not None:
        wanted = {name: max(count, version.replicas.get(name, 0)) for name, count in candidate.spec.workloads.items()}
        draft.put(replace(version, replicas=wanted))
        draft.say(SetReplicas(version.name, wanted, Scaling.UP, draft.later(draft.policy.stage_deadline)))


def confirm(draft: Draft) -> None:
    """The new version has the traffic: it is Live, and the other one Hot at the size that it had."""
    candidate = draft.candidate
    _make_live(draft, candidate.version, fact(draft).replicas)
    draft.set(foreign=())


def _make_live(draft: Draft, name: str, sizes: object) -> None:
    live = draft.anchor.live
    if live is not None and live.name != name:
        seen = {workload: sizes.get(workload, 0) for workload in live.replicas} if isinstance(sizes, dict) else {}
        size = {workload: max(count, seen.get(workload, 0)) for workload, count in live.replicas.items()}
        draft.put(replace(live, replicas=size))
        move(draft, live.name, VersionKind.OTHER_CONFIRMED)
    move(draft, name, VersionKind.CONFIRMED)


def deployed(draft: Draft) -> None:
    """The rollout is through. A rollback holds the digest that it went back from."""
    candidate = draft.candidate
    left = draft.anchor.version(candidate.previous)
    draft.end(candidate.intent, candidate.deployment, UnitOutcome.DEPLOYED)
    held = None
    if candidate.is_rollback and left is not None:
        why = f": {candidate.why}" if candidate.why else ""
        held = UnitHold(left.spec.digest, candidate.by, draft.at, f"rolled back to version {candidate.version}{why}")
    _as_declared(draft)
    draft.set(candidate=None, elements=(), foreign=(), hold=held)


def _as_declared(draft: Draft) -> None:
    """What is live runs as many pods as are declared: more of them were only for the switch."""
    live, wanted = draft.anchor.live, draft.candidate.spec.workloads
    if live is None or live.scales_itself or live.replicas == wanted:
        return
    until = draft.later(live.spec.policy.remove_deadline)
    draft.put(replace(live, replicas=wanted, until=until, resize_until=until))
    draft.say(SetReplicas(live.name, wanted, Scaling.ASKED, until))


def switch_back(draft: Draft) -> None:
    """The old side has all the pods that it needs: the routes go back."""
    draft.set(part=Part.BACK)
    draft.say(*switches(draft.anchor, old_side(draft.anchor), back=True))


def return_traffic(draft: Draft) -> None:
    """The old side has the traffic again."""
    version = draft.anchor.risen
    if version is not None and version.state is VersionState.LIVE:
        move(draft, version.name, VersionKind.LEFT)
        move(draft, draft.candidate.previous, VersionKind.RETURNED)
    draft.set(elements=(), foreign=())


def keep(draft: Draft) -> None:
    """The candidate stays live by a person's word."""
    candidate = draft.candidate
    _make_live(draft, candidate.version, {})
    reason = f"kept by {draft.intent.by}"
    draft.end(candidate.intent, candidate.deployment, UnitOutcome.KEPT, reason)
    _as_declared(draft)
    draft.set(candidate=None, elements=(), foreign=())
