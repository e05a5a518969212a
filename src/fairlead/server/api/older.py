"""The REST shape of the Amdatu Kubernetes Deployer, for its clients, with the codes that it should have had.

Paths end in a slash, items are of one namespace (`?namespace=`), bodies of success are as they were. New are the codes
(404 for what is absent, 200 for an empty list, 409, 422), problems instead of text, and a `Location` that says the
namespace everywhere. The cluster is the one that the server serves, or that the query names.
"""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import Query, Response
from starlette.responses import PlainTextResponse

from fairlead.domain.authorising.actions import Action
from fairlead.domain.errors import InputError, Problem, Refused
from fairlead.domain.keeping.deployments import DELETE_AFTER, DeploymentFilter, DeploymentStatus, StoredDeployment
from fairlead.domain.keeping.descriptors import StoredDescriptor
from fairlead.domain.moments import rfc3339
from fairlead.domain.rollout.intents import Undeploy
from fairlead.domain.scopes import one_unit
from fairlead.domain.units import UnitKey
from fairlead.server.api import deployments, descriptors
from fairlead.server.api.asking import Asked, Call, stored
from fairlead.server.api.older_subjects import (
    app_in_query,
    deployable_in_query,
    deployment_here,
    descriptor_here,
    namespace_in_query,
    new_descriptor,
)
from fairlead.server.api.routing import Row
from fairlead.server.api.subjects import descriptor_in_body
from fairlead.server.api.submitting import submitted
from fairlead.server.deploying import Beginning
from fairlead.server.problems import not_found

# Its words for how a deployment stands.
_WORDS: Final = {
    DeploymentStatus.QUEUED: "DEPLOYING",
    DeploymentStatus.DEPLOYING: "DEPLOYING",
    DeploymentStatus.AWAITING: "DEPLOYING",
    DeploymentStatus.BLOCKED: "DEPLOYING",
    DeploymentStatus.DEPLOYED: "DEPLOYED",
    DeploymentStatus.UNDEPLOYING: "UNDEPLOYING",
    DeploymentStatus.UNDEPLOYED: "UNDEPLOYED",
    DeploymentStatus.REPLACED: "UNDEPLOYED",
    DeploymentStatus.SUPERSEDED: "FAILURE",
    DeploymentStatus.ABORTED: "FAILURE",
    DeploymentStatus.FAILED: "FAILURE",
}
_PAGE: Final = 500


def _location(kind: str, identifier: str, unit: UnitKey) -> dict[str, str]:
    return {"location": f"/{kind}/{identifier}/?namespace={quote(unit.namespace)}"}


async def create_descriptor(call: Asked) -> Response:
    """Keep a new descriptor."""
    kept = await descriptors.keep(call)
    return Response(status_code=HTTPStatus.CREATED, headers=_location("descriptors", kept.identifier, kept.unit))


async def list_descriptors(call: Asked) -> list[dict[str, Any]]:
    """List the descriptors of a namespace."""
    found, after = list[dict[str, Any]](), None
    while True:
        page = await call.api.store.descriptors.page(call.scope, after=after, limit=_PAGE)
        found += [_descriptor(each) for each in page.items]
        if (after := page.after) is None:
            return found


async def delete_descriptors(
    call: Asked,
    keep_latest: Annotated[bool, Query(alias="keepLatest")] = True,  # noqa: FBT002 - a query has no keywords
) -> None:
    """Delete the descriptors of an app, all but the one that was changed last."""
    page = await call.api.store.descriptors.page(one_unit(call.unit), limit=1)
    if not page.items:
        raise not_found()
    await call.api.store.descriptors.delete_all(call.unit, keep_latest=keep_latest)


async def read_descriptor(call: Asked) -> dict[str, Any]:
    """Read a descriptor."""
    return _descriptor(call.descriptor)


async def replace_descriptor(call: Asked) -> None:
    """Replace a descriptor, checked like a new one; its app and creation stay."""
    await descriptors.change(call)


async def validate(call: Asked) -> None:
    """Say whether a descriptor is valid."""
    await descriptors.validate(call)


async def create_deployment(call: Asked) -> Response:
    """Deploy a descriptor."""
    wanted = call.descriptor
    beginning = Beginning(wanted.unit, wanted.identifier, wanted.document, call.caller, once=call.once)
    return _accepted(await deployments.begin(call, beginning))


async def list_deployments(
    call: Asked, limit: Annotated[int | None, Query(ge=1, description="The newest so many of each app")] = None
) -> list[dict[str, Any]]:
    """List the deployments of a namespace, the newest first."""
    return [_deployment(each) for each in await _all(call, DeploymentFilter(call.scope, per_unit=limit))]


async def delete_deployments(call: Asked, *, undeploy: bool = False) -> Response:
    """Delete the records of an app that nothing depends on; with `undeploy`, take it out of service as well."""
    found = await _all(call, DeploymentFilter(one_unit(call.unit)))
    if not found:
        raise not_found()
    needed = [one for one in found if one.status.is_under_way or one.status is DeploymentStatus.DEPLOYED]
    live = next((one for one in needed if one.status is DeploymentStatus.DEPLOYED), None)
    answer = Response(status_code=HTTPStatus.NO_CONTENT)
    if undeploy and live is not None:  # first of all: if it is refused, nothing was done
        answer = await _undeployed(call, live)
    for record in found:
        if record not in needed:
            await call.api.store.deployments.delete(record.identifier, revision=record.revision)
    return answer


async def read_deployment(call: Asked) -> dict[str, Any]:
    """Read a deployment."""
    return _deployment(call.deployment)


async def redeploy(call: Asked) -> Response:
    """Deploy once more what a deployment deployed; the `Location` is that of the new one."""
    return _accepted(await deployments.again(call))


async def delete_deployment(
    call: Asked,
    delete: Annotated[bool, Query(alias="deleteDeployment")] = False,  # noqa: FBT002 - as above
) -> Response:
    """Undeploy what is deployed; of anything else delete the record, if that is asked for."""
    record = call.deployment
    if record.status is DeploymentStatus.DEPLOYED:
        return await (_undeployed_and_deleted if delete else _undeployed)(call, record)
    if not delete:
        message = f"the deployment is {_WORDS[record.status]}: there is nothing to undeploy"
        raise Refused(Problem("deploymentOver", message, remedy="delete its record with deleteDeployment=true"))
    await deployments.forget(call)
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def logs(call: Asked) -> Response:
    """Read the log of a deployment as text; without any line yet, there is no content."""
    text = await deployments.log_text(call)
    return PlainTextResponse(text) if text else Response(status_code=HTTPStatus.NO_CONTENT)


async def health_check_data(call: Asked) -> list[dict[str, str]]:
    """List what the pods of a deployment answered last."""
    found = await call.api.store.health.read(call.deployment.identifier)
    return [{"podName": each.pod, "value": each.value} for each in found]


async def _undeployed_and_deleted(call: Call, record: StoredDeployment) -> Response:
    """Undeploy, and mark the record before that: afterwards it may be too late."""
    marked = replace(record, document={**record.document, DELETE_AFTER: True})
    kept = stored(await call.api.store.deployments.replace(marked))
    try:
        return await _undeployed(call, kept)
    except (Refused, InputError):
        await call.api.store.deployments.replace(replace(kept, document=record.document))
        raise


async def _undeployed(call: Call, record: StoredDeployment) -> Response:
    by, at = call.caller.name, call.api.clock.now()
    await submitted(call, record.unit, lambda name: Undeploy(name, by, at, record.identifier))
    return _accepted(record)


async def _all(call: Call, wanted: DeploymentFilter) -> list[StoredDeployment]:
    found, after = list[StoredDeployment](), None
    while True:
        page = await call.api.store.deployments.page(wanted, after=after, limit=_PAGE)
        found += page.items
        if (after := page.after) is None:
            return found


def _accepted(record: StoredDeployment) -> Response:
    return Response(status_code=HTTPStatus.ACCEPTED, headers=_location("deployments", record.identifier, record.unit))


def _descriptor(kept: StoredDescriptor) -> dict[str, Any]:
    return {**kept.document, **_identity(kept)}


def _deployment(kept: StoredDeployment) -> dict[str, Any]:
    standing = {"version": kept.version, "status": _WORDS[kept.status]}
    return {**_identity(kept), **standing, "descriptor": kept.document.get("descriptor", {})}


def _identity(kept: StoredDescriptor | StoredDeployment) -> dict[str, str]:
    return {"id": kept.identifier, "created": rfc3339(kept.created), "lastModified": rfc3339(kept.modified)}


_NO_CONTENT: Final = HTTPStatus.NO_CONTENT
_D, _DS = "/descriptors/", "/descriptors/{identifier}/"
_R, _RS = "/deployments/", "/deployments/{identifier}/"
_LIST: Final = ("namespace", "cluster", "appname")
ROWS: Final = (
    Row(
        "POST",
        _D,
        Action.CREATE_DESCRIPTORS,
        create_descriptor,
        new_descriptor,
        HTTPStatus.CREATED,
        query=("namespace", "cluster"),
    ),
    Row("GET", _D, Action.READ_DESCRIPTORS, list_descriptors, namespace_in_query, query=_LIST),
    Row("DELETE", _D, Action.DELETE_DESCRIPTORS, delete_descriptors, app_in_query, _NO_CONTENT, query=_LIST),
    Row(
        "POST",
        f"{_D}validate",
        Action.VALIDATE_DESCRIPTORS,
        validate,
        descriptor_in_body,
        _NO_CONTENT,
        query=("cluster",),
    ),
    Row("GET", _DS, Action.READ_DESCRIPTORS, read_descriptor, descriptor_here, query=("namespace",)),
    Row("PUT", _DS, Action.REPLACE_DESCRIPTORS, replace_descriptor, descriptor_here, _NO_CONTENT, query=("namespace",)),
    Row(
        "DELETE", _DS, Action.DELETE_DESCRIPTORS, descriptors.delete, descriptor_here, _NO_CONTENT, query=("namespace",)
    ),
    Row(
        "POST",
        _R,
        Action.DEPLOY,
        create_deployment,
        deployable_in_query,
        HTTPStatus.ACCEPTED,
        query=("namespace", "descriptorId"),
    ),
    Row("GET", _R, Action.READ_DEPLOYMENTS, list_deployments, namespace_in_query, query=_LIST),
    Row("DELETE", _R, Action.UNDEPLOY, delete_deployments, app_in_query, query=_LIST),
    Row("GET", _RS, Action.READ_DEPLOYMENTS, read_deployment, deployment_here, query=("namespace",)),
    Row("PUT", _RS, Action.DEPLOY, redeploy, deployment_here, HTTPStatus.ACCEPTED, query=("namespace",)),
    Row("DELETE", _RS, Action.UNDEPLOY, delete_deployment, deployment_here, query=("namespace",)),
    Row("GET", f"{_RS}logs", Action.READ_LOGS, logs, deployment_here, query=("namespace",)),
    Row("GET", f"{_RS}healthcheckdata", Action.READ_HEALTH, health_check_data, deployment_here, query=("namespace",)),
)
