"""Environment variables that every app of a place gets."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.requests import Request

from fairlead.domain.authorising.actions import Action
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.keeping.answers import Missing, Stale
from fairlead.domain.keeping.variables import Place, SecretReference, Variable, variable_name, variable_problem
from fairlead.domain.scopes import Scope, scope_of
from fairlead.server.api.asking import Api, Asked, Subject, stale
from fairlead.server.api.routing import Row, sent
from fairlead.server.api.subjects import scope_in_query
from fairlead.server.api.wire import VariableItem, VariableList, VariableWish
from fairlead.server.problems import not_found

PATH: Final = "/api/v1/variables"
_ONE: Final = f"{PATH}/{{name}}"


def _scope(place: Place) -> Scope:
    """Return the units that a variable of a place reaches."""
    clusters = [place.cluster] if place.cluster else []
    return scope_of(clusters=clusters, namespaces=[place.namespace] if place.namespace else [])


async def place_in_query(api: Api, request: Request) -> Subject:  # noqa: ARG001 - every subject is found alike
    """Return the units that a variable reaches: of the cluster and namespace that the query names, or of all."""
    scope = _scope(_place(request))
    return Subject(scope, scope)


def _place(request: Request) -> Place:
    return Place(request.query_params.get("cluster", ""), request.query_params.get("namespace", ""))


async def listed(call: Asked) -> VariableList:
    """List the variables of which the caller may see every unit that they reach."""
    found = await call.api.administration.variables.list()
    return VariableList(items=[_item(one) for one in found if call.scope.covers(_scope(one.place))])


async def put(call: Asked) -> VariableItem:
    """Set a variable. What runs keeps what it was started with; the next deployment gets the new value."""
    wish = await sent(call, VariableWish)
    variable = Variable(variable_name(call.request.path_params["name"]), _value(wish), _place(call.request))
    if (problem := variable_problem(variable)) is not None:
        raise InputError(problem)
    wanted = call.request.headers.get("if-match")
    revision = int(wanted.strip('"')) if wanted is not None and wanted.strip('"').isdecimal() else None
    match await call.api.administration.variables.put(variable, revision=revision):
        case Variable() as kept:
            return _item(kept)
        case Stale(revision=present):
            raise stale(present)


async def delete(call: Asked) -> None:
    """Unset a variable."""
    name = variable_name(call.request.path_params["name"])
    match await call.api.administration.variables.delete(name, _place(call.request)):
        case Missing():
            raise not_found()
        case Variable():
            return


def _value(wish: VariableWish) -> str | SecretReference:
    if wish.value is not None and wish.secret is None and wish.key is None:
        return wish.value
    if wish.value is None and wish.secret and wish.key:
        return SecretReference(wish.secret, wish.key)
    message = "expected either `value`, or `secret` and `key`"
    raise InputError(Problem("invalidValue", message, path="value", remedy="a secret value belongs into a Secret"))


def _item(variable: Variable) -> VariableItem:
    return VariableItem.model_validate(variable.to_json() | {"revision": variable.revision})


ROWS: Final = (
    Row("GET", PATH, Action.READ_VARIABLES, listed, scope_in_query),
    Row("PUT", _ONE, Action.CHANGE_VARIABLES, put, place_in_query, body=VariableWish),
    Row("DELETE", _ONE, Action.CHANGE_VARIABLES, delete, place_in_query, HTTPStatus.NO_CONTENT),
)
