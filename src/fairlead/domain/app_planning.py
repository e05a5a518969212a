"""Judges what becomes of an app: what is declared against what its unit's anchor says is live or on its way.

Everything is an argument, and nothing is read from the objects in the cluster: a unit's driver keeps those as they
were deployed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from fairlead.domain.app_releases import AppPlan, AppUse, Promotion, Verdict
from fairlead.domain.apps.versions import next_version
from fairlead.domain.changes import Action, Change, FieldChange, Unverified
from fairlead.domain.differences import Difference, counterpart, differences
from fairlead.domain.identity import ObjectRef, ReleaseKey, object_ref, sha256_json
from fairlead.domain.managed_fields import other_owners
from fairlead.domain.manifests import JsonObject
from fairlead.domain.marks import FAIRLEAD_MANAGER
from fairlead.domain.masking import field_changes
from fairlead.domain.moments import rfc3339
from fairlead.domain.rollout.anchor import Anchor, Version
from fairlead.domain.rollout.explaining_units import explain
from fairlead.domain.rollout.guards import promoted_at
from fairlead.domain.rollout.intents import Deploy, Rollback, Undeploy, VersionSpec
from fairlead.domain.rollout.judging import next_intent
from fairlead.domain.rollout.phases import Phase, VersionState
from fairlead.domain.rollout.storing import to_json

SWITCH: Final = "switch"
"""The reason of a change by which the traffic goes to another version."""

DRIFT: Final = "drift"
"""The reason of a change that takes back what others did to an object of the live version."""

_RETURNING: Final = (VersionState.HOT, VersionState.WARM)


@dataclass(frozen=True, slots=True)
class Goal:
    """The version that a unit is on its way to, or rests at. `intent` asked for it, empty for the one that is live."""

    spec: VersionSpec
    intent: str = ""


def goal(anchor: Anchor) -> Goal | None:
    """Return what was asked of a unit last; None when there is nothing, or it is to be gone."""
    asked = [one for one in (*anchor.waiting, *anchor.queue) if isinstance(one, Deploy | Rollback | Undeploy)]
    if asked:
        return Goal(asked[-1].spec, asked[-1].id) if isinstance(asked[-1], Deploy) else None
    candidate = anchor.candidate
    if candidate is not None and candidate.outcome is None:
        return Goal(candidate.spec, candidate.intent)
    if anchor.undeploy is not None or anchor.live is None:
        return None
    return Goal(anchor.live.spec)


def known_as(anchor: Anchor, digest: str) -> Goal | None:
    """Return the version that has these pods and configuration already: the one on its way, or the one that is live."""
    live = anchor.live
    found = (goal(anchor), None if live is None else Goal(live.spec))
    return next((one for one in found if one is not None and one.spec.digest == digest), None)


def way_back(anchor: Anchor, use: AppUse) -> Version | None:
    """Return the version to go back to, if it can go live again as it was; None when it has to be deployed anew."""
    found = anchor.version(use.version) if use.version else None
    if found is None or found.state in _RETURNING:
        return found
    return found if found.state is VersionState.ABSENT and found.was_live else None


def judged(anchor: Anchor, use: AppUse, known: Goal | None, *, is_same: bool) -> AppPlan:
    """Return what becomes of an app. `known` has its pods already, and `is_same` says that nothing else differs."""
    standing, back = _standing(anchor), way_back(anchor, use)
    if back is not None:
        return replace(standing, verdict=Verdict.BACK, version=back.name)
    promotion = promotion_of(use)
    if known is None:
        version = use.descriptor.version
        if use.descriptor.is_automatic:
            version = next_version([one.name for one in anchor.versions], anchor.counter)
        return replace(standing, verdict=Verdict.NEW_VERSION, version=version, promotion=promotion)
    newest = goal(anchor)
    is_live = newest is not None and newest == known and not newest.intent
    verdict = Verdict.IN_PLACE
    if is_same and newest == known:
        verdict = Verdict.UNCHANGED if is_live else Verdict.UNDER_WAY
    elif known.intent:  # it is not live yet: what differs about it can only come with another one
        return judged(anchor, use, None, is_same=False)
    return replace(standing, verdict=verdict, version=known.spec.version, promotion=promotion, intent=known.intent)


def removed(anchor: Anchor) -> AppPlan:
    """Return the plan that removes an app with all its versions."""
    return replace(_standing(anchor), verdict=Verdict.REMOVED)


def promotion_of(use: AppUse) -> Promotion:
    """Return who lets a new version of an app have the traffic."""
    match use.descriptor.rules.promote_after:
        case None:
            return Promotion.PERSON
        case 0:
            return Promotion.AUTOMATIC
        case _:
            return Promotion.TIMER


def _standing(anchor: Anchor) -> AppPlan:
    explanation = explain(anchor)
    stands = anchor.phase in (Phase.IDLE, Phase.AWAITING, Phase.BLOCKED)
    return AppPlan(
        Verdict.UNCHANGED,
        live=anchor.live.name if anchor.live is not None else "",
        phase=anchor.phase.value,
        rests=stands and promoted_at(anchor) is None and next_intent(anchor) is None,
        cause=explanation.cause,
        then=explanation.then,
        since=None if anchor.since is None else rfc3339(anchor.since),
        degraded=anchor.degraded is not None,
        paused=anchor.paused is not None,
        frozen=anchor.frozen is not None,
        standing=() if anchor.live is None else _objects(anchor.live),
    )


def _objects(live: Version) -> tuple[ObjectRef, ...]:
    return (*(one.ref for one in live.objects), *(one.ref for one in live.spec.routes))


def rule_notes(before: VersionSpec | None, after: VersionSpec) -> tuple[str, ...]:
    """Return which rules of the rollout change with a change in place, of which no object tells."""
    if before is None:
        return ()
    found = differences(to_json(before.policy), to_json(after.policy))
    changed = [f"{one.steps[0]} {one.old} -> {one.new}" for one in found]
    return (f"its rules change: {', '.join(changed)}",) if changed else ()


def astray_notes(key: ReleaseKey, routes: Sequence[str]) -> tuple[str, ...]:
    """Return what a reader must know of routes that somebody has turned elsewhere: applying stops there."""
    resolve = f"`fairlead resolve {key.release} HOW -e {key.environment}`"
    return tuple(f"{one} leads elsewhere: applying stops there until {resolve} says how to go on" for one in routes)


def created(obj: JsonObject, before: JsonObject | None, like: JsonObject, secrets: Sequence[str]) -> Change:
    """Return the creation of a part of a new version. `like` is that part under the names of `before`, live now."""
    return Change(
        Action.CREATE,
        object_ref(obj),
        fields=() if before is None else tuple(_fields(before, like, secrets)),
        declared=obj,
        desired=obj,
        verified=False,
        unverified_reason=Unverified.CREATE,
        manager=FAIRLEAD_MANAGER,
        digest=sha256_json(obj),
        is_unit=True,
    )


def changed(before: JsonObject | None, after: JsonObject, secrets: Sequence[str], *, reason: str = "") -> Change:
    """Return what becomes of an object that keeps its name."""
    if before is None:
        return replace(created(after, None, after, secrets), reason=reason)
    fields = tuple(_fields(before, after, secrets))
    return Change(
        Action.UPDATE if fields else Action.KEEP,
        object_ref(after),
        reason=reason if fields else "",
        fields=fields,
        declared=after,
        digest=sha256_json(after),
        live_digest=sha256_json(before),
        is_unit=True,
    )


def repaired(
    wanted: JsonObject, live: JsonObject | None, found: Iterable[Difference], *, secrets: Sequence[str]
) -> Change:
    """Return what makes an object of the live version as it was again; with None, it is not there any more."""
    if live is None:
        return replace(created(wanted, None, wanted, secrets), reason=DRIFT)
    told = ((one, counterpart(wanted, live, one.steps) or one.steps) for one in found)
    owned = ((one, other_owners(live, place, FAIRLEAD_MANAGER)) for one, place in told)
    fields = [shown for one, owners in owned for shown in field_changes(wanted, one, owners=owners, secrets=secrets)]
    return Change(
        Action.UPDATE,
        object_ref(wanted),
        reason=DRIFT,
        fields=tuple(fields),
        declared=wanted,
        manager=FAIRLEAD_MANAGER,
        digest=sha256_json(wanted),
        is_unit=True,
    )


def kept(obj: JsonObject) -> Change:
    """Return that an object stays as it is."""
    return Change(Action.KEEP, object_ref(obj), is_unit=True)


def deleted(obj: JsonObject) -> Change:
    """Return the deletion of an object."""
    return Change(Action.DELETE, object_ref(obj), is_unit=True)


def _fields(before: JsonObject, after: JsonObject, secrets: Sequence[str]) -> Iterator[FieldChange]:
    for found in differences(before, after):
        yield from field_changes(after, found, owners=(), secrets=secrets)
