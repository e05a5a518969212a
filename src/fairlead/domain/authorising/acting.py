"""As whom Fairlead acts in a cluster for somebody: their own account or that of the namespace, never its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from fairlead.domain.accounts import Account, service_account
from fairlead.domain.authorising.callers import Caller
from fairlead.domain.errors import Problem

BINDING: Final = "fairlead.dev/service-account"
"""Annotation of a namespace: the service account in it that deployments without an account of their own act as."""

ACCOUNT_MISSING: Final = "accountMissing"
"""The code when nobody is named as whom to act."""

_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", re.ASCII)


def bound_account(namespace: Mapping[str, Any] | None) -> Account | None:
    """Return the account that a namespace binds, given the object; None when it binds none."""
    meta = (namespace or {}).get("metadata") or {}
    name = (meta.get("annotations") or {}).get(BINDING)
    return service_account(str(meta["name"]), str(name)) if name and _NAME.fullmatch(str(name)) else None


def acting_account(caller: Caller, namespace: Mapping[str, Any] | None) -> Account | Problem:
    """Return as whom to act for a caller in a namespace, given its object if it can be read."""
    return caller.account or bound_account(namespace) or missing(caller.name)


def missing(who: str) -> Problem:
    """Return what is said when nobody is named as whom to act for somebody or something."""
    message = f"{who} has no account in the cluster, and the namespace binds no service account"
    remedy = f"annotate the namespace with {BINDING}: NAME, or use a token made with --as"
    return Problem(ACCOUNT_MISSING, message, remedy=remedy)
