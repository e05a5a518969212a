"""May this caller do that? One function, asked for every request on every way in.

Whether something exists is nobody's business who may not see it: a scope that does not reach it gives the answer that
its absence would give, word for word.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fairlead.domain.authorising.actions import POLICIES, Action
from fairlead.domain.authorising.callers import Caller
from fairlead.domain.errors import Problem
from fairlead.domain.scopes import EVERYTHING, Scope, one_unit
from fairlead.domain.units import UnitKey

Resource = UnitKey | Scope | None
"""What an action concerns: one unit, all units of a scope, or everything."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """The caller may; of lists, they see `scope`."""

    scope: Scope


class Kind(StrEnum):
    """Why not, in the terms of HTTP: 401, 403, 404."""

    UNKNOWN_CALLER = "unknownCaller"
    FORBIDDEN = "forbidden"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Denied:
    """The caller may not, and may be told this."""

    kind: Kind
    problem: Problem


def authorise(caller: Caller | None, action: Action, resource: Resource = None) -> Allowed | Denied:
    """Decide whether a caller may do something to a resource; the resource of a list is the scope that it asks for."""
    policy = POLICIES[action]
    if policy.role is None:
        return Allowed(EVERYTHING)
    if caller is None:
        message = "who asks is not known, or not any more"
        remedy = "send `Authorization: Bearer TOKEN` with a token that is valid"
        return Denied(Kind.UNKNOWN_CALLER, Problem("unknownCaller", message, remedy=remedy))
    wanted = _wanted(resource)
    is_list = policy.narrows and not isinstance(resource, UnitKey)
    if not is_list and not caller.scope.covers(wanted):
        return Denied(Kind.HIDDEN, absent()) if policy.hides else _out_of_scope(caller, action)
    if not caller.role.includes(policy.role):
        message = (
            f"{action.value} needs the role {policy.role.value}, and {caller.name} has the role {caller.role.value}"
        )
        remedy = "use a token of that role, or ask an administrator for one"
        return Denied(Kind.FORBIDDEN, Problem("forbidden", message, remedy=remedy))
    return Allowed(caller.scope & wanted)


def absent() -> Problem:
    """Return what is said of a thing that does not exist, or not for whoever asks."""
    return Problem("notFound", "there is no such thing", remedy="check the identifier and the namespace")


def _wanted(resource: Resource) -> Scope:
    match resource:
        case UnitKey():
            return one_unit(resource)
        case Scope():
            return resource
        case None:
            return EVERYTHING


def _out_of_scope(caller: Caller, action: Action) -> Denied:
    message = f"{action.value} reaches beyond what {caller.name} may touch"
    remedy = "use a token whose scope names this cluster, namespace and app"
    return Denied(Kind.FORBIDDEN, Problem("outOfScope", message, remedy=remedy))
