"""What is remembered of a release's deployments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.domain.errors import InputError, Problem
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.records import Record, Recorded
from fairlead.doors.redaction import Redactor, secrets_in
from fairlead.ports.statestore import StateStore


@dataclass(frozen=True, slots=True)
class Shown:
    """One deployment. `manifests` are masked; None when there are none with us, as of charts, or none any more."""

    recorded: Recorded
    manifests: tuple[Mapping[str, Any], ...] | None = None


async def history(key: ReleaseKey, store: StateStore) -> tuple[Recorded, ...]:
    """Return the recorded deployments of a release, oldest first."""
    return (await store.read(key)).state.deployments


async def show(key: ReleaseKey, number: int, store: StateStore) -> Shown:
    """Return one recorded deployment of a release.

    Raises:
        InputError: there is none of that number (`unknownDeployment`).
    """
    deployments = {one.number: one for one in (await store.read(key)).state.deployments}
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
