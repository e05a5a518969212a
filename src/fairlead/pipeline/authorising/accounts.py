"""As whom something is done in a cluster: for a caller who asks for it now, and for a unit that is driven later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from fairlead.domain.accounts import Account, account_of
from fairlead.domain.authorising.acting import acting_account, bound_account, missing
from fairlead.domain.authorising.callers import Caller
from fairlead.domain.errors import Problem, Refused
from fairlead.domain.identity import ObjectRef
from fairlead.domain.keeping.deployments import KEPT, DeploymentFilter, DeploymentStatus
from fairlead.domain.scopes import one_unit
from fairlead.domain.units import UnitKey
from fairlead.ports.cluster import Cluster
from fairlead.ports.store import Store

ACCOUNT: Final = "account"
"""Where the document of a deployment holds the account of whoever wanted it, if they have one of their own."""
_BEGUN: Final = frozenset(DeploymentStatus) - {DeploymentStatus.QUEUED}


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of one cluster.

    Who may write into a namespace cannot change them: they are read from the namespace itself, and from the server's
    own store.
    """

    cluster: Cluster
    store: Store

    async def of_caller(self, caller: Caller, namespace: str) -> Account:
        """Return as whom to act for a caller.

        Raises:
            Refused: they have no account, and the namespace binds none (`accountMissing`).
        """
        if caller.account is not None:
            return caller.account
        found = acting_account(caller, await self._namespace(namespace))
        if isinstance(found, Problem):
            raise Refused(found)
        return found

    async def of_unit(self, unit: UnitKey, deployment: str) -> Account:
        """Return as whom to drive a unit for a deployment: as whoever wanted that one, or as its namespace says.

        Where the unit keeps no such deployment, it is the last that began: what it left is cleared away. Which one is
        named comes from the namespace, so one that ended long ago lends its account to nobody.

        Raises:
            Refused: neither names an account (`accountMissing`).
        """
        record = await self.store.deployments.read(deployment) if deployment else None
        if record is None or record.unit != unit or record.status not in KEPT:
            page = await self.store.deployments.page(DeploymentFilter(one_unit(unit), _BEGUN), limit=1)
            record = page.items[0] if page.items else None
        stored: Any = None if record is None else record.document.get(ACCOUNT)
        if stored is not None:
            return account_of(stored)
        found = bound_account(await self._namespace(unit.namespace))
        if found is None:
            raise Refused(missing(str(unit)))
        return found

    async def _namespace(self, name: str) -> dict[str, Any] | None:
        return await self.cluster.get(ObjectRef("v1", "Namespace", "", name))
