"""How a unit stands, as a document: what its anchor says, in the words of the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fairlead.domain.moments import rfc3339
from fairlead.domain.rollout.anchor import Ended, Version
from fairlead.domain.rollout.intents import deployment_of
from fairlead.pipeline.units.service import UnitStatus, at_rest
from fairlead.server.rollouts import Finished, Standing


def standing_of(status: UnitStatus) -> Standing:
    """Return how a unit stands."""
    anchor, key = status.anchor, status.key
    told = status.explanation
    document = {
        "cluster": key.cluster,
        "namespace": key.namespace,
        "app": key.name,
        "phase": anchor.phase.value,
        "since": _time(anchor.since),
        "cause": told.cause,
        "next": told.then,
        "until": _time(told.when),
        "live": anchor.live.name if anchor.live is not None else None,
        "candidate": anchor.candidate.version if anchor.candidate is not None else None,
        "queued": len(anchor.queue) + len(anchor.waiting),
        "paused": anchor.paused is not None,
        "frozen": anchor.frozen is not None,
        "held": anchor.hold.digest if anchor.hold is not None else None,
        "heldReason": anchor.hold.reason if anchor.hold is not None else None,
        "blocked": anchor.blocked.explanation if anchor.blocked is not None else None,
        "drivenBy": status.driven or None,
        "versions": [_version(one, then.then) for one, then in zip(anchor.present, told.versions, strict=True)],
        "ended": [_ended(one) for one in anchor.ended],
    }
    candidate = {anchor.candidate.deployment} if anchor.candidate is not None else set()
    asked = {deployment_of(one) for one in (*anchor.queue, *anchor.waiting)}
    leaving = set() if anchor.undeploy is None else {anchor.undeploy.deployment}
    finished = tuple(
        Finished(one.deployment, one.outcome, one.explanation, one.at, one.intent)
        for one in anchor.ended
        if one.deployment
    )
    return Standing(
        unit=key,
        document=document,
        is_busy=not at_rest(anchor),
        under_way=frozenset(candidate | asked | leaving) - {""},
        finished=finished,
    )


def _version(version: Version, then: str) -> dict[str, Any]:
    return {
        "version": version.name,
        "state": version.state.value,
        "since": rfc3339(version.since),
        "until": _time(version.deadline),
        "next": then or None,
        "replicas": dict(version.replicas),
        "digest": version.spec.digest,
        "deployment": version.deployment,
        "by": version.by,
        "reason": version.reason or None,
    }


def _ended(ended: Ended) -> dict[str, Any]:
    return {
        "intent": ended.intent,
        "deployment": ended.deployment or None,
        "outcome": ended.outcome.value,
        "at": rfc3339(ended.at),
        "explanation": ended.explanation or None,
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
