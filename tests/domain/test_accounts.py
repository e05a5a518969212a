"""Accounts of Kubernetes."""

from __future__ import annotations

import json

from fairlead.domain.accounts import Account, account_of, service_account


def test_an_account_comes_back_from_json() -> None:
    account = Account("alice", ("dev", "ops"), "7", {"scopes": ("a", "b")})

    assert account_of(json.loads(json.dumps(account.to_json()))) == account


def test_a_service_account_is_in_the_groups_that_the_server_gives_it() -> None:
    account = service_account("shop", "deployer")

    assert account.user == "system:serviceaccount:shop:deployer"
    assert set(account.groups) == {
        "system:serviceaccounts",
        "system:serviceaccounts:shop",
        "system:authenticated",
    }
