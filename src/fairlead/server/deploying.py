"""Begins deployments: the record first, then the intent in the cluster, then the answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fairlead.domain.authorising.callers import Caller
from fairlead.domain.errors import FairleadError, Problem, Refused
from fairlead.domain.keeping.answers import KeyReused, Once, Repeated
from fairlead.domain.keeping.deployments import DeploymentStatus, StoredDeployment
from fairlead.domain.rollout.intents import OnBusy
from fairlead.domain.rollout.refusing import NotTaken, Ways, told
from fairlead.domain.rollout.unit_words import Guard
from fairlead.domain.units import UnitKey
from fairlead.pipeline.authorising.accounts import ACCOUNT
from fairlead.ports.clock import Clock
from fairlead.ports.store import Store
from fairlead.server.rollouts import Rollouts, Wanted

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Beginning:
    """A deployment that somebody wants."""

    unit: UnitKey
    descriptor: str
    document: Mapping[str, Any]
    caller: Caller
    on_busy: OnBusy = OnBusy.SUPERSEDE
    release_hold: bool = False
    once: Once | None = None


def who(caller: Caller) -> dict[str, Any]:
    """Return what a record says of a caller: their name, and the account that the unit is driven as."""
    account = {} if caller.account is None else {ACCOUNT: caller.account.to_json()}
    return {"by": caller.name, **account}


@dataclass(frozen=True, slots=True)
class Deployer:
    """`busy` is told of the unit, so that somebody drives it."""

    store: Store
    rollouts: Rollouts
    clock: Clock
    identifier: Callable[[], str]
    busy: Callable[[UnitKey], None]

    async def begin(self, beginning: Beginning) -> StoredDeployment | KeyReused:
        """Return the record of a deployment that the cluster knows of.

        Raises:
            NotTaken: the unit would refuse it as it stands: it is blocked, or holds the same inputs. No record is left.
            Refused: the unit is busy, and that was not to be (`unitBusy`); or the version, a name or the host is
            another's.
            FairleadError: it could not be asked for. The record says so, and nothing was begun.
        """
        await self._require_rest(beginning)
        now = self.clock.now()
        new = StoredDeployment(
            identifier=self.identifier(),
            unit=beginning.unit,
            descriptor=beginning.descriptor,
            status=DeploymentStatus.QUEUED,
            document={"descriptor": beginning.document, **who(beginning.caller)},
            created=now,
            modified=now,
        )
        record = await self.record(new, beginning.once)
        if isinstance(record, KeyReused) or record.version or record.status is not DeploymentStatus.QUEUED:
            return record
        return await self._ask(beginning, record)

    async def record(self, new: StoredDeployment, once: Once | None) -> StoredDeployment | KeyReused:
        """Return the record of a deployment that is to be asked for, queued; or of one that was, as it stands.

        A request that is sent again because it could not be carried out is about the record that it made.

        Raises:
            Refused: it made one, which was deleted (`recordGone`).
        """
        match await self.store.deployments.add(new, once):
            case KeyReused() as reused:
                return reused
            case StoredDeployment() as record:
                return record
            case Repeated(identifier=identifier):
                found = await self.store.deployments.read(identifier)
        if found is None:
            message = f"the record of deployment {identifier}, which this request began, was deleted"
            raise Refused(Problem("recordGone", message, remedy="send a new Idempotency-Key"))
        return await self._unasked(found)

    async def _unasked(self, record: StoredDeployment) -> StoredDeployment:
        """Return a record, queued if its unit has not heard of it: the answer to that may have been lost."""
        if record.version or record.status not in (DeploymentStatus.FAILED, DeploymentStatus.QUEUED):
            return record
        standing = await self.rollouts.standing(record.unit)
        if standing is not None and record.identifier in standing.under_way:
            return await self._keep(record, status=DeploymentStatus.DEPLOYING, explanation="")
        if standing is not None and any(one.deployment == record.identifier for one in standing.finished):
            return record
        return await self._keep(record, status=DeploymentStatus.QUEUED, explanation="")

    async def give_up(self, record: StoredDeployment, error: FairleadError) -> None:
        """Write down that a deployment could not be asked for, and why; what the unit did not take leaves no record."""
        if isinstance(error, NotTaken):
            await self.store.deployments.delete(record.identifier)
        else:
            await self._keep(record, status=DeploymentStatus.FAILED, explanation=str(error))

    async def _require_rest(self, beginning: Beginning) -> None:
        if beginning.on_busy is not OnBusy.REJECT:
            return
        standing = await self.rollouts.standing(beginning.unit)
        if standing is not None and standing.is_busy:
            raise NotTaken(told(Guard.REJECTS, Ways()))

    async def _ask(self, beginning: Beginning, record: StoredDeployment) -> StoredDeployment:
        wanted = Wanted(
            unit=beginning.unit,
            deployment=record.identifier,
            document=beginning.document,
            caller=beginning.caller,
            on_busy=beginning.on_busy,
            release_hold=beginning.release_hold,
        )
        try:
            version = await self.rollouts.deploy(wanted)
        except FairleadError as error:
            await self.give_up(record, error)
            raise
        self.busy(beginning.unit)
        return await self._keep(record, version=version)

    async def _keep(
        self,
        record: StoredDeployment,
        *,
        status: DeploymentStatus | None = None,
        version: str = "",
        explanation: str | None = None,
    ) -> StoredDeployment:
        """Write down what became known, on top of what others may have written meanwhile."""
        while True:
            document = record.document if explanation is None else {**record.document, "explanation": explanation}
            changed = replace(
                record,
                status=status or record.status,
                version=version or record.version,
                document=document,
                modified=self.clock.now(),
            )
            kept = await self.store.deployments.replace(changed)
            if isinstance(kept, StoredDeployment):
                return kept
            present = await self.store.deployments.read(record.identifier)
            if present is None:
                return changed  # removed meanwhile
            record = present
