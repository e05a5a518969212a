"""What commands about units print: how a unit stands, its versions, and how intents ended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from fairlead.cli.wire.documents import Document, Item
from fairlead.domain.moments import rfc3339
from fairlead.domain.rollout.anchor import Anchor, Ended, Version
from fairlead.domain.unit_news import Progressed, VersionChanged
from fairlead.domain.units import UnitKey
from fairlead.pipeline.units.counting import Counts, Pods
from fairlead.pipeline.units.service import UnitStatus


class UnitVersionItem(Item, frozen=True, kw_only=True):
    """One version. `until` is when it leaves its state at the latest, null for never.

    `replicas` are what it is to run, by workload, unless an autoscaler says how many. `running` are what its
    Deployments ask for, `ready` how many of those pods are ready; both are null where nobody looked.
    """

    version: str
    state: str
    since: str
    until: str | None
    replicas: dict[str, int]
    running: dict[str, int] | None
    ready: dict[str, int] | None
    digest: str
    deployment: str
    by: str
    reason: str | None


class IntentItem(Item, frozen=True, kw_only=True):
    """How an intent ended. `deployment` is null for one that is none."""

    intent: str
    deployment: str | None
    outcome: str
    at: str
    explanation: str | None


class UnitItem(Item, frozen=True, kw_only=True):
    """One unit. `live` and `candidate` are versions, null for none; `queued` counts intents that wait.

    `paused_since` and `paused_by` are null while it is not paused.

    `cause` and `next` say why it is where it is, and what comes next. `held` names the digest that is not deployed
    again, `held_reason` why; `blocked` says why nothing is written any more.
    """

    cluster: str
    namespace: str
    app: str
    phase: str
    since: str | None
    cause: str
    next: str
    live: str | None
    candidate: str | None
    queued: int
    paused: bool
    paused_since: str | None
    paused_by: str | None
    frozen: bool
    held: str | None
    held_reason: str | None
    blocked: str | None
    driven_by: str | None
    versions: list[UnitVersionItem]
    ended: list[IntentItem] = msgspec.field(default_factory=list)


class UnitEventItem(Item, frozen=True, kw_only=True):
    """What happened while the command drove a unit: `kind` is `progressed` or `versionChanged`.

    The first says the `phase`, what is done in it, `trouble` what is in the way, `ready` of `wanted` pods, and `until`
    when it ends at the latest; the second which version entered which `state`. What does not apply is null.
    """

    at: str
    app: str
    kind: str
    version: str | None
    phase: str | None = None
    doing: str | None = None
    trouble: str | None = None
    ready: int | None = None
    wanted: int | None = None
    until: str | None = None
    state: str | None = None


class Units(Document, frozen=True, kw_only=True, tag="Units"):
    """How units stand. `asked` is how the intent of this very command ended, null while it has not.

    `events` are what happened while the command drove them, in order; only the last ones of very many.
    """

    units: list[UnitItem]
    asked: IntentItem | None = None
    events: list[UnitEventItem] = msgspec.field(default_factory=list)


def units_document(
    found: Iterable[UnitStatus],
    asked: Ended | None = None,
    *,
    pods: Counts | None = None,
    heard: Iterable[Progressed | VersionChanged] = (),
) -> Units:
    """Return how units stand, how the intent that was `asked` ended, and what was `heard` of them meanwhile.

    `pods` are those that were counted.
    """
    ended = None if asked is None else _intent(asked)
    return Units(units=[_unit(one, pods) for one in found], asked=ended, events=[_event(one) for one in heard])


def _event(news: Progressed | VersionChanged) -> UnitEventItem:
    at, app, version = rfc3339(news.at), news.key.name, news.version or None
    if isinstance(news, VersionChanged):
        return UnitEventItem(at=at, app=app, kind="versionChanged", version=version, state=news.state.value)
    now = news.progress
    return UnitEventItem(
        at=at,
        app=app,
        kind="progressed",
        version=version,
        phase=news.phase.value,
        doing=now.doing or None,
        trouble=now.trouble or None,
        ready=now.ready if now.wanted else None,
        wanted=now.wanted or None,
        until=_time(now.until),
    )


def _unit(status: UnitStatus, pods: Counts | None) -> UnitItem:
    anchor, key = status.anchor, status.key
    return UnitItem(
        cluster=key.cluster,
        namespace=key.namespace,
        app=key.name,
        phase=anchor.phase.value,
        since=_time(anchor.since),
        cause=status.explanation.cause,
        next=status.explanation.then,
        live=anchor.live.name if anchor.live is not None else None,
        candidate=anchor.candidate.version if anchor.candidate is not None else None,
        queued=len(anchor.queue) + len(anchor.waiting),
        paused=anchor.paused is not None,
        paused_since=_time(anchor.paused),
        paused_by=anchor.paused_by or None,
        frozen=anchor.frozen is not None,
        held=anchor.hold.digest if anchor.hold is not None else None,
        held_reason=anchor.hold.reason if anchor.hold is not None else None,
        blocked=_blocked(anchor),
        driven_by=status.driven or None,
        versions=[_version(one, _running(one, key, pods)) for one in anchor.present],
        ended=[_intent(one) for one in anchor.ended],
    )


def _blocked(anchor: Anchor) -> str | None:
    return anchor.blocked.explanation if anchor.blocked is not None else None


def _running(version: Version, key: UnitKey, pods: Counts | None) -> dict[str, Pods] | None:
    """Return the pods of each workload of a version; where nothing was found of one, it has none."""
    if pods is None:
        return None
    found = pods.get((key.name, version.name), {})
    return {name: found.get(name, Pods(0, 0)) for name in version.replicas}


def _version(version: Version, pods: dict[str, Pods] | None) -> UnitVersionItem:
    return UnitVersionItem(
        version=version.name,
        state=version.state.value,
        since=rfc3339(version.since),
        until=_time(version.deadline),
        replicas=dict(version.replicas),
        running=None if pods is None else {name: one.wanted for name, one in pods.items()},
        ready=None if pods is None else {name: one.ready for name, one in pods.items()},
        digest=version.spec.digest,
        deployment=version.deployment,
        by=version.by,
        reason=version.reason or None,
    )


def _intent(ended: Ended) -> IntentItem:
    return IntentItem(
        intent=ended.intent,
        deployment=ended.deployment or None,
        outcome=ended.outcome.value,
        at=rfc3339(ended.at),
        explanation=ended.explanation or None,
    )


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
