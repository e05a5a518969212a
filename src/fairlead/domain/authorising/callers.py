"""Who calls, and what their role lets them do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fairlead.domain.accounts import Account
from fairlead.domain.scopes import EVERYTHING, Scope


class Role(StrEnum):
    """What a caller may do; each role may do all that the ones before it may."""

    VIEWER = "viewer"
    DEPLOYER = "deployer"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        """Return whether this role may do all that the other may."""
        return _RANKS[self] >= _RANKS[other]


_RANKS: Final = {role: rank for rank, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who may be somebody. `token` is the identifier of the token they showed, None on a loopback without any.

    `account` is the account of Kubernetes that they act as, None when it is the namespace's to say.
    """

    name: str
    role: Role
    scope: Scope = EVERYTHING
    token: str | None = None
    account: Account | None = None
