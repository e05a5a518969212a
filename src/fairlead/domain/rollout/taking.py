"""Effects of intents: what is taken, what waits, what is refused, and what that ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from fairlead.domain.joining import joined
from fairlead.domain.rollout.anchor import Candidate, Version
from fairlead.domain.rollout.commands import Scaling, SetReplicas
from fairlead.domain.rollout.drafts import Draft
from fairlead.domain.rollout.guards import rollback_target
from fairlead.domain.rollout.intents import Abort, Deploy, Intent, OnBusy, Rollback, Scale, Undeploy
from fairlead.domain.rollout.phases import Part, UnitOutcome, VersionKind, VersionState
from fairlead.domain.rollout.refusing import Ways, reason
from fairlead.domain.rollout.traffic import towards
from fairlead.domain.rollout.unit_events import Asked
from fairlead.domain.rollout.versioning import has_room, move

_SCALED: Final = (VersionState.LIVE, VersionState.STARTING, VersionState.READY)


def answer(draft: Draft) -> None:
    """The intent was carried out."""
    draft.end(draft.intent.id, "", UnitOutcome.DONE)


def nothing(draft: Draft) -> None:
    """There is nothing to do for the intent."""
    _end_intent(draft, draft.intent, UnitOutcome.NOTHING, f"nothing to do in {draft.anchor.phase}")


def refuse(draft: Draft) -> None:
    """The intent is refused, with the reason."""
    problem = reason(draft.anchor, draft.intent, draft.guard, Ways())
    _end_intent(draft, draft.intent, UnitOutcome.REFUSED, joined((problem.message, problem.remedy or "")))


def defer(draft: Draft) -> None:
    """The intent waits for rest. What replaces the whole goal of the unit ends what waited before it."""
    _overtake(draft, draft.intent)
    draft.set(waiting=(*draft.anchor.waiting, draft.intent))


def defer_back(draft: Draft) -> None:
    """Traffic goes back at once; a rollback further back than that waits for rest."""
    intent = draft.intent
    assert isinstance(intent, Rollback)
    named = replace(intent, to=intent.to or draft.candidate.previous)
    _overtake(draft, named)
    draft.set(waiting=(*draft.anchor.waiting, named))


def _overtake(draft: Draft, newer: Intent) -> None:
    """End what waits and is overtaken: the newest goal wins, unless it asked for its turn."""
    if not isinstance(newer, Deploy | Rollback | Undeploy):
        return
    if isinstance(newer, Deploy) and newer.on_busy is OnBusy.QUEUE:
        return
    waiting = draft.anchor.waiting
    overtaken = [one for one in waiting if isinstance(one, Deploy | Rollback | Undeploy)]
    draft.set(waiting=tuple(one for one in waiting if one not in overtaken))
    for one in overtaken:
        _end_intent(draft, one, UnitOutcome.SUPERSEDED, f"{newer.KIND} {newer.id} came after it")


def _end_intent(draft: Draft, intent: Intent, outcome: UnitOutcome, explanation: str) -> None:
    draft.end(intent.id, _deployment_of(intent), outcome, explanation)


def _deployment_of(intent: Intent) -> str:
    """Return which deployment begins or ends by an intent, empty for one that has no record."""
    return intent.deployment if isinstance(intent, Deploy | Rollback | Undeploy) else ""


def cancel(draft: Draft) -> None:
    """End what was asked about the deployment and has not begun; what the unit does now is about another."""
    intent = draft.intent
    assert isinstance(intent, Abort)
    pending = (*draft.anchor.queue, *draft.anchor.waiting)
    meant = [one for one in pending if _deployment_of(one) == intent.deployment]
    if not meant:
        nothing(draft)
        return
    draft.set(
        queue=tuple(one for one in draft.anchor.queue if one not in meant),
        waiting=tuple(one for one in draft.anchor.waiting if one not in meant),
    )
    for one in meant:
        _end_intent(draft, one, UnitOutcome.ABORTED, f"abort by {intent.by}")
    answer(draft)


def take(draft: Draft) -> None:
    """The deployment begins: its version is the candidate."""
    intent = draft.intent
    assert isinstance(intent, Deploy)
    if not draft.was_waiting:
        _overtake(draft, intent)
    live = draft.anchor.live
    candidate = Candidate(
        spec=intent.spec if live is None else intent.spec.beside(live.spec),
        intent=intent.id,
        deployment=intent.deployment,
        by=intent.by,
        previous=live.name if live is not None else "",
    )
    hosts = tuple(dict.fromkeys((*draft.anchor.hosts, *intent.spec.hosts)))
    draft.set(candidate=candidate, elements=(), foreign=(), hosts=hosts)


def take_rollback(draft: Draft) -> None:
    """The rollback begins: an earlier version is the candidate, and what it needs is recorded already."""
    intent, live = draft.intent, draft.anchor.live
    assert isinstance(intent, Rollback)
    target = rollback_target(draft.anchor, intent.to)
    assert target is not None
    if not draft.was_waiting:
        _overtake(draft, intent)
    candidate = Candidate(
        spec=target.spec,
        intent=intent.id,
        deployment=intent.deployment,
        by=intent.by,
        previous=live.name if live is not None else "",
        is_rollback=True,
        gates_passed=True,
        why=intent.reason,
    )
    before = live.spec.routes if live is not None else ()
    draft.put(replace(target, deployment=intent.deployment, by=intent.by))
    draft.set(candidate=candidate, elements=towards(before, target.spec.routes), foreign=())
    if target.state is not VersionState.ABSENT:
        move(draft, target.name, VersionKind.ROLLBACK)


def write_switch(draft: Draft) -> None:
    """Record the candidate's version, and where traffic is (S0) and will be (S1)."""
    candidate, live = draft.candidate, draft.anchor.live
    spec = candidate.spec
    before = live.spec.routes if live is not None else ()
    draft.put(
        Version(
            spec=spec,
            state=VersionState.ABSENT,
            since=draft.at,
            deployment=candidate.deployment,
            by=candidate.by,
            replicas=_initial(draft),
        )
    )
    draft.set(elements=towards(before, spec.routes))


def _initial(draft: Draft) -> dict[str, int]:
    spec = draft.candidate.spec
    preview = spec.policy.preview_replicas
    return {name: count if preview is None else min(preview, count) for name, count in spec.workloads.items()}


def create(draft: Draft) -> None:
    """Create the candidate, if another version may be there now; else as soon as one is gone."""
    name = draft.candidate.version
    if has_room(draft, name):
        move(draft, name, VersionKind.CREATE)


def adopt(draft: Draft) -> None:
    """What runs without versions becomes the live version, once its pods and selectors say so."""
    assert isinstance(draft.event, Asked)
    found, candidate = draft.event.adoption, draft.candidate
    assert found is not None
    spec = replace(
        candidate.spec,
        version=found.version,
        digest=found.digest,
        workloads=found.workloads,
        routes=found.pinned,
        hosts=(),
        autoscaled=found.autoscaled,
        preview=False,
        policy=replace(candidate.spec.policy, headless=found.headless),
    )
    draft.put(
        Version(
            spec=spec,
            state=VersionState.LIVE,
            since=draft.at,
            deployment=candidate.deployment,
            by=candidate.by,
            replicas=found.workloads,
            was_live=True,
        )
    )
    draft.set(elements=towards(found.routes, found.pinned), part=Part.LABELS)
    draft.set_candidate(previous=found.version, spec=candidate.spec.beside(spec))


def take_undeploy(draft: Draft) -> None:
    """The unit is to be removed; nothing is yet."""
    intent = draft.intent
    assert isinstance(intent, Undeploy)
    draft.set(undeploy=intent, part=Part.ANNOUNCED)


def scale(draft: Draft) -> None:
    """The number counts for the live version now, and for the candidate's target."""
    _retarget(draft, Scaling.ASKED)


def scale_up(draft: Draft) -> None:
    """While traffic moves, only more pods are welcome; the rest of it waits for rest."""
    _retarget(draft, Scaling.UP)


def _retarget(draft: Draft, how: Scaling) -> None:
    intent = draft.intent
    assert isinstance(intent, Scale)
    names = {one.name for one in (draft.anchor.live,) if one is not None}
    if draft.anchor.candidate is not None:
        spec = draft.candidate.spec
        draft.set_candidate(spec=replace(spec, workloads=_scaled(spec.workloads, intent, how)))
        names.add(spec.version)
    for name in sorted(names):
        version = draft.anchor.version(name)
        if version is not None and version.state in _SCALED:
            wanted = _scaled(version.replicas, intent, how)
            until = draft.later(version.spec.policy.remove_deadline)
            draft.put(replace(version, replicas=wanted, until=until, resize_until=until))
            draft.say(SetReplicas(name, wanted, how, until))


def _scaled(replicas: Mapping[str, int], intent: Scale, how: Scaling) -> dict[str, int]:
    meant = [name for name in replicas if intent.workload in ("", name)]
    return {
        name: count if name not in meant else max(count, intent.replicas) if how is Scaling.UP else intent.replicas
        for name, count in replicas.items()
    }
