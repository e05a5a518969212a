"""Accounts of Kubernetes."""

from __future__ import annotations

import json

import pytest

from fairlead.domain.accounts import Account, account_of, impersonation, is_carried, service_account


def test_an_account_comes_back_from_json() -> None:
    account = Account("alice", ("dev", "ops"), "7", {"scopes": ("a", "b")})

    assert account_of(json.loads(json.dumps(account.to_json()))) == account


def test_of_a_service_account_only_the_name_is_said() -> None:
    assert impersonation(service_account("shop", "deployer")) == (
        ("Impersonate-User", "system:serviceaccount:shop:deployer"),
    )


def test_every_part_of_an_account_is_said() -> None:
    account = Account("alice", ("dev", "ops"), "7", {"b/c": ("1",), "a": ("x", "y")})

    assert impersonation(account) == (
        ("Impersonate-User", "alice"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-Group", "dev"),
        ("Impersonate-Group", "ops"),
        ("Impersonate-Extra-a", "x"),
        ("Impersonate-Extra-a", "y"),
        ("Impersonate-Extra-b%2Fc", "1"),
    )


@pytest.mark.parametrize(
    "account",
    [
        Account(""),
        Account("alice\r\nImpersonate-Group: system:masters"),
        Account(" alice"),
        Account("alice "),
        Account("ali\0ce"),
        Account("älice"),
        Account("a" * 256),
        Account("alice", ("",)),
        Account("alice", ("dev\n",)),
        Account("alice", uid=""),
        Account("alice", extra={"": ("x",)}),
        Account("alice", extra={"a": ("x\r",)}),
    ],
    ids=["empty", "lines", "before", "behind", "zero", "letters", "long", "no group", "group", "uid", "key", "value"],
)
def test_nothing_is_said_that_could_be_read_as_something_else(account: Account) -> None:
    assert not is_carried(account)
    with pytest.raises(ValueError, match="header"):
        impersonation(account)
