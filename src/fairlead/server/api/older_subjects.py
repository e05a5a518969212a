"""What requests in the older shape are about: everything is of the namespace that the query names."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.requests import Request

from fairlead.domain.scopes import scope_of
from fairlead.domain.units import UnitKey
from fairlead.server.api.asking import Api, Subject
from fairlead.server.api.subjects import cluster_of, deployment_in_path, descriptor_in_body, descriptor_in_path
from fairlead.server.problems import declined

_DEEPEST: Final = 2  # an item, and what belongs to it


def older_path(path: str) -> str:
    """Return the path that the routes have for what a client asks for in the older shape.

    Collections and items end in a slash there and nothing else does, which no client has to know.
    """
    kind, *rest = path.removeprefix("/").removesuffix("/").split("/")
    if kind not in ("descriptors", "deployments") or len(rest) > _DEEPEST or "" in rest:
        return path
    is_slashed = len(rest) < _DEEPEST and rest != ["validate"]
    return "/".join(("", kind, *rest, *([""] if is_slashed else [])))


async def namespace_in_query(api: Api, request: Request) -> Subject:
    """Return the namespace that a list asks for, or one app of it."""
    apps = request.query_params.getlist("appname")
    scope = scope_of(clusters=[cluster_of(api, request)], namespaces=[_namespace(request)], apps=apps)
    return Subject(scope, scope)


async def app_in_query(api: Api, request: Request) -> Subject:
    """Return the app of which all shall be removed."""
    app = request.query_params.get("appname")
    if not app:
        raise declined(HTTPStatus.BAD_REQUEST, "appMissing", "found no appname in the query", path="appname")
    unit = UnitKey(cluster_of(api, request), _namespace(request), app)
    return Subject(unit, unit)


async def descriptor_here(api: Api, request: Request) -> Subject | None:
    """Return the descriptor that the path names, if it is of the namespace in the query."""
    found = await descriptor_in_path(api, request)
    return found if _is_here(request, found) else None


async def deployment_here(api: Api, request: Request) -> Subject | None:
    """Return the deployment that the path names, if it is of the namespace in the query."""
    found = await deployment_in_path(api, request)
    return found if _is_here(request, found) else None


async def deployable_in_query(api: Api, request: Request) -> Subject | None:
    """Return the descriptor that shall be deployed."""
    identifier = request.query_params.get("descriptorId")
    if not identifier:
        message = "found no descriptorId in the query"
        raise declined(HTTPStatus.BAD_REQUEST, "descriptorMissing", message, path="descriptorId")
    found = await api.store.descriptors.read(identifier)
    subject = None if found is None else Subject(found, found.unit)
    return subject if _is_here(request, subject) else None


async def new_descriptor(api: Api, request: Request) -> Subject:
    """Return the descriptor in the body, which has to be of the namespace in the query."""
    subject = await descriptor_in_body(api, request)
    if not _is_here(request, subject):
        message = "the descriptor is of another namespace than the query names"
        raise declined(HTTPStatus.UNPROCESSABLE_ENTITY, "namespaceMismatch", message, path="namespace")
    return subject


def _namespace(request: Request) -> str:
    found = request.query_params.get("namespace")
    if not found:
        raise declined(HTTPStatus.BAD_REQUEST, "namespaceMissing", "found no namespace in the query", path="namespace")
    return found


def _is_here(request: Request, subject: Subject | None) -> bool:
    namespace = _namespace(request)
    unit = subject.resource if subject is not None else None
    return isinstance(unit, UnitKey) and unit.namespace == namespace
