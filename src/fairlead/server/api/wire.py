"""The wire forms of the API, version 1: what is sent, and what comes back. Fields may be added, none changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from fairlead.domain.authorising.auditing import AuditEntry
from fairlead.domain.keeping.deployments import DeploymentStatus, StoredDeployment
from fairlead.domain.keeping.descriptors import StoredDescriptor
from fairlead.domain.keeping.health_data import HealthData
from fairlead.domain.keeping.journals import Entry
from fairlead.domain.rollout.intents import OnBusy


class Wire(BaseModel):
    """The names are in camelCase, and an unknown one is an error rather than a wish that nobody hears."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class ProblemItem(Wire):
    """One thing that is wrong."""

    code: str
    detail: str
    path: str | None = None
    remedy: str | None = None


class ProblemDocument(ProblemItem):
    """Why a request was not carried out (RFC 9457). Programs branch on `code`; `errors` has every problem."""

    type: Literal["about:blank"] = "about:blank"
    title: str
    status: int
    errors: list[ProblemItem]


class DeploymentWish(Wire):
    """A descriptor to be deployed."""

    descriptor_id: str = Field(description="The identifier of a stored descriptor")
    on_busy: OnBusy = Field(OnBusy.SUPERSEDE, description="What to do when the unit is busy with another deployment")
    release_hold: bool = Field(default=False, description="Deploy also what failed before and was not changed since")


class RedeploymentWish(Wire):
    """A deployment to be done once more."""

    on_busy: OnBusy = OnBusy.SUPERSEDE
    release_hold: bool = False


class SecretKeyItem(Wire):
    """A key of a Secret in the app's namespace. Its value is never read."""

    name: str = Field(min_length=1)
    key: str = Field(min_length=1)


class VariableWish(Wire):
    """The value of an environment variable, or where it is."""

    value: str | None = None
    secret_ref: SecretKeyItem | None = None


class UnitName(Wire):
    """Which unit."""

    cluster: str
    namespace: str
    app: str


class DescriptorItem(UnitName):
    """A stored descriptor."""

    id: str
    revision: int
    created_at: datetime
    modified_at: datetime
    descriptor: dict[str, Any]


class DescriptorList(Wire):
    """Descriptors, the newest first. `next` is what `after` has to be for the rest, null at the end."""

    items: list[DescriptorItem]
    next: int | None


class DeploymentItem(UnitName):
    """A deployment. `version` is null until it is known; `explanation` says why it is as it is.

    `reason` is what was said when it was asked for. The `descriptor` of a rollback is that of the version it goes back
    to, and empty until that is known.
    """

    id: str
    descriptor_id: str
    version: str | None
    status: DeploymentStatus
    by: str
    reason: str | None = None
    explanation: str | None
    revision: int
    created_at: datetime
    modified_at: datetime
    descriptor: dict[str, Any]


class DeploymentList(Wire):
    """Deployments, the newest first. `next` is what `after` has to be for the rest, null at the end."""

    items: list[DeploymentItem]
    next: int | None


class ClusterItem(Wire):
    """A cluster that the server serves."""

    name: str


class ClusterList(Wire):
    """The clusters of which the caller may see anything."""

    items: list[ClusterItem]


class AuditItem(Wire):
    """Something that was done, or refused. `result` is `allowed` or the code of the refusal."""

    number: int
    at: datetime
    caller: str
    action: str
    resource: str
    result: str
    source: str
    detail: dict[str, str]


class AuditList(Wire):
    """The audit log, the newest first. `next` is what `after` has to be for the rest, null at the end."""

    items: list[AuditItem]
    next: int | None


class Validity(Wire):
    """What a valid descriptor had to say about itself."""

    warnings: list[ProblemItem]
    descriptor: dict[str, Any]


class EventItem(Wire):
    """Something that happened. `type` is `log` for a line of text, which `data.text` has."""

    sequence: int
    at: datetime
    type: str
    data: dict[str, Any]


class EventList(Wire):
    """Events, the oldest first. `next` is what `after` has to be for what follows."""

    items: list[EventItem]
    next: int


class HealthItem(Wire):
    """What a pod answered last."""

    pod: str
    at: datetime
    value: str


class HealthList(Wire):
    """What the pods of a deployment answered last."""

    items: list[HealthItem]


class VariableItem(Wire):
    """An environment variable. A secret one shows where its value is, never what it is."""

    name: str
    value: str | None = None
    secret_ref: SecretKeyItem | None = None


class VariableList(Wire):
    """Environment variables, by name."""

    items: list[VariableItem]


def descriptor_item(stored: StoredDescriptor) -> DescriptorItem:
    """Return the wire form of a stored descriptor."""
    return DescriptorItem(
        id=stored.identifier,
        cluster=stored.unit.cluster,
        namespace=stored.unit.namespace,
        app=stored.unit.name,
        revision=stored.revision,
        created_at=stored.created,
        modified_at=stored.modified,
        descriptor=dict(stored.document),
    )


def deployment_item(stored: StoredDeployment) -> DeploymentItem:
    """Return the wire form of a deployment."""
    return DeploymentItem(
        id=stored.identifier,
        cluster=stored.unit.cluster,
        namespace=stored.unit.namespace,
        app=stored.unit.name,
        descriptor_id=stored.descriptor,
        version=stored.version or None,
        status=stored.status,
        by=str(stored.document.get("by", "")),
        reason=stored.document.get("reason") or None,
        explanation=stored.document.get("explanation"),
        revision=stored.revision,
        created_at=stored.created,
        modified_at=stored.modified,
        descriptor=dict(stored.document.get("descriptor", {})),
    )


def event_item(entry: Entry) -> EventItem:
    """Return the wire form of an entry of a journal."""
    return EventItem(sequence=entry.sequence, at=entry.at, type=entry.kind, data=dict(entry.document))


def health_item(data: HealthData) -> HealthItem:
    """Return the wire form of what a pod answered."""
    return HealthItem(pod=data.pod, at=data.at, value=data.value)


def audit_item(entry: AuditEntry) -> AuditItem:
    """Return the wire form of an entry of the audit log."""
    return AuditItem(
        number=entry.number,
        at=entry.at,
        caller=entry.caller,
        action=entry.action,
        resource=entry.resource,
        result=entry.result,
        source=entry.source,
        detail=dict(entry.detail),
    )
