"""Plans, deployments and states, from the domain to the wire."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fairlead.cli.wire.deploying import DeploymentItem, Deployments, Plan, Status, StatusItem
from fairlead.domain import changes
from fairlead.domain.deployments import Deployment, ReleaseStatus


def plan_document(plan: changes.Plan) -> Plan:
    """Return the document of `plan`."""
    return msgspec.convert({"kind": "Plan", **plan.to_json()}, Plan)


def deployments_document(deployments: Iterable[Deployment]) -> Deployments:
    """Return the document of `apply`."""
    return Deployments(deployments=[msgspec.convert(each.to_json(), DeploymentItem) for each in deployments])


def status_document(states: Iterable[ReleaseStatus]) -> Status:
    """Return the document of `status`."""
    return Status(releases=[msgspec.convert(each.to_json(), StatusItem) for each in states])
