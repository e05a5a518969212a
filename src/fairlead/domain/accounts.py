"""Accounts of Kubernetes, as which a request may be made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

# What a header can carry as it is: no controls, no blanks at its ends, and nothing outside ASCII.
_CARRIED: Final = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Account:
    """A user with groups. `extra` is what an authenticator would have added; its keys are lower case."""

    user: str
    groups: tuple[str, ...] = ()
    uid: str | None = None
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        extra = {key: list(values) for key, values in sorted(self.extra.items())}
        return {"user": self.user, "groups": list(self.groups), "uid": self.uid, "extra": extra}


def service_account(namespace: str, name: str) -> Account:
    """Return the account of a service account. The API server adds its groups; to name them would be a right apart."""
    return Account(f"system:serviceaccount:{namespace}:{name}")


def is_carried(account: Account) -> bool:
    """Return whether every part of an account can be said in a header, and is said there as it is meant."""
    values = [value for values in account.extra.values() for value in values]
    uid = [] if account.uid is None else [account.uid]
    return all(_CARRIED.fullmatch(text) for text in (account.user, *uid, *account.groups, *account.extra, *values))


def impersonation(account: Account) -> tuple[tuple[str, str], ...]:
    """Return the headers by which the API server decides as if this account asked, whoever does.

    Source: "User impersonation" in the reference of Kubernetes' authentication.

    Raises:
        ValueError: a part of it cannot be said in a header.
    """
    if not is_carried(account):
        raise ValueError("an account of Kubernetes holds what no header carries")
    extra = [(key, value) for key, values in sorted(account.extra.items()) for value in values]
    return (
        ("Impersonate-User", account.user),
        *([] if account.uid is None else [("Impersonate-Uid", account.uid)]),
        *(("Impersonate-Group", group) for group in account.groups),
        *((f"Impersonate-Extra-{quote(key, safe='')}", value) for key, value in extra),
    )


def account_of(document: Mapping[str, Any]) -> Account:
    """Return an account from its wire form."""
    extra = {key: tuple(values) for key, values in document["extra"].items()}
    return Account(document["user"], tuple(document["groups"]), document["uid"], extra)
