"""Plans, deployments and states, from the domain to the wire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import msgspec

from fairlead.cli.wire.deploying import DeploymentItem, Deployments, Plan, Status, StatusItem
from fairlead.domain import changes
from fairlead.domain.deployments import Deployment, Outcome
from fairlead.domain.errors import Problem
from fairlead.domain.health import HealthState
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.records import Recorded
from fairlead.domain.status import Drift, ReleaseStatus
from fairlead.pipeline.answering import Silent
from fairlead.pipeline.history import Shown


def plan_document(plan: changes.Plan, silent: Iterable[Silent] = ()) -> Plan:
    """Return the document of `plan`; `silent` are the environments that it says nothing about."""
    unanswered = [
        {**_nowhere(one), "code": one.problem.code, "message": one.problem.message, "remedy": one.problem.remedy}
        for one in silent
    ]
    return msgspec.convert({"kind": "Plan", **plan.to_json(), "unanswered": unanswered}, Plan)


def deployments_document(deployments: Iterable[Deployment], silent: Iterable[Silent] = ()) -> Deployments:
    """Return the document of `apply`; what was meant for a silent environment has failed."""
    items = [msgspec.convert(each.to_json(), DeploymentItem) for each in deployments]
    return Deployments(deployments=[*items, *(_not_deployed(key, why) for key, why in _unreached(silent))])


def history_document(recorded: Iterable[Recorded]) -> Deployments:
    """Return what `history` says, in the shape of `apply`: deployments that are over."""
    return Deployments(deployments=[msgspec.convert(each.to_json(), DeploymentItem) for each in recorded])


def record_document(found: Shown) -> Deployments:
    """Return the document of `show`."""
    recorded = found.recorded
    item = {
        **recorded.to_json(),
        "objects": [one.to_json() for one in recorded.objects],
        "chart": recorded.chart,
        "valuesDigest": recorded.values_digest,
        "manifests": None if found.manifests is None else list(found.manifests),
    }
    return Deployments(deployments=[msgspec.convert(item, DeploymentItem)])


def status_document(states: Iterable[ReleaseStatus], silent: Iterable[Silent] = ()) -> Status:
    """Return the document of `status`; nothing is known of releases in a silent environment."""
    items = [msgspec.convert(each.to_json(), StatusItem) for each in states]
    unknown = (_unknown(key, why) for key, why in _unreached(silent))
    return Status(releases=[*items, *(msgspec.convert(each.to_json(), StatusItem) for each in unknown)])


def _unreached(silent: Iterable[Silent]) -> Iterator[tuple[ReleaseKey, Problem]]:
    return ((target.key, one.problem) for one in silent for target in one.targets)


def _nowhere(one: Silent) -> dict[str, str | None]:
    environment = one.environment
    where = {"environment": environment.name, "cluster": environment.cluster, "namespace": environment.namespace}
    return {**where, "release": None}


def _unknown(key: ReleaseKey, why: Problem) -> ReleaseStatus:
    found = ReleaseStatus(key, HealthState.UNKNOWN, Drift.UNKNOWN)
    return replace(found, cause=why.message, cause_code=why.code, next=why.remedy or "")


def _not_deployed(key: ReleaseKey, why: Problem) -> DeploymentItem:
    nothing: dict[str, object] = {"number": None, "revision": None, "planDigest": None, "summary": {}, "health": None}
    told = {"outcome": Outcome.FAILED.value, "durationSeconds": 0.0, "explanation": f"not begun: {why.message}"}
    told["code"] = why.code
    return msgspec.convert({**key.to_json(), **nothing, **told}, DeploymentItem)
