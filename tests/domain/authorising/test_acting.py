"""As whom Fairlead acts for somebody."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.accounts import Account, service_account
from fairlead.domain.authorising.acting import BINDING, acting_account, bound_account
from fairlead.domain.authorising.callers import Caller, Role
from fairlead.domain.errors import Problem

ALICE = Account("alice", ("dev",))
BOUND: dict[str, Any] = {"metadata": {"name": "shop", "annotations": {BINDING: "deployer"}}}


@pytest.mark.parametrize(
    "namespace",
    [
        None,
        {},
        {"metadata": {"name": "shop"}},
        {"metadata": {"name": "shop", "annotations": {BINDING: ""}}},
        {"metadata": {"name": "shop", "annotations": {BINDING: "a:b"}}},
    ],
    ids=["unreadable", "empty", "plain", "emptied", "no name"],
)
def test_without_an_account_nothing_is_done(namespace: dict[str, Any] | None) -> None:
    found = acting_account(Caller("ci", Role.ADMIN), namespace)

    assert bound_account(namespace) is None
    assert isinstance(found, Problem)
    assert found.code == "accountMissing"


def test_the_account_of_the_caller_comes_before_that_of_the_namespace() -> None:
    assert acting_account(Caller("ci", Role.DEPLOYER), BOUND) == service_account("shop", "deployer")
    assert acting_account(Caller("ci", Role.DEPLOYER, account=ALICE), BOUND) == ALICE
    assert acting_account(Caller("ci", Role.DEPLOYER, account=ALICE), None) == ALICE
