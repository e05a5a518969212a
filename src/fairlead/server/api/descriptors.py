"""Descriptors: create, list, read, replace, delete, validate."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Query, Response

from fairlead.domain.authorising.actions import Action
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.keeping.answers import KeyReused, Repeated
from fairlead.domain.keeping.descriptors import StoredDescriptor
from fairlead.server.api.asking import Asked, Call, etag, key_reused, stored
from fairlead.server.api.routing import Row
from fairlead.server.api.subjects import (
    descriptor_in_body,
    descriptor_in_path,
    json_body,
    read_descriptor,
    scope_in_query,
)
from fairlead.server.api.wire import DescriptorItem, DescriptorList, ProblemItem, Validity, descriptor_item
from fairlead.server.problems import not_found, problem_json
from fairlead.server.rollouts import Checked

PATH: Final = "/api/v1/descriptors"

Limit = Annotated[int, Query(ge=1, le=500, description="How many at most")]
After = Annotated[int | None, Query(ge=0, description="Go on after this: `next` of the page before")]


async def keep(call: Call) -> StoredDescriptor:
    """Keep the descriptor in the body, once if the request says so."""
    await _require_allowed(call, call.checked)
    checked, now = call.checked, call.api.clock.now()
    new = StoredDescriptor(call.api.identifier(), checked.unit, checked.document, now, now)
    match await call.api.store.descriptors.add(new, call.once):
        case StoredDescriptor() as kept:
            return kept
        case Repeated(identifier=identifier):
            found = await call.api.store.descriptors.read(identifier)
            if found is None:
                raise not_found()
            return found
        case KeyReused():
            raise key_reused()


async def _require_allowed(call: Call, checked: Checked) -> None:
    """Refuse what could only be deployed after the namespace allows more."""
    if problems := await call.api.rollouts.ruled_out(checked):
        raise InputError(problems)


async def change(call: Call) -> StoredDescriptor:
    """Put the descriptor in the body in the place of the one in the path."""
    old = call.descriptor
    call.expect_revision(old.revision)
    checked = read_descriptor(call.api, await json_body(call.request), old.unit.cluster)
    if checked.unit != old.unit:
        message = f"found a descriptor of {checked.unit}, expected one of {old.unit}"
        raise InputError(Problem("unitChanged", message, path="appName", remedy="create a descriptor of its own"))
    await _require_allowed(call, checked)
    new = replace(old, document=checked.document, modified=call.api.clock.now())
    return stored(await call.api.store.descriptors.replace(new))


async def create(call: Asked, response: Response) -> DescriptorItem:
    """Keep a new descriptor. With an `Idempotency-Key`, the same request again gives the same descriptor."""
    kept = await keep(call)
    response.headers["location"] = f"{PATH}/{kept.identifier}"
    response.headers["etag"] = etag(kept.revision)
    return descriptor_item(kept)


async def listed(call: Asked, limit: Limit = 100, after: After = None) -> DescriptorList:
    """List descriptors, the newest first: of the clusters, namespaces and apps that the query names, or of all."""
    page = await call.api.store.descriptors.page(call.scope, after=after, limit=limit)
    return DescriptorList(items=[descriptor_item(each) for each in page.items], next=page.after)


async def read(call: Asked, response: Response) -> DescriptorItem:
    """Read a descriptor."""
    response.headers["etag"] = etag(call.descriptor.revision)
    return descriptor_item(call.descriptor)


async def put(call: Asked, response: Response) -> DescriptorItem:
    """Replace a descriptor; its unit stays. With `If-Match`, only the revision that was read."""
    kept = await change(call)
    response.headers["etag"] = etag(kept.revision)
    return descriptor_item(kept)


async def delete(call: Asked) -> None:
    """Delete a descriptor. Nothing is undeployed."""
    old = call.descriptor
    call.expect_revision(old.revision)
    stored(await call.api.store.descriptors.delete(old.identifier, revision=old.revision))


async def validate(call: Asked) -> Validity:
    """Read a descriptor, and let the cluster check it as if it were deployed by the caller; nothing is kept."""
    if problems := await call.api.rollouts.check(call.checked, call.caller):
        raise InputError(problems)
    warnings = [ProblemItem.model_validate(problem_json(each)) for each in call.checked.warnings]
    return Validity(warnings=warnings, descriptor=dict(call.checked.document))


ROWS: Final = (
    Row("POST", PATH, Action.CREATE_DESCRIPTORS, create, descriptor_in_body, HTTPStatus.CREATED, query=("cluster",)),
    Row("GET", PATH, Action.READ_DESCRIPTORS, listed, scope_in_query, query=("cluster", "namespace", "app")),
    Row("POST", f"{PATH}/validate", Action.VALIDATE_DESCRIPTORS, validate, descriptor_in_body, query=("cluster",)),
    Row("GET", f"{PATH}/{{identifier}}", Action.READ_DESCRIPTORS, read, descriptor_in_path),
    Row("PUT", f"{PATH}/{{identifier}}", Action.REPLACE_DESCRIPTORS, put, descriptor_in_path),
    Row(
        "DELETE", f"{PATH}/{{identifier}}", Action.DELETE_DESCRIPTORS, delete, descriptor_in_path, HTTPStatus.NO_CONTENT
    ),
)
