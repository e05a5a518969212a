"""Who may do what: the whole table, and what a refusal tells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.authorising.actions import POLICIES, Action
from fairlead.domain.authorising.callers import Caller, Role
from fairlead.domain.authorising.deciding import (
    Allowed,
    Denied,
    Kind,
    Resource,
    absent,
    authorise,
)
from fairlead.domain.scopes import EVERYTHING, Scope, one_unit, scope_of
from fairlead.domain.units import UnitKey

WEB, OTHER = UnitKey("prod", "shop", "web"), UnitKey("prod", "bank", "web")
SHOP = scope_of(namespaces=["shop"])
PUBLIC = {Action.PROBE, Action.READ_API, Action.RECEIVE}
VIEWERS = {
    Action.READ_METRICS,
    Action.READ_CLUSTERS,
    Action.READ_DESCRIPTORS,
    Action.READ_UNITS,
    Action.READ_DEPLOYMENTS,
    Action.READ_LOGS,
    Action.READ_HEALTH,
    Action.READ_VARIABLES,
}
ADMINS = {Action.RESOLVE, Action.READ_TOKENS, Action.CREATE_TOKENS, Action.REVOKE_TOKENS, Action.READ_AUDIT}
_NAMES = st.none() | st.frozensets(st.sampled_from(["prod", "shop", "bank", "web"]), max_size=2)
_SCOPES = st.builds(Scope, _NAMES, _NAMES, _NAMES)
_RESOURCES = st.sampled_from([WEB, OTHER, None]) | _SCOPES
_CALLERS = st.builds(Caller, st.just("ci"), st.sampled_from(Role), _SCOPES)


def least(action: Action) -> Role | None:
    if action in PUBLIC:
        return None
    if action in VIEWERS:
        return Role.VIEWER
    return Role.ADMIN if action in ADMINS else Role.DEPLOYER


def test_every_action_has_one_policy() -> None:
    assert set(POLICIES) == set(Action)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", Role)
def test_who_may_do_what(action: Action, role: Role) -> None:
    needed = least(action)
    decision = authorise(Caller("ci", role), action, WEB)

    if needed is None or role.includes(needed):
        assert isinstance(decision, Allowed)
    else:
        assert isinstance(decision, Denied)
        assert (decision.kind, decision.problem.code) == (Kind.FORBIDDEN, "forbidden")


@pytest.mark.parametrize("action", Action)
def test_nobody_may_do_anything_but_what_is_public(action: Action) -> None:
    decision = authorise(None, action, WEB)

    if action in PUBLIC:
        assert decision == Allowed(EVERYTHING)
    else:
        assert isinstance(decision, Denied)
        assert (decision.kind, decision.problem.code) == (Kind.UNKNOWN_CALLER, "unknownCaller")


@pytest.mark.parametrize("action", sorted(set(Action) - PUBLIC))
def test_nothing_reaches_out_of_scope(action: Action) -> None:
    for role in Role:
        decision = authorise(Caller("ci", role, SHOP), action, OTHER)

        assert isinstance(decision, Denied)
        if POLICIES[action].hides:
            assert decision == Denied(Kind.HIDDEN, absent())
        else:
            assert (decision.kind, decision.problem.code) == (Kind.FORBIDDEN, "outOfScope")


@pytest.mark.parametrize("action", sorted(action for action in Action if POLICIES[action].changes))
def test_whoever_may_not_change_learns_nothing_of_what_is_hidden(action: Action) -> None:
    """The answer does not depend on the role, so that asking tells nothing of what exists."""
    decisions = {authorise(Caller("ci", role, SHOP), action, OTHER) for role in Role}

    assert len(decisions) == 1


def test_a_list_holds_what_is_in_scope() -> None:
    caller = Caller("ci", Role.VIEWER, SHOP)

    assert authorise(caller, Action.READ_DEPLOYMENTS) == Allowed(SHOP)
    assert authorise(caller, Action.READ_DEPLOYMENTS, one_unit(WEB)) == Allowed(one_unit(WEB))
    elsewhere = authorise(caller, Action.READ_DEPLOYMENTS, scope_of(namespaces=["bank"]))
    assert isinstance(elsewhere, Allowed)
    assert elsewhere.scope.is_empty


@pytest.mark.parametrize("action", [Action.READ_AUDIT, Action.READ_METRICS])
def test_what_concerns_everything_is_for_those_who_may_see_everything(action: Action) -> None:
    assert isinstance(authorise(Caller("ci", Role.ADMIN), action), Allowed)
    assert isinstance(authorise(Caller("ci", Role.ADMIN, SHOP), action), Denied)


def test_a_forgotten_resource_is_everything() -> None:
    assert isinstance(authorise(Caller("ci", Role.DEPLOYER, SHOP), Action.DEPLOY), Denied)


@given(_CALLERS, st.sampled_from(Action), _RESOURCES)
def test_what_is_allowed_lies_in_scope(caller: Caller, action: Action, resource: Resource) -> None:
    decision = authorise(caller, action, resource)

    if isinstance(decision, Allowed) and action not in PUBLIC:
        assert caller.scope.covers(decision.scope)
        if not POLICIES[action].narrows:
            assert caller.scope.covers(
                EVERYTHING if resource is None else one_unit(resource) if isinstance(resource, UnitKey) else resource
            )
