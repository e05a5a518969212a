"""Routes as data. A route without an action cannot be written down, and one that was added otherwise is found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, TypeVar

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from starlette.responses import Response

from fairlead.domain.authorising.actions import POLICIES, Action
from fairlead.domain.errors import InputError, Problem
from fairlead.server.api.asking import About, Call, Guard
from fairlead.server.api.subjects import json_body, nothing
from fairlead.server.api.wire import ProblemDocument, Wire

W = TypeVar("W", bound=Wire)

ACTION: Final = "x-fairlead-action"
ROLE: Final = "x-fairlead-role"


@dataclass(frozen=True, slots=True)
class Row:
    """One route: what it performs, what that is about, and who answers.

    `body` is the form of what is sent, `query` what the decision reads of the query, both for the description: they are
    read by hand, in their order around the decision.
    """

    method: str
    path: str
    action: Action
    handler: Callable[..., Any]
    about: About = nothing
    status: int = HTTPStatus.OK
    body: type[BaseModel] | None = None
    query: tuple[str, ...] = ()


class HandedOver(Response):
    """What an application of ours answers, as the framework wants answers to look."""

    def __init__(self, app: Any) -> None:
        super().__init__()
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Let it answer."""
        await self._app(scope, receive, send)


class UnguardedRoute(RuntimeError):
    """A route was added past the table; the server does not start."""


def add_routes(app: FastAPI, rows: Sequence[Row], *, tag: str) -> None:
    """Add the routes of a table, each behind its guard."""
    for row in rows:
        role = POLICIES[row.action].role
        extra: dict[str, Any] = {ACTION: row.action.value, ROLE: role.value if role is not None else None}
        if row.body is not None:
            extra["requestBody"] = {"required": True, "content": {"application/json": {"schema": _reference(row.body)}}}
        if row.query:
            schema = {"type": "string"}
            extra["parameters"] = [{"name": name, "in": "query", "schema": schema} for name in row.query]
        app.add_api_route(
            row.path,
            row.handler,
            methods=[row.method],
            dependencies=[Depends(Guard(row.action, row.about, has_reason=_has_reason(row)))],
            status_code=row.status,
            openapi_extra=extra,
            tags=[tag],
            response_model_by_alias=True,
            responses={"4XX": {"model": ProblemDocument, "description": "Why not"}},
        )


def require_guards(app: FastAPI) -> None:
    """Refuse to serve when a route has no guard.

    Raises:
        UnguardedRoute: naming it.
    """
    for route in app.routes:
        found = route.dependencies if isinstance(route, APIRoute) else []
        if sum(isinstance(one.dependency, Guard) for one in found) != 1:
            raise UnguardedRoute(f"the route {getattr(route, 'path', route)!r} has no policy, or more than one")


def _has_reason(row: Row) -> bool:
    return row.body is not None and "reason" in row.body.model_fields


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


async def sent(call: Call, model: type[W], *, is_optional: bool = False) -> W:
    """Return what was sent, read as a wire form. Nothing at all is `{}` when it is optional.

    Raises:
        InputError: with every problem and its path.
    """
    if is_optional and not await call.request.body():
        return model()
    try:
        return model.model_validate(await json_body(call.request))
    except ValidationError as error:
        raise InputError(_problem(each) for each in error.errors(include_url=False, include_input=False)) from error


def _problem(error: ErrorDetails) -> Problem:
    path = ".".join(str(part) for part in error["loc"])
    return Problem("unknownField" if error["type"] == "extra_forbidden" else "invalidField", error["msg"], path=path)
