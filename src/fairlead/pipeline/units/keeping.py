"""Keeps what tells why a version failed, before any of it is removed: last states, events, and the ends of logs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from fairlead.domain.errors import FairleadError
from fairlead.domain.identity import object_ref
from fairlead.domain.moments import rfc3339
from fairlead.domain.reading import ObjectBody, entries, name, text, uid
from fairlead.domain.rollout.commands import KeepEvidence
from fairlead.pipeline.engine import at_once
from fairlead.pipeline.units.sight import DEPLOYMENTS, RUNNING, is_ready, version_of
from fairlead.pipeline.units.turn import Turn
from fairlead.ports.cluster import ApiKind

PODS_AT_MOST: Final = 3
LINES: Final = 100
BYTES: Final = 16 * 1024  # of one log
EVENTS_AT_MOST: Final = 30
_EVENTS: Final = ApiKind("v1", "Event", "events", namespaced=True)


async def keep_evidence(turn: Turn, command: KeepEvidence) -> None:
    """Store what a failed version leaves to be read, once."""
    contents = turn.contents(command.version)
    if contents.evidence is None:
        sight = await turn.look(RUNNING, elements=())
        pods = [pod for pod in sight.pods if version_of(pod) == command.version]
        pods.sort(key=lambda pod: (is_ready(pod), name(pod)))
        deployments = [live for ref, live in sight.objects.items() if ref.kind == DEPLOYMENTS.kind]
        kept = await at_once(_pod(turn, pod) for pod in pods[:PODS_AT_MOST])
        about = {uid(one) for one in (*pods, *(one for one in deployments if version_of(one) == command.version))}
        evidence = {"at": rfc3339(turn.clock.now()), "pods": kept, "events": await _events(turn, about)}
        await turn.keep(replace(contents, evidence=evidence))
    turn.findings.evidence.add(command.version)


async def _pod(turn: Turn, pod: ObjectBody) -> dict[str, Any]:
    status: Any = pod.get("status") or {}
    kept = ("phase", "reason", "message", "conditions", "initContainerStatuses", "containerStatuses")
    logs = await at_once(_log(turn, pod, container, previous=previous) for container, previous in _sources(pod))
    return {
        "name": name(pod),
        "status": {each: status[each] for each in kept if each in status},
        "logs": [log for log in logs if log["text"]],
    }


def _sources(pod: ObjectBody) -> Iterator[tuple[str, bool]]:
    """Yield the containers that ran, and whether it was the run before that ended badly."""
    for path in ("initContainerStatuses", "containerStatuses"):
        for status in entries(pod, "status", path):
            yield text(status, "name"), False
            if status.get("restartCount"):
                yield text(status, "name"), True


async def _log(turn: Turn, pod: ObjectBody, container: str, *, previous: bool) -> dict[str, Any]:
    try:
        found = await turn.cluster.logs(object_ref(pod), container=container, previous=previous, tail=LINES)
    except FairleadError as error:
        found = f"(could not be read: {error})"
    return {"container": container, "previous": previous, "text": found[-BYTES:]}


async def _events(turn: Turn, about: set[str]) -> list[dict[str, Any]]:
    try:
        found = (await turn.cluster.list(_EVENTS, turn.key.namespace)).items
    except FairleadError as error:
        return [{"message": f"events could not be read: {error}"}]
    mine = [one for one in found if text(one, "involvedObject", "uid") in about]
    mine.sort(key=lambda one: text(one, "lastTimestamp") or text(one, "eventTime"))
    return [
        {
            "at": text(one, "lastTimestamp") or text(one, "eventTime"),
            "object": f"{text(one, 'involvedObject', 'kind')} {text(one, 'involvedObject', 'name')}",
            "reason": text(one, "reason"),
            "message": text(one, "message"),
        }
        for one in mine[-EVENTS_AT_MOST:]
    ]
