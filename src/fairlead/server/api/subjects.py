"""What requests are about: found before anybody decides, told to nobody who may not know."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, Final

from starlette.requests import Request

from fairlead.domain.errors import InputError
from fairlead.domain.scopes import scope_of
from fairlead.domain.units import UnitKey
from fairlead.server.api.asking import Api, Subject
from fairlead.server.problems import Declined, declined
from fairlead.server.rollouts import Checked

_JSON: Final = "application/json"


async def nothing(api: Api, request: Request) -> Subject:  # noqa: ARG001 - every subject is found alike
    """Return that it is about the server itself."""
    return Subject(None, None)


async def scope_in_query(api: Api, request: Request) -> Subject:  # noqa: ARG001 - as above
    """Return the scope that a list asks for."""
    asked = {name: request.query_params.getlist(name) for name in ("cluster", "namespace", "app")}
    scope = scope_of(clusters=asked["cluster"], namespaces=asked["namespace"], apps=asked["app"])
    return Subject(scope, scope)


async def unit_in_path(api: Api, request: Request) -> Subject | None:
    """Return the unit that the path names, in a cluster that is served."""
    unit = UnitKey(*(request.path_params[name] for name in ("cluster", "namespace", "app")))
    return Subject(unit, unit) if unit.cluster in api.rollouts.clusters else None


async def descriptor_in_path(api: Api, request: Request) -> Subject | None:
    """Return the stored descriptor that the path names."""
    found = await api.store.descriptors.read(request.path_params["identifier"])
    return None if found is None else Subject(found, found.unit)


async def deployment_in_path(api: Api, request: Request) -> Subject | None:
    """Return the deployment that the path names."""
    found = await api.store.deployments.read(request.path_params["identifier"])
    return None if found is None else Subject(found, found.unit)


async def descriptor_in_body(api: Api, request: Request) -> Subject:
    """Return the descriptor that is sent, for the cluster that the query names."""
    cluster = cluster_of(api, request)
    checked = read_descriptor(api, await json_body(request), cluster)
    return Subject(checked, checked.unit)


async def deployable_in_body(api: Api, request: Request) -> Subject | None:
    """Return the stored descriptor that shall be deployed."""
    body = await json_body(request)
    identifier = body.get("descriptorId") if isinstance(body, dict) else None
    if not isinstance(identifier, str):
        message = 'found no identifier of a descriptor, expected {"descriptorId": ID}'
        raise declined(HTTPStatus.UNPROCESSABLE_ENTITY, "descriptorMissing", message, path="descriptorId")
    found = await api.store.descriptors.read(identifier)
    return None if found is None else Subject(found, found.unit)


def cluster_of(api: Api, request: Request) -> str:
    """Return the cluster that the query names; of one cluster alone, nobody has to say which."""
    named = request.query_params.get("cluster")
    if named is None and len(api.rollouts.clusters) == 1:
        return api.rollouts.clusters[0]
    if named is None or named not in api.rollouts.clusters:
        found = "no cluster" if named is None else repr(named)
        message = f"found {found} in the query, expected the name of a cluster that is served"
        raise declined(HTTPStatus.UNPROCESSABLE_ENTITY, "unknownCluster", message, "GET /api/v1/clusters", "cluster")
    return named


def read_descriptor(api: Api, document: object, cluster: str) -> Checked:
    """Return a descriptor that was sent.

    Raises:
        InputError: with every problem.
    """
    read = api.rollouts.read(document, cluster)
    if isinstance(read, Checked):
        return read
    raise InputError(read)


async def json_body(request: Request) -> Any:
    """Return the body, which has to be JSON as Kubernetes would take it."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _JSON:
        message = f"found the content type {kind!r}, expected {_JSON}"
        raise declined(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "notJson", message, f"send Content-Type: {_JSON}")
    try:
        return json.loads(await request.body(), parse_constant=_refused, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise _unreadable(error) from error


def _unreadable(error: Exception) -> Declined:
    what = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
    return declined(HTTPStatus.BAD_REQUEST, "badRequest", f"the body is no JSON: {what}")


def _refused(name: str) -> None:
    raise ValueError(f"found {name}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice")
    return result
