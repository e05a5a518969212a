"""Environment variables that every app of a namespace gets with its next version."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.requests import Request

from fairlead.domain.apps.variables import SecretKey, Variable, variable_name, variable_problem
from fairlead.domain.authorising.actions import Action
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.scopes import Scope, scope_of
from fairlead.server.api.asking import Api, Asked, Call, Subject
from fairlead.server.api.routing import Row, sent
from fairlead.server.api.wire import SecretKeyItem, VariableItem, VariableList, VariableWish
from fairlead.server.problems import not_found

PATH: Final = "/api/v1/clusters/{cluster}/namespaces/{namespace}/variables"
_ONE: Final = f"{PATH}/{{name}}"


async def namespace_in_path(api: Api, request: Request) -> Subject | None:
    """Return the namespace that the path names: every app of it."""
    cluster, namespace = _place(request)
    scope = scope_of(clusters=[cluster], namespaces=[namespace])
    return Subject(scope, scope) if cluster in api.rollouts.clusters else None


def _place(request: Request) -> tuple[str, str]:
    return request.path_params["cluster"], request.path_params["namespace"]


async def listed(call: Asked) -> VariableList:
    """List the variables of a namespace, by name."""
    if not isinstance(call.found, Scope) or not call.scope.covers(call.found):
        raise not_found()
    found = await call.api.rollouts.variables(*_place(call.request))
    return VariableList(items=[_item(one) for one in sorted(found, key=lambda one: one.name)])


async def put(call: Asked) -> VariableItem:
    """Set a variable. What runs keeps what it was started with; the next deployment gets the new value."""
    wanted = _variable(_name(call), await sent(call, VariableWish))

    def change(old: Mapping[str, Variable]) -> Mapping[str, Variable]:
        return {**old, wanted.name: wanted}

    await call.api.rollouts.change_variables(call.caller, *_place(call.request), change)
    return _item(wanted)


async def delete(call: Asked) -> None:
    """Unset a variable."""
    name = _name(call)
    if name not in {variable_name(one.name) for one in await call.api.rollouts.variables(*_place(call.request))}:
        raise not_found()

    def change(old: Mapping[str, Variable]) -> Mapping[str, Variable]:
        return {key: one for key, one in old.items() if key != name}

    await call.api.rollouts.change_variables(call.caller, *_place(call.request), change)


def _name(call: Call) -> str:
    return variable_name(call.request.path_params["name"])


def _variable(name: str, wish: VariableWish) -> Variable:
    secret = wish.secret_ref
    kept = "" if wish.value is None else wish.value
    problem = variable_problem(Variable(name, kept))
    if problem is not None:
        raise InputError(problem)
    if (wish.value is None) == (secret is None):
        message = "expected either `value` or `secretRef`"
        raise InputError(Problem("invalidValue", message, path="value", remedy="send one of them"))
    return Variable(name, kept if secret is None else SecretKey(secret.name, secret.key))


def _item(variable: Variable) -> VariableItem:
    if isinstance(variable.value, SecretKey):
        reference = SecretKeyItem(name=variable.value.secret, key=variable.value.key)
        return VariableItem(name=variable_name(variable.name), secret_ref=reference)
    return VariableItem(name=variable_name(variable.name), value=variable.value)


ROWS: Final = (
    Row("GET", PATH, Action.READ_VARIABLES, listed, namespace_in_path),
    Row("PUT", _ONE, Action.CHANGE_VARIABLES, put, namespace_in_path, body=VariableWish),
    Row("DELETE", _ONE, Action.CHANGE_VARIABLES, delete, namespace_in_path, HTTPStatus.NO_CONTENT),
)
