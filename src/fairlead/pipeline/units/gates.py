"""Runs what must pass before a version gets traffic, or while it is watched after that.

Gates run beside the loop, all of a kind at once; each ends with a verdict. A Job is found again by its name after a
takeover, the other gates are asked anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from fairlead.domain.apps.configuration import HASH_DIGITS
from fairlead.domain.apps.descriptor import Gate, HttpGate, JobGate, WebhookGate
from fairlead.domain.apps.naming import LONGEST_NAME, mark, unit_labels, versioned_name, workload_name
from fairlead.domain.apps.ports import traffic_port
from fairlead.domain.apps.probing import Answer, ProbeRequest, pods_to_ask, target_of
from fairlead.domain.errors import FairleadError
from fairlead.domain.identity import object_ref, sha256_json
from fairlead.domain.joining import joined
from fairlead.domain.reading import branch, entries, text
from fairlead.domain.rollout.commands import RunGates
from fairlead.domain.rollout.observation import Verdict
from fairlead.pipeline.engine import at_once
from fairlead.pipeline.units.describing import descriptor_of
from fairlead.pipeline.units.guarded import create, is_ours
from fairlead.pipeline.units.sight import PODS
from fairlead.pipeline.units.turn import Turn

AGAIN_SECONDS: Final = 1.0
Judged = tuple[Verdict, str]
"""What a gate says, and why when it is not that it passed."""

_WORST: Final = (Verdict.FAILED, Verdict.INCONCLUSIVE, Verdict.PASSED)


async def run_gates(turn: Turn, command: RunGates) -> None:
    """Start the gates of a version, unless they run or have ended."""
    pair = (command.version, command.soak)
    findings = turn.findings
    descriptor = descriptor_of(turn.contents(command.version))
    if descriptor is None or pair in findings.gates or pair in findings.running:
        return
    gates = descriptor.rules.soak.gates if command.soak else descriptor.rules.verify

    async def judge() -> None:
        findings.gates[pair] = _worst(await at_once(_judged(turn, gate, command) for gate in gates))
        findings.changed.set()

    findings.running[pair] = asyncio.create_task(judge())


async def _judged(turn: Turn, gate: Gate, command: RunGates) -> Judged:
    """Ask a gate again until it says something, or its time is over."""
    until = turn.clock.monotonic() + gate.timeout_seconds
    last: Judged | None = None
    while last is None or last[0] is Verdict.UNKNOWN:
        if last is not None:
            if turn.clock.monotonic() >= until:
                break
            await turn.clock.sleep(AGAIN_SECONDS)
        try:
            last = await _asked(turn, gate, command)
        except FairleadError as error:
            last = (Verdict.UNKNOWN, str(error))
    verdict, why = last
    if verdict is Verdict.UNKNOWN:  # a pod or Job that never said yes has failed; of somebody else nobody knows
        verdict = Verdict.INCONCLUSIVE if isinstance(gate, WebhookGate) else Verdict.FAILED
        why = f"{why or 'no answer'} within {gate.timeout_seconds:g} s"
    return verdict, f"{gate.name}: {why}" if why else ""


async def _asked(turn: Turn, gate: Gate, command: RunGates) -> Judged:
    match gate:
        case HttpGate():
            return await _http(turn, gate, command.version)
        case JobGate():
            return await _job(turn, gate, command)
        case WebhookGate():
            return await _webhook(turn, gate, command)


async def _http(turn: Turn, gate: HttpGate, version: str) -> Judged:
    contents = turn.contents(version)
    descriptor = descriptor_of(contents)
    port = traffic_port(descriptor.main.pod_spec) if descriptor is not None else None
    number = gate.port or (port.number if port is not None else None)
    if descriptor is None or number is None:
        return Verdict.FAILED, "there is no port to ask"
    manifest = contents.workloads[workload_name(descriptor.app, descriptor.main.name)]
    sight = await turn.look((PODS,), elements=())
    pods = pods_to_ask(sight.pods_of(version, branch(manifest, "spec", "selector", "matchLabels")))
    if not pods:
        return Verdict.UNKNOWN, "no pod runs"
    answer = await turn.place.probes.ask(pods[0], ProbeRequest("GET", number, target_of(gate.path)))
    if isinstance(answer, Answer):
        passed = 200 <= answer.status < 300
        return (Verdict.PASSED, "") if passed else (Verdict.UNKNOWN, f"{pods[0].name} answered {answer.status}")
    return Verdict.UNKNOWN, f"{pods[0].name}: {answer.reason}"


async def _webhook(turn: Turn, gate: WebhookGate, command: RunGates) -> Judged:
    question = {**turn.key.to_json(), "version": command.version, "digest": command.digest, "gate": gate.name}
    status = await turn.place.judges.ask(gate.url, question)
    if status is None:
        return Verdict.UNKNOWN, "no answer"
    if 200 <= status < 300:
        return Verdict.PASSED, ""
    return (Verdict.FAILED if 400 <= status < 500 else Verdict.UNKNOWN), f"it answered {status}"


async def _job(turn: Turn, gate: JobGate, command: RunGates) -> Judged:
    manifest = _manifest(turn, gate, command)
    live = await turn.cluster.get(object_ref(manifest))
    if live is None or not is_ours(live, manifest):
        live = await create(turn.cluster, manifest, epoch=turn.epoch)
    told = {text(one, "type"): text(one, "message") for one in entries(live, "status", "conditions")}
    if "Complete" in told:
        return Verdict.PASSED, ""
    return (Verdict.FAILED, told["Failed"] or "it failed") if "Failed" in told else (Verdict.UNKNOWN, "it still runs")


def _manifest(turn: Turn, gate: JobGate, command: RunGates) -> dict[str, Any]:
    """Return the Job of a gate; it goes with the version's own objects, and by itself a while after its end."""
    when = "soak" if command.soak else "verify"
    name = _job_name(f"{versioned_name(turn.key.name, command.version)}-{when}-{gate.name}")
    labels = {**unit_labels(turn.key.name), "version": command.version}
    metadata = {"name": name, "namespace": turn.key.namespace, "labels": labels}
    spec = {
        "backoffLimit": 0,
        "activeDeadlineSeconds": int(gate.timeout_seconds),
        "ttlSecondsAfterFinished": 3600,
        # Its pods carry no label of the unit: none of its Services may ever select them.
        "template": {"spec": {**gate.pod_spec, "restartPolicy": "Never"}},
    }
    annotations = mark(turn.key.namespace, turn.key.name)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {**metadata, "annotations": annotations},
        "spec": spec,
    }


def _job_name(wanted: str) -> str:
    """Return the name of a Job, which its pods carry as a label: of a long one the beginning, told from others."""
    if len(wanted) <= LONGEST_NAME:
        return wanted
    digest = sha256_json(wanted).removeprefix("sha256:")[:HASH_DIGITS]
    return f"{wanted[: LONGEST_NAME - HASH_DIGITS - 1].rstrip('-')}-{digest}"


def _worst(found: Sequence[Judged]) -> Judged:
    for verdict in _WORST:
        told = [why for each, why in found if each is verdict]
        if told and verdict is not Verdict.PASSED:
            return verdict, joined(told)
    return Verdict.PASSED, ""
