"""Accounts of Kubernetes, as which a request may be made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


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
    """Return the account of a service account, with the groups that the API server gives it."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
    return Account(f"system:serviceaccount:{namespace}:{name}", groups)


def account_of(document: Mapping[str, Any]) -> Account:
    """Return an account from its wire form."""
    extra = {key: tuple(values) for key, values in document["extra"].items()}
    return Account(document["user"], tuple(document["groups"]), document["uid"], extra)
