"""Where a cluster keeps the environment variables that every app of a namespace gets.

They lie beside the apps, so that commands need no server. Guarantees: `swap` is compare-and-swap, so of two who change
them one loses and knows it. Values of secret ones are never read: they are references to Secrets. Errors besides those
of the cluster port: `OperationFailed` with code `variablesInvalid` for what cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from fairlead.domain.apps.variables import Variable


@dataclass(frozen=True, slots=True)
class Stored:
    """The variables of a namespace as they were read, by name. Where there never were any, `version` is empty."""

    variables: tuple[Variable, ...] = ()
    version: str = ""
    uid: str = ""


class VariableStore(Protocol):
    """The variables of one cluster's namespaces."""

    async def read(self, namespace: str) -> Stored:
        """Return the variables of a namespace as they are now."""
        ...

    async def swap(self, namespace: str, old: Stored, new: Iterable[Variable]) -> Stored | None:
        """Store variables in place of those that were read; None when somebody else was faster."""
        ...
