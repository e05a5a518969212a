"""A cluster in memory whose controllers are played at once: Deployments have pods, Services have endpoints.

Every write is followed by what controllers, scheduler and kubelets would do about it, before it returns.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from fairlead.domain.apps.probing import (
    Answer,
    Knock,
    NoAnswer,
    PodAddress,
    Probed,
    ProbeRequest,
    ProbeResult,
    ServiceAddress,
)
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.domain.reading import branch, text, whole
from fairlead.ports.cluster import LiveObject
from tests.fakes.cluster import FakeCluster
from tests.fakes.ssa import Managers

PLAYED = frozenset({"Deployment", "Job", "Pod", "Service", "EndpointSlice"})


@dataclass(slots=True)
class PlayedCluster(FakeCluster):
    """The fake. `is_well` says whether the pods of a Deployment become ready; `health` is what every pod answers.

    `listens` says whether a pod takes connections, `is_near` whether their network can be reached from here, `is_late`
    that Services still pass connections on to whoever takes them. `through` is what comes back through a Service in
    place of what its pods say; `asked` are the Services that were asked, with the version that each led to. `ends` is
    the condition that a Job ends with, None while it runs.
    """

    is_well: Callable[[Mapping[str, Any]], bool] = lambda _deployment: True
    health: Answer = field(default_factory=lambda: Answer(200, b'{"healthy": true}'))
    says: Callable[[LiveObject], ProbeResult] | None = None
    listens: Callable[[LiveObject], bool] = lambda _pod: True
    is_near: bool = True
    is_late: bool = False
    through: ProbeResult | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)
    ends: Callable[[LiveObject], Mapping[str, str] | None] = lambda _job: None
    plays: frozenset[str] = PLAYED
    _playing: bool = False

    def twin(self) -> PlayedCluster:
        """Return a cluster where all is as it is here, and that goes its own way."""
        twin = copy(self)
        twin._objects = dict(self._objects)
        twin._kinds, twin._log, twin._changed = dict(self._kinds), list(self._log), asyncio.Event()
        twin.calls, twin._faults, twin.asked = [], [], []
        return twin

    async def ask(self, whom: Probed, _request: ProbeRequest) -> ProbeResult:
        """Answer for a pod, or for the one that a Service passes on to."""
        self._note(whom)
        if isinstance(whom, ServiceAddress) and self.through is not None:
            return self.through
        pods = [pod for pod in self._behind(whom) if self.listens(pod)]
        if not pods:
            return NoAnswer("nobody listens", reachable=False)
        return self.health if self.says is None else self.says(pods[0])

    async def knock(self, whom: Probed, _port: int, *, seconds: float) -> Knock:
        """Open a connection to a pod, or to those behind a Service."""
        self._note(whom)
        if not self.is_near:
            return Knock.SILENT
        pods = self._of_kind("Pod") if self.is_late and isinstance(whom, ServiceAddress) else self._behind(whom)
        return Knock.OPEN if any(map(self.listens, pods)) else Knock.CLOSED

    def _note(self, whom: Probed) -> None:
        service = self._find(ObjectRef("v1", "Service", whom.namespace, whom.name))
        if isinstance(whom, ServiceAddress):
            self.asked.append((whom.name, text(service, "spec", "selector", "version")))

    def _behind(self, whom: Probed) -> list[LiveObject]:
        if isinstance(whom, PodAddress):
            return [one for one in self._of_kind("Pod") if text(one, "status", "podIP") == whom.ip]
        service = self._find(ObjectRef("v1", "Service", whom.namespace, whom.name))
        selector = branch(service, "spec", "selector").items()
        return [one for one in self._of_kind("Pod") if selector <= branch(one, "metadata", "labels").items()]

    def remove(self, ref: ObjectRef) -> None:
        """Take an object away, and what follows from that."""
        FakeCluster.remove(self, ref)
        self._play()

    def _store(
        self, old: LiveObject | None, new: LiveObject, managers: Managers, *, dry_run: bool = False
    ) -> LiveObject:
        stored = FakeCluster._store(self, old, new, managers, dry_run=dry_run)
        if not dry_run and new["kind"] in self.plays:
            self._play()
        return stored

    def _play(self) -> None:
        if self._playing:
            return
        self._playing = True
        try:
            for deployment in self._of_kind("Deployment"):
                self._run(deployment)
            for job in self._of_kind("Job"):
                if (condition := self.ends(job)) is not None and "status" not in job:
                    self.set_status(object_ref(job), {"conditions": [dict(condition)]})
            names = {text(one, "metadata", "name") for one in self._of_kind("Deployment")}
            for pod in self._of_kind("Pod"):
                if text(pod, "metadata", "annotations", "played") not in names:
                    self.remove(object_ref(pod))
            services = self._of_kind("Service")
            for service in services:
                self._connect(service)
            for piece in self._of_kind("EndpointSlice"):
                if text(piece, "metadata", "name") not in {text(one, "metadata", "name") for one in services}:
                    self.remove(object_ref(piece))
        finally:
            self._playing = False

    def _of_kind(self, kind: str) -> list[LiveObject]:
        return [one for one in self._objects.values() if one["kind"] == kind]

    def _run(self, deployment: LiveObject) -> None:
        name, namespace = deployment["metadata"]["name"], deployment["metadata"]["namespace"]
        wanted, ready = whole(deployment, "spec", "replicas", default=1), self.is_well(deployment)
        labels = dict(branch(deployment, "spec", "template", "metadata", "labels"))
        for number in range(10):
            ref = ObjectRef("v1", "Pod", namespace, f"{name}-{number}")
            there = self._find(ref)
            if number >= wanted:
                if there is not None:
                    self.remove(ref)
                continue
            if there is not None and branch(there, "metadata", "labels") == labels:
                continue
            if there is not None:
                self.remove(ref)
            status = {"type": "Ready", "status": "True" if ready else "False"}
            address = f"10.0.{sum(map(ord, name)) % 256}.{number}"
            self.put(
                {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "metadata": {
                        "name": ref.name,
                        "namespace": namespace,
                        "labels": labels,
                        "annotations": {"played": name},
                    },
                    "status": {"phase": "Running", "podIP": address, "hostIP": "10.9.9.9", "conditions": [status]},
                }
            )
        live = self._find(object_ref(deployment))
        seen = whole(live, "metadata", "generation")
        if live is not None and whole(live, "status", "observedGeneration") != seen:
            counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), wanted)
            self.set_status(object_ref(deployment), {"observedGeneration": seen, **counts})

    def _connect(self, service: LiveObject) -> None:
        selector = branch(service, "spec", "selector").items()
        name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
        behind = [one for one in self._of_kind("Pod") if selector <= branch(one, "metadata", "labels").items()]
        endpoints = [
            {
                "addresses": [text(pod, "status", "podIP")],
                "conditions": {"ready": branch(pod, "status")["conditions"][0]["status"] == "True"},
                "targetRef": {"kind": "Pod", "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]},
            }
            for pod in (behind if selector else [])
        ]
        ref = ObjectRef("discovery.k8s.io/v1", "EndpointSlice", namespace, name)
        there = self._find(ref)
        if there is None or there.get("endpoints") != endpoints:
            labels = {**branch(service, "metadata", "labels"), "kubernetes.io/service-name": name}
            self.put(
                {
                    "apiVersion": ref.api_version,
                    "kind": ref.kind,
                    "metadata": {"name": name, "namespace": namespace, "labels": labels},
                    "addressType": "IPv4",
                    "endpoints": endpoints,
                }
            )
