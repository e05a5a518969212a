"""Moves one version through its table: its new state, its times, and what the driver has to do for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from fairlead.domain.rollout.anchor import Version
from fairlead.domain.rollout.commands import (
    Command,
    CreateVersion,
    KeepEvidence,
    Notify,
    RemoveVersion,
    Scaling,
    SetAutoscalers,
    SetReplicas,
)
from fairlead.domain.rollout.drafts import Draft
from fairlead.domain.rollout.phases import VersionKind, VersionState
from fairlead.domain.rollout.tables import find
from fairlead.domain.rollout.version_table import VersionDo

PRESENT_AT_MOST: Final = 3  # versions of a unit, the candidate among them (R6)


def move(draft: Draft, name: str, kind: VersionKind) -> None:
    """Apply an event to a version of the draft; a pair that its table leaves undecided is noted there."""
    version = draft.anchor.version(name)
    if version is None:
        return
    kept = version.evidence  # the one guard of this table
    rule = find(draft.versions, (version.state, kind), lambda _: kept)
    if rule is None:
        draft.undecided = f"{kind} for version {name} in {version.state}"
        return
    if kind is VersionKind.KEPT:
        version = replace(version, evidence=True)
    if rule.state is not version.state:
        version = _entered(version, rule.state, draft.at)
    elif kind is VersionKind.OVERDUE or (rule.commands and _needs_time(version, draft.at)):
        version = replace(version, until=draft.later(version.spec.policy.remove_deadline))
    draft.put(version)
    draft.say(*(command for do in rule.commands for command in _COMMANDS[do](version)))


def _needs_time(version: Version, at: datetime) -> bool:
    """Whether what is asked for again has a deadline that is over: a state that lasts has none of its own."""
    lasting = version.state in (VersionState.STARTING, VersionState.READY, VersionState.LIVE, VersionState.HOT)
    return lasting and (version.until is None or version.until <= at)


def has_room(draft: Draft, name: str) -> bool:
    """Whether another version may be created now."""
    return sum(one.name != name for one in draft.anchor.present) < PRESENT_AT_MOST


def _entered(version: Version, state: VersionState, at: datetime) -> Version:
    """Return a version in another state, with the times of that state."""
    policy = version.spec.policy
    removal = at + timedelta(seconds=policy.remove_deadline)
    changes: dict[str, Any] = {"state": state, "since": at, "deadline": None, "until": removal, "resize_until": None}
    match state:
        case VersionState.HOT:
            cooled = at + timedelta(seconds=policy.hot_seconds)
            changes |= {"deadline": cooled, "until": max(cooled, at + timedelta(seconds=policy.drain_timeout))}
        case VersionState.WARM:
            changes["deadline"] = at + timedelta(seconds=policy.warm_for)
        case VersionState.FAILED:
            changes |= {"deadline": at + timedelta(seconds=policy.keep_failed), "evidence": False}
        case VersionState.LIVE:
            changes["was_live"] = True
        case VersionState.ABSENT:
            changes |= {"objects": (), "until": None}
        case VersionState.STARTING | VersionState.READY | VersionState.REMOVING:
            pass
    return replace(version, **changes)


def _set_autoscalers(version: Version, *, wanted: bool) -> tuple[Command, ...]:
    return (SetAutoscalers(version.name, wanted, version.until),) if version.spec.autoscaled else ()


def _scale(version: Version) -> tuple[Command, ...]:
    """Ask for what it is to run, in either direction; where an autoscaler says how much that is, for nothing."""
    return () if version.scales_itself else _resize(version, version.replicas, Scaling.ASKED)


def _resize(version: Version, replicas: Mapping[str, int], how: Scaling) -> tuple[Command, ...]:
    return (SetReplicas(version.name, replicas, how, version.until),)


def _alarm(version: Version) -> tuple[Command, ...]:
    return (Notify("versionOverdue", f"version {version.name} is {version.state} and not done yet", alarm=True),)


_COMMANDS: Final[Mapping[VersionDo, Callable[[Version], tuple[Command, ...]]]] = {
    VersionDo.CREATE: lambda one: (CreateVersion(one.name, one.replicas, one.until),),
    VersionDo.SCALE_UP: lambda one: _resize(one, one.replicas, Scaling.UP),
    VersionDo.SCALE_DOWN: lambda one: _resize(one, dict.fromkeys(one.replicas, 0), Scaling.DOWN),
    VersionDo.SCALE: _scale,
    VersionDo.SHRINK: lambda one: _resize(one, {name: min(1, n) for name, n in one.replicas.items()}, Scaling.DOWN),
    VersionDo.GIVE_AUTOSCALERS: lambda one: _set_autoscalers(one, wanted=True),
    VersionDo.DROP_AUTOSCALERS: lambda one: _set_autoscalers(one, wanted=False),
    VersionDo.KEEP_EVIDENCE: lambda one: (KeepEvidence(one.name, one.deployment),),
    VersionDo.REMOVE: lambda one: (RemoveVersion(one.name, one.objects, one.until),),
    VersionDo.ALARM: _alarm,
}
