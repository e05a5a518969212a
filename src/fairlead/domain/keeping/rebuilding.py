"""The records of deployments, made again from what a cluster says of a unit, when the store that held them is lost.

What comes back: every deployment that the unit's anchor still names, how it stands or ended, who wanted it, and the
descriptor it was made of where the cluster still has that. What does not: journals, health data, and whatever was
forgotten in the cluster before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from fairlead.domain.keeping.deployments import DeploymentStatus, StoredDeployment
from fairlead.domain.rollout.anchor import Anchor, Ended, Version
from fairlead.domain.rollout.intents import Deploy, Rollback, Undeploy
from fairlead.domain.rollout.phases import Phase, UnitOutcome, VersionState
from fairlead.domain.units import UnitKey

Descriptors = Mapping[str, Mapping[str, Any]]
"""What versions were made of, by version, as far as it is known."""

_STATES: Final[Mapping[VersionState, DeploymentStatus]] = MappingProxyType(
    {
        VersionState.STARTING: DeploymentStatus.DEPLOYING,
        VersionState.READY: DeploymentStatus.DEPLOYING,
        VersionState.LIVE: DeploymentStatus.DEPLOYED,
        VersionState.HOT: DeploymentStatus.REPLACED,
        VersionState.WARM: DeploymentStatus.REPLACED,
        VersionState.FAILED: DeploymentStatus.FAILED,
        VersionState.REMOVING: DeploymentStatus.REPLACED,
        VersionState.ABSENT: DeploymentStatus.REPLACED,
    }
)
_OUTCOMES: Final[Mapping[UnitOutcome, DeploymentStatus]] = MappingProxyType(
    {
        UnitOutcome.FAILED: DeploymentStatus.FAILED,
        UnitOutcome.REFUSED: DeploymentStatus.FAILED,
        UnitOutcome.NOTHING: DeploymentStatus.FAILED,
        UnitOutcome.ABORTED: DeploymentStatus.ABORTED,
        UnitOutcome.SUPERSEDED: DeploymentStatus.SUPERSEDED,
        UnitOutcome.UNDEPLOYED: DeploymentStatus.UNDEPLOYED,
    }
)
"""What an end says whatever the versions are; the others say that it was deployed, and may have been replaced."""
_PHASES: Final[Mapping[Phase, DeploymentStatus]] = MappingProxyType(
    {Phase.AWAITING: DeploymentStatus.AWAITING, Phase.BLOCKED: DeploymentStatus.BLOCKED}
)


@dataclass(frozen=True, slots=True)
class _Trace:
    """One thing that an anchor says of a deployment. `version` and `by` are empty where it does not say."""

    deployment: str
    status: DeploymentStatus
    at: datetime
    version: str = ""
    by: str = ""
    explanation: str = ""


def records_of(unit: UnitKey, anchor: Anchor, descriptors: Descriptors, now: datetime) -> tuple[StoredDeployment, ...]:
    """Return the records of all deployments that an anchor names, the oldest first. `now` stands for unknown times."""
    traces: dict[str, list[_Trace]] = {}
    for trace in _traces(anchor, now):
        if trace.deployment:
            traces.setdefault(trace.deployment, []).append(trace)
    records = [_record(unit, told, descriptors) for told in traces.values()]
    return tuple(sorted(records, key=lambda record: (record.created, record.identifier)))


def _record(unit: UnitKey, traces: list[_Trace], descriptors: Descriptors) -> StoredDeployment:
    """Return the record that all traces of one deployment make together; the last one says how it stands."""
    last = traces[-1]
    version = next((each.version for each in reversed(traces) if each.version), "")
    by = next((each.by for each in traces if each.by), "")
    explanation = next((each.explanation for each in reversed(traces) if each.explanation), "")
    said = {"explanation": explanation} if explanation else {}
    return StoredDeployment(
        identifier=last.deployment,
        unit=unit,
        descriptor="",
        status=last.status,
        document={"descriptor": dict(descriptors.get(version, {})), "by": by, "rebuilt": True, **said},
        created=min(each.at for each in traces),
        modified=max(each.at for each in traces),
        version=version,
    )


def _traces(anchor: Anchor, now: datetime) -> Iterator[_Trace]:
    """Yield what an anchor says, so that of one deployment what counts comes last."""
    yield from (_of_end(ended) for ended in anchor.ended)
    failed = {ended.deployment: _of_end(ended) for ended in anchor.ended if ended.outcome in _OUTCOMES}
    for version in anchor.versions:
        yield _of_version(version)
        if version.state is not VersionState.LIVE and version.deployment in failed:
            yield failed[version.deployment]
    if anchor.candidate is not None:
        candidate = anchor.candidate
        status = _PHASES.get(anchor.phase, DeploymentStatus.DEPLOYING)
        yield _Trace(candidate.deployment, status, anchor.since or now, candidate.version, candidate.by)
    for intent in (*anchor.waiting, *anchor.queue):
        match intent:
            case Deploy(deployment=deployment, spec=spec, by=by, at=at):
                yield _Trace(deployment, DeploymentStatus.QUEUED, at, spec.version, by)
            case Rollback(deployment=deployment, to=to, by=by, at=at):
                yield _Trace(deployment, DeploymentStatus.QUEUED, at, to, by)
            case _:
                pass
    if isinstance(anchor.undeploy, Undeploy):
        yield _Trace(anchor.undeploy.deployment, DeploymentStatus.UNDEPLOYING, anchor.undeploy.at)


def _of_end(ended: Ended) -> _Trace:
    status = _OUTCOMES.get(ended.outcome, DeploymentStatus.REPLACED)
    return _Trace(ended.deployment, status, ended.at, explanation=ended.explanation)


def _of_version(version: Version) -> _Trace:
    reason = version.reason
    return _Trace(version.deployment, _STATES[version.state], version.since, version.name, version.by, reason)
