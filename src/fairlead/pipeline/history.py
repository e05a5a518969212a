"""What is remembered of a release's deployments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.domain.errors import InputError, Problem
from fairlead.domain.records import Record, Recorded
from fairlead.domain.targets import Target
from fairlead.doors.redaction import Redactor, secrets_in
from fairlead.pipeline.helm.past import made_by_helm
from fairlead.ports.cluster import Cluster
from fairlead.ports.statestore import StateStore


@dataclass(frozen=True, slots=True)
class Shown:
    """One deployment. `manifests` are masked; None when there are none with us, as of charts, or none any more."""

    recorded: Recorded
    manifests: tuple[Mapping[str, Any], ...] | None = None


async def history(target: Target, store: StateStore, cluster: Cluster) -> tuple[Recorded, ...]:
    """Return the recorded deployments of a release, of a chart those that Helm made included, oldest first."""
    ours = (await store.read(target.key)).state.deployments
    theirs = await made_by_helm(cluster, target.key, {one.number for one in ours}) if target.is_chart else ()
    return tuple(sorted((*ours, *theirs), key=lambda one: one.number))


async def show(target: Target, number: int, store: StateStore, cluster: Cluster) -> Shown:
    """Return one recorded deployment of a release.

    Raises:
        InputError: there is none of that number (`unknownDeployment`).
    """
    key = target.key
    deployments = {one.number: one for one in await history(target, store, cluster)}
    recorded = deployments.get(number)
    if recorded is None:
        known = ", ".join(map(str, deployments)) or "none"
        message = f"found deployment number {number}, expected one that is remembered of {key}: {known}"
        remedy = f"see `fairlead history {key.environment} {key.release}`"
        raise InputError(Problem("unknownDeployment", message, remedy=remedy))
    record = None if recorded.chunks is None else await store.record(key, number)
    return Shown(recorded, None if record is None else _masked(record))


def _masked(record: Record) -> tuple[Mapping[str, Any], ...]:
    manifests = (*record.crds, *record.manifests, *(hook["manifest"] for hook in record.hooks))
    redactor = Redactor([*record.secrets, *secrets_in(manifests)])
    return tuple(redactor.value(manifest) for manifest in manifests)
