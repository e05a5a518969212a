"""Plans, deployments and states, from the domain to the wire."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fairlead.cli.wire.deploying import DeploymentItem, Deployments, Plan, Status, StatusItem
from fairlead.domain import changes
from fairlead.domain.deployments import Deployment
from fairlead.domain.records import Recorded
from fairlead.domain.status import ReleaseStatus
from fairlead.pipeline.history import Shown


def plan_document(plan: changes.Plan) -> Plan:
    """Return the document of `plan`."""
    return msgspec.convert({"kind": "Plan", **plan.to_json()}, Plan)


def deployments_document(deployments: Iterable[Deployment]) -> Deployments:
    """Return the document of `apply`."""
    return Deployments(deployments=[msgspec.convert(each.to_json(), DeploymentItem) for each in deployments])


def history_document(recorded: Iterable[Recorded]) -> Deployments:
    """Return the document of `history`."""
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


def status_document(states: Iterable[ReleaseStatus]) -> Status:
    """Return the document of `status`."""
    return Status(releases=[msgspec.convert(each.to_json(), StatusItem) for each in states])
