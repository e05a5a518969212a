"""Deployments: create, list, read, cancel, again, delete the record; what happened, and what the pods said."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Query, Response
from starlette.responses import PlainTextResponse

from fairlead.domain.authorising.actions import Action
from fairlead.domain.errors import Problem, Refused
from fairlead.domain.keeping.answers import KeyReused
from fairlead.domain.keeping.deployments import DeploymentFilter, DeploymentStatus, StoredDeployment
from fairlead.domain.keeping.journals import LOG
from fairlead.domain.moments import rfc3339
from fairlead.domain.rollout.intents import Abort, OnBusy
from fairlead.server.api.asking import Asked, Call, etag, key_reused, stored
from fairlead.server.api.descriptors import After, Limit
from fairlead.server.api.routing import Row, sent
from fairlead.server.api.subjects import deployable_in_body, deployment_in_path, scope_in_query
from fairlead.server.api.submitting import submitted
from fairlead.server.api.unit_wire import AcceptedIntent
from fairlead.server.api.wire import (
    DeploymentItem,
    DeploymentList,
    DeploymentWish,
    EventList,
    HealthList,
    RedeploymentWish,
    deployment_item,
    event_item,
    health_item,
)
from fairlead.server.deploying import Beginning

PATH: Final = "/api/v1/deployments"
_ONE: Final = f"{PATH}/{{identifier}}"
_PAGE: Final = 1000


async def begin(call: Call, beginning: Beginning) -> StoredDeployment:
    """Begin a deployment, once if the request says so."""
    begun = await call.api.deployer.begin(beginning)
    if isinstance(begun, KeyReused):
        raise key_reused()
    return begun


async def again(call: Call, *, on_busy: OnBusy = OnBusy.SUPERSEDE, release_hold: bool = False) -> StoredDeployment:
    """Begin the deployment of the descriptor that an earlier one has a copy of."""
    old = call.deployment
    if not old.document["descriptor"]:
        message = "it is not known what this deployment deployed"
        raise Refused(Problem("descriptorUnknown", message, remedy="deploy a descriptor of the app"))
    beginning = Beginning(
        unit=old.unit,
        descriptor=old.descriptor,
        document=old.document["descriptor"],
        caller=call.caller,
        on_busy=on_busy,
        release_hold=release_hold,
        once=call.once,
    )
    return await begin(call, beginning)


async def forget(call: Call) -> None:
    """Delete a record of what neither runs nor may come to."""
    record = call.deployment
    if record.status.is_under_way or record.status is DeploymentStatus.DEPLOYED:
        message = f"the deployment is {record.status.value}, and its record is needed"
        raise Refused(Problem("deploymentNeeded", message, remedy="undeploy the app first, or wait for the end"))
    stored(await call.api.store.deployments.delete(record.identifier, revision=record.revision))


async def create(call: Asked, response: Response) -> DeploymentItem:
    """Deploy a stored descriptor. The answer comes when the wish is stored; follow the deployment for the rest."""
    wish = await sent(call, DeploymentWish)
    wanted = call.descriptor
    beginning = Beginning(
        unit=wanted.unit,
        descriptor=wanted.identifier,
        document=wanted.document,
        caller=call.caller,
        on_busy=wish.on_busy,
        release_hold=wish.release_hold,
        once=call.once,
    )
    return _begun(await begin(call, beginning), response)


async def redeploy(call: Asked, response: Response) -> DeploymentItem:
    """Deploy once more what a deployment deployed."""
    wish = await sent(call, RedeploymentWish, is_optional=True)
    return _begun(await again(call, on_busy=wish.on_busy, release_hold=wish.release_hold), response)


def _begun(record: StoredDeployment, response: Response) -> DeploymentItem:
    response.headers["location"] = f"{PATH}/{record.identifier}"
    response.headers["etag"] = etag(record.revision)
    return deployment_item(record)


async def listed(
    call: Asked,
    status: Annotated[list[DeploymentStatus] | None, Query(description="Only those that stand so")] = None,
    limit: Limit = 100,
    after: After = None,
) -> DeploymentList:
    """List deployments, the newest first: of the clusters, namespaces and apps that the query names, or of all."""
    wanted = DeploymentFilter(call.scope, frozenset(status or ()))
    page = await call.api.store.deployments.page(wanted, after=after, limit=limit)
    return DeploymentList(items=[deployment_item(each) for each in page.items], next=page.after)


async def read(call: Asked, response: Response) -> DeploymentItem:
    """Read a deployment."""
    response.headers["etag"] = etag(call.deployment.revision)
    return deployment_item(call.deployment)


async def delete(call: Asked) -> None:
    """Delete the record of a deployment with its journal. Nothing is undeployed."""
    call.expect_revision(call.deployment.revision)
    await forget(call)


async def cancel(call: Asked) -> AcceptedIntent:
    """Give up a deployment that waits or is under way; if it has traffic, that goes back to what was live."""
    record = call.deployment
    if not record.status.is_under_way:
        message = f"the deployment is {record.status.value}: there is nothing to cancel"
        raise Refused(Problem("deploymentOver", message, remedy="use rollback to go back to an earlier version"))
    by, at = call.caller.name, call.api.clock.now()
    asked = await submitted(call, record.unit, lambda name: Abort(name, by, at, record.identifier))
    return AcceptedIntent(id=asked, deployment=record.identifier)


async def events(
    call: Asked,
    after: Annotated[int, Query(ge=0, description="Only what follows this number")] = 0,
    limit: Annotated[int, Query(ge=1, le=_PAGE)] = _PAGE,
) -> EventList:
    """List what happened, the oldest first."""
    entries = await call.api.store.journals.read(call.deployment.identifier, after=after, limit=limit)
    last = entries[-1].sequence if entries else after
    return EventList(items=[event_item(each) for each in entries], next=last)


async def log_text(call: Call) -> str:
    """Return the whole log of a deployment, one line for each with its time."""
    lines, after = list[str](), 0
    while entries := await call.api.store.journals.read(call.deployment.identifier, after=after, limit=_PAGE):
        lines += [f"{rfc3339(one.at)} {one.document.get('text', '')}\n" for one in entries if one.kind == LOG]
        after = entries[-1].sequence
    return "".join(lines)


async def logs(call: Asked) -> PlainTextResponse:
    """Read the log of a deployment as text."""
    return PlainTextResponse(await log_text(call))


async def health(call: Asked) -> HealthList:
    """List what the pods of a deployment answered last."""
    found = await call.api.store.health.read(call.deployment.identifier)
    return HealthList(items=[health_item(each) for each in found])


ROWS: Final = (
    Row("POST", PATH, Action.DEPLOY, create, deployable_in_body, HTTPStatus.ACCEPTED, DeploymentWish),
    Row("GET", PATH, Action.READ_DEPLOYMENTS, listed, scope_in_query, query=("cluster", "namespace", "app")),
    Row("GET", _ONE, Action.READ_DEPLOYMENTS, read, deployment_in_path),
    Row("DELETE", _ONE, Action.DELETE_DEPLOYMENTS, delete, deployment_in_path, HTTPStatus.NO_CONTENT),
    Row("POST", f"{_ONE}/cancel", Action.CANCEL, cancel, deployment_in_path, HTTPStatus.ACCEPTED),
    Row(
        *("POST", f"{_ONE}/redeploy", Action.DEPLOY, redeploy, deployment_in_path, HTTPStatus.ACCEPTED),
        body=RedeploymentWish,
    ),
    Row("GET", f"{_ONE}/events", Action.READ_LOGS, events, deployment_in_path),
    Row("GET", f"{_ONE}/logs", Action.READ_LOGS, logs, deployment_in_path),
    Row("GET", f"{_ONE}/health", Action.READ_HEALTH, health, deployment_in_path),
)
