"""How pods are asked for their health, which pods, and what their answers mean.

Only pods that run are asked, at a declared port, never on the network of their node: there a port may be anybody's.
`probe` posts an empty JSON request and looks for `"healthy": true` in the answer, whatever its HTTP status: this is the
protocol of the Amdatu Deployer, in which a status says nothing. `simple` gets, and any 2xx is well.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from urllib.parse import quote

from fairlead.domain.apps.descriptor import HealthCheck, HealthCheckType
from fairlead.domain.apps.ports import health_port
from fairlead.domain.identity import canonical_json
from fairlead.domain.manifests import JsonObject
from fairlead.domain.reading import ObjectBody, name, text

SECONDS: Final = 2.0
"""How long one pod may take to answer."""

READ_BYTES: Final = 64 * 1024
"""How much of an answer is read."""

KEPT_BYTES: Final = 4 * 1024
"""How much of an answer is kept, per pod."""


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """What is asked of each pod. `target` is a percent-encoded path that begins with a slash."""

    method: str
    port: int
    target: str
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class PodAddress:
    """A pod, and its own address in the network of pods."""

    namespace: str
    name: str
    ip: str


@dataclass(frozen=True, slots=True)
class ServiceAddress:
    """A Service: what is sent there goes on to one of its pods. `ip` is empty where that leads nowhere from here."""

    namespace: str
    name: str
    ip: str


Probed = PodAddress | ServiceAddress


class Knock(StrEnum):
    """What came of opening a connection: somebody listens, nobody does, or no word came back of either."""

    OPEN = "open"
    CLOSED = "closed"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a pod answered. `complete` is False when it said more than is read."""

    status: int
    body: bytes = field(default=b"", repr=False)
    complete: bool = True


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Why nothing came back. `reachable` is False when we cannot even get to the pod, so that another way may do."""

    reason: str
    reachable: bool = True


ProbeResult = Answer | NoAnswer


@dataclass(frozen=True, slots=True)
class PodHealth:
    """Whether a pod is well. `kept` is what it answered, cut, or a little JSON that says why it did not."""

    pod: str
    healthy: bool
    reason: str = ""
    kept: str = ""


def probe_request(health: HealthCheck, pod_spec: JsonObject) -> ProbeRequest:
    """Return what the pods of a workload are asked."""
    simple = health.kind is HealthCheckType.SIMPLE
    port, target = health_port(pod_spec, health.port), target_of(health.path)
    return ProbeRequest("GET", port, target) if simple else ProbeRequest("POST", port, target, "application/json")


def target_of(path: str) -> str:
    """Return a declared path as it is sent, with one slash before it.

    It is text: a percent sign in it is no escape of something else.
    """
    return "/" + quote(path.lstrip("/"), safe="/:@!$&'()*+,;=~")


def climbs(target: str) -> bool:
    """Tell whether a target names a directory above its own: behind the API server that could be anything."""
    return any(part in (".", "..") for part in target.split("/"))


def pods_to_ask(pods: Iterable[ObjectBody]) -> tuple[PodAddress, ...]:
    """Return the pods that can be asked: they run, are not on their way out, and have an address of their own."""
    return tuple(
        PodAddress(text(pod, "metadata", "namespace"), name(pod), text(pod, "status", "podIP"))
        for pod in pods
        if text(pod, "status", "phase") == "Running"
        and not text(pod, "metadata", "deletionTimestamp")
        and text(pod, "status", "podIP")
        and not _on_host(pod)
    )


def _on_host(pod: ObjectBody) -> bool:
    shared = (pod.get("spec") or {}).get("hostNetwork")
    return bool(shared) or text(pod, "status", "podIP") == text(pod, "status", "hostIP")


def pod_health(pod: str, kind: HealthCheckType, result: ProbeResult) -> PodHealth:
    """Return what the result of asking a pod means."""
    match result:
        case NoAnswer(reason=reason):
            return _unwell(pod, reason)
        case Answer() if kind is HealthCheckType.SIMPLE:
            healthy = 200 <= result.status < 300
            return PodHealth(pod, healthy, "" if healthy else f"it answered with status {result.status}", _kept(result))
        case Answer(complete=False):
            return _unwell(pod, f"its answer is longer than {READ_BYTES} bytes")
        case Answer():
            healthy = _says_healthy(result.body)
            return PodHealth(pod, healthy, "" if healthy else "it did not answer that it is healthy", _kept(result))


def _says_healthy(body: bytes) -> bool:
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and value.get("healthy") is True


def _kept(answer: Answer) -> str:
    return answer.body[:KEPT_BYTES].decode(errors="replace")


def _unwell(pod: str, reason: str) -> PodHealth:
    return PodHealth(
        pod, healthy=False, reason=reason, kept=canonical_json({"healthy": False, "message": reason}).decode()
    )
