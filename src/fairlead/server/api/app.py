"""The application: every table of routes, errors as problems, and what surrounds each request."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from fairlead import __version__
from fairlead.domain.errors import FairleadError, Problem
from fairlead.server.api import deployments, descriptors, hooks, older, operating, streaming, units, variables
from fairlead.server.api.asking import Api
from fairlead.server.api.describing import described
from fairlead.server.api.older_subjects import older_path
from fairlead.server.api.repeating import OnceRoute
from fairlead.server.api.routing import Row, add_routes, require_guards
from fairlead.server.asgi import Answer, Receive, Scope, Send
from fairlead.server.problems import Declined, answer, answer_to
from fairlead.server.streams.events import EventStreams
from fairlead.server.surrounding import Surrounding, Surroundings

TABLES: Final[Sequence[tuple[str, Sequence[Row]]]] = (
    ("operating", operating.ROWS),
    ("descriptors", descriptors.ROWS),
    ("deployments", deployments.ROWS),
    ("streams", streaming.ROWS),
    ("units", units.ROWS),
    ("variables", variables.ROWS),
    ("webhooks", hooks.ROWS),
    ("as in the Amdatu Deployer", older.ROWS),
)

_CLIENT_GONE: Final = 499  # as nginx counts those who left before their request was complete; nobody reads it

_log = logging.getLogger(__name__)


class _Routes(FastAPI):
    """The routes, also for who leaves out the last slash of an older path, or adds one."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["path"] = older_path(scope["path"])
        await super().__call__(scope, receive, send)


def routed(api: Api) -> FastAPI:
    """Return the routes of a server.

    Raises:
        UnguardedRoute: a route has no policy.
    """
    app = bare()
    app.state.api = api
    return app


def bare() -> FastAPI:
    """Return the routes with their guards, but of no server: to be described.

    Raises:
        UnguardedRoute: a route has no policy.
    """
    app = _Routes(title="Fairlead", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.router.redirect_slashes = False
    app.router.route_class = OnceRoute
    for tag, rows in TABLES:
        add_routes(app, rows, tag=tag)
    require_guards(app)
    app.add_exception_handler(Declined, _declined)
    app.add_exception_handler(FairleadError, _failed)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _broken)
    described(app)
    return app


def application(api: Api, surroundings: Surroundings) -> Any:
    """Return the ASGI application with everything around it."""
    return EventStreams(Surrounding(routed(api), surroundings, api.metrics, api.clock), api.hub)


def _response(answered: Answer) -> Response:
    return Response(answered.content, answered.status, answered.all_headers)


async def _declined(request: Request, error: Exception) -> Response:  # noqa: ARG001 - the framework's arguments
    assert isinstance(error, Declined)
    return _response(answer(error.status, error.problems))


async def _failed(request: Request, error: Exception) -> Response:  # noqa: ARG001 - as above
    assert isinstance(error, FairleadError)
    answered = answer_to(error)
    if answered.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("%s", error)
    return _response(answered)


async def _invalid(request: Request, error: Exception) -> Response:  # noqa: ARG001 - as above
    assert isinstance(error, RequestValidationError)
    problems = [
        Problem("invalidParameter", str(each["msg"]), path=".".join(str(part) for part in each["loc"]))
        for each in error.errors()
    ]
    return _response(answer(HTTPStatus.UNPROCESSABLE_ENTITY, problems))


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    codes = {HTTPStatus.NOT_FOUND: "notFound", HTTPStatus.METHOD_NOT_ALLOWED: "wrongMethod"}
    code = codes.get(HTTPStatus(error.status_code), "refused")
    message = f"there is no {request.method} {request.url.path}"
    problem = Problem(code, message, remedy="GET /api/v1/openapi.json lists what there is")
    return _response(answer(error.status_code, [problem], error.headers))


async def _gone(request: Request, error: Exception) -> Response:  # noqa: ARG001 - as above
    return Response(status_code=_CLIENT_GONE)


async def _broken(request: Request, error: Exception) -> Response:  # noqa: ARG001 - the server logs the error
    problem = Problem("bug", "the server made a mistake", remedy="its log has the details; please report them")
    return _response(answer(HTTPStatus.INTERNAL_SERVER_ERROR, [problem]))
