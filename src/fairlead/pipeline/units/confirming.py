"""Asks the stable Services of a candidate whether they pass on to it, once they were switched: as clients do.

It runs beside the reads of the driver, and no switch waits for it. Until it has an answer the switch is not confirmed.
Gateways say themselves what they have taken up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from fairlead.domain.apps.naming import UNIT_LABEL, VERSION_LABEL
from fairlead.domain.apps.ports import HEALTH_PORT_NAME
from fairlead.domain.apps.probing import (
    SECONDS,
    Knock,
    PodAddress,
    Probed,
    ProbeRequest,
    ProbeResult,
    ServiceAddress,
    pods_to_ask,
    probe_request,
)
from fairlead.domain.errors import FairleadError
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.domain.manifests import JsonObject
from fairlead.domain.reading import branch, entries, text, whole
from fairlead.domain.rollout.observation import Verdict
from fairlead.domain.rollout.passing_on import Judged, judge_answers, judge_knocks, tells_version
from fairlead.pipeline.engine import at_once, both
from fairlead.pipeline.units.contents import Contents
from fairlead.pipeline.units.describing import descriptor_of
from fairlead.pipeline.units.findings import Passage
from fairlead.pipeline.units.sight import PODS, SERVICES, Sight
from fairlead.pipeline.units.turn import Turn
from fairlead.ports.cluster import LiveObject

BRIEFLY: Final = 0.25
"""Seconds in which a connection within a cluster is opened; where it takes longer nobody need wait for it."""

SAMPLE: Final = 3
"""So many pods of a version are asked to compare with."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read right before a switch: the pods of the unit, and the address of the Service, empty if it is new."""

    pods: Sequence[LiveObject]
    address: str


def ask_services(turn: Turn, refs: Collection[ObjectRef], seen: Seen | None = None) -> None:
    """Begin to ask those of some objects that are Services, unless they are being asked, or have said enough."""
    candidate, findings = turn.anchor.candidate, turn.findings
    if candidate is None:
        return
    contents = turn.contents(candidate.version)
    for manifest in contents.routes:
        ref = object_ref(manifest)
        running, found = findings.asking.get(ref), findings.passages.get(ref)
        is_known = found is not None and found.version == contents.version and found.verdict is not Verdict.FAILED
        if ref.kind == SERVICES.kind and ref in refs and not is_known and (running is None or running.done()):
            one = _Question(turn, contents, candidate.previous, manifest, seen)
            findings.asking[ref] = asyncio.create_task(one.ask())


@dataclass(frozen=True, slots=True)
class _Question:
    """One question to one Service. `previous` is the version that it led to before, empty for none."""

    turn: Turn
    contents: Contents
    previous: str
    manifest: JsonObject
    seen: Seen | None

    async def ask(self) -> None:
        """Note what comes of it, and wake the driver unless it has to be asked again."""
        ref, findings = object_ref(self.manifest), self.turn.findings
        try:
            verdict, why = await self._judged()
        except FairleadError:
            return  # the driver's own reads say why, and it is asked again
        passage, before = Passage(self.contents.version, verdict, why and f"{ref}: {why}"), findings.passages.get(ref)
        findings.passages[ref] = passage
        if passage.why and passage != before:
            findings.notes.append(passage.told)
        if verdict is not Verdict.FAILED:
            findings.changed.set()

    async def _judged(self) -> Judged:
        port = _port(self.manifest)
        if port is None or self.contents.ignores_readiness:
            return Verdict.PASSED, ""
        service = ServiceAddress(
            self.turn.key.namespace, text(self.manifest, "metadata", "name"), await self._address()
        )
        knocked = await self._knocked(service, port)
        if knocked[0] is Verdict.FAILED or (request := self._check()) is None:
            return knocked
        is_reached = knocked[0] is Verdict.PASSED
        asked = service if is_reached else ServiceAddress(service.namespace, service.name, "")
        return await self._answered(asked, request, is_reached=is_reached)

    async def _knocked(self, service: ServiceAddress, port: int) -> Judged:
        old, new = await self._pods()
        doors: list[Probed] = [service, *old, *new]
        found, *at_pods = await at_once(self._knock(one, port, BRIEFLY) for one in doors)
        if found is Knock.SILENT and any(one is not Knock.SILENT for one in at_pods):
            found = await self._knock(service, port, SECONDS)
        return judge_knocks(port, found, before=at_pods[: len(old)], now=at_pods[len(old) :])

    async def _answered(self, service: ServiceAddress, request: ProbeRequest, *, is_reached: bool) -> Judged:
        descriptor, (old, new) = descriptor_of(self.contents), await self._pods()
        assert descriptor is not None  # a check was declared
        result, before = await both(self._ask(service, request), self._said(old, request))
        kind = descriptor.health.kind
        found = judge_answers(kind, result, is_reached=is_reached, before=before, now=())
        if found[0] is Verdict.PASSED and not tells_version(result, before):
            return found
        now = await self._said(new, request)
        return judge_answers(kind, result, is_reached=is_reached, before=before, now=now)

    def _check(self) -> ProbeRequest | None:
        """Return what the pods are asked for their health, if it can be asked through the Service."""
        descriptor, candidate = descriptor_of(self.contents), self.turn.anchor.candidate
        if descriptor is None or candidate is None or not candidate.spec.policy.health:
            return None
        request = probe_request(descriptor.health, descriptor.main.pod_spec)
        is_own = text(self.manifest, "metadata", "name") == descriptor.app
        return request if is_own and request.port in _ports(self.manifest) else None

    async def _address(self) -> str:
        if self.seen is not None and self.seen.address:
            return self.seen.address
        return text(await self.turn.cluster.get(object_ref(self.manifest)), "spec", "clusterIP")

    async def _listed(self) -> Sequence[LiveObject]:
        if self.seen is not None:
            return self.seen.pods
        turn = self.turn
        selector = f"{UNIT_LABEL}={turn.key.name}"
        return (await turn.cluster.list(PODS, turn.key.namespace, label_selector=selector, fresh=False)).items

    async def _pods(self) -> tuple[Sequence[PodAddress], Sequence[PodAddress]]:
        """Return some pods of the version before, and of the new one."""
        labels, sight = dict(branch(self.manifest, "spec", "selector")), Sight(pods=await self._listed())
        labels.pop(VERSION_LABEL, None)
        old, new = (pods_to_ask(sight.pods_of(one, labels)) for one in (self.previous, self.contents.version))
        return old[:SAMPLE], new[:SAMPLE]

    async def _said(self, pods: Sequence[PodAddress], request: ProbeRequest) -> Sequence[ProbeResult]:
        return await at_once(self._ask(pod, request) for pod in pods)

    async def _ask(self, whom: Probed, request: ProbeRequest) -> ProbeResult:
        return await self.turn.place.probes.ask(whom, request)

    async def _knock(self, whom: Probed, port: int, seconds: float) -> Knock:
        return await self.turn.place.probes.knock(whom, port, seconds=seconds)


def _ports(service: JsonObject) -> tuple[int, ...]:
    """Return the TCP ports of a Service, those for health alone at last."""
    found = [one for one in entries(service, "spec", "ports") if text(one, "protocol") in ("TCP", "")]
    ordered = sorted(found, key=lambda one: text(one, "name") == HEALTH_PORT_NAME)
    return tuple(whole(one, "port") for one in ordered)


def _port(service: JsonObject) -> int | None:
    return next(iter(_ports(service)), None)
