"""The units of clusters, as the server sees them: descriptors read, names and hosts looked up, anchors shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from fairlead.domain.accounts import Account
from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.apps.naming import DIGITS, collisions
from fairlead.domain.apps.objects import Inputs, version_objects
from fairlead.domain.apps.unit_objects import unit_objects
from fairlead.domain.apps.variables import Variable
from fairlead.domain.apps.writing import descriptor_json
from fairlead.domain.authorising.acting import ACCOUNT_MISSING
from fairlead.domain.authorising.callers import Caller
from fairlead.domain.declaring.apps.reading import read_descriptor
from fairlead.domain.errors import InputError, OperationFailed, Problem, Refused
from fairlead.domain.identity import Identity, object_ref
from fairlead.domain.joining import joined
from fairlead.domain.reading import text
from fairlead.domain.rollout.anchor import Anchor, submitted
from fairlead.domain.rollout.guards import promoted_at
from fairlead.domain.rollout.intents import Deploy, Intent, Rollback, Undeploy
from fairlead.domain.rollout.judging import concerned
from fairlead.domain.rollout.refusing import Ways
from fairlead.domain.scopes import EVERYTHING, Scope
from fairlead.domain.unit_news import Notified
from fairlead.domain.units import UnitKey
from fairlead.pipeline.authorising.accounts import Accounts
from fairlead.pipeline.authorising.impersonating import on_behalf_of
from fairlead.pipeline.engine import at_once
from fairlead.pipeline.rebuilding import Recalled, UnitMemory
from fairlead.pipeline.units.checking import Check, as_taken
from fairlead.pipeline.units.hosts import Hosts
from fairlead.pipeline.units.service import Order, Units, stands_still
from fairlead.pipeline.units.variables import Change, change_variables, inputs_of
from fairlead.ports.cluster import ApiKind, Cluster
from fairlead.ports.store import Store
from fairlead.ports.variables import VariableStore
from fairlead.server.permitting import against, permitted, ruled_out
from fairlead.server.rollouts import Checked, Standing, Wanted
from fairlead.server.showing import standing_of

_NAMESPACES: Final = ApiKind("v1", "Namespace", "namespaces", namespaced=False)
_TRIAL: Final = "9" * DIGITS  # the version that stands for `#` where objects are only tried


@dataclass(frozen=True, slots=True)
class _Trial:
    """What a descriptor would be made into. `routes` are the names of what may be there already, to be adopted."""

    unit: UnitKey
    descriptor: Descriptor
    inputs: Inputs
    cluster: Cluster
    manifests: Sequence[Any]
    routes: frozenset[Identity]


@dataclass(frozen=True, slots=True)
class UnitRollouts:
    """The units of declared clusters. What is written there is written as the caller's account may, or the namespace's.

    `stored` gives what a cluster keeps of environment variables. `alarmed` are units of which somebody was told that
    nobody may act for them. A descriptor is kept also while its cluster does not answer, after `look_seconds`.
    """

    units: Units
    names: Sequence[str]
    store: Store
    stored: Callable[[Cluster], VariableStore]
    alarmed: set[UnitKey] = field(default_factory=set)
    look_seconds: float = 2.0

    @property
    def clusters(self) -> Sequence[str]:
        """The names of the clusters, as declared."""
        return self.names

    def read(self, document: object, cluster: str) -> Checked | tuple[Problem, ...]:
        """Read a descriptor, without asking anybody; every problem has its path."""
        found = read_descriptor(document)
        if not isinstance(found, Descriptor):
            return found
        return Checked(UnitKey(cluster, found.namespace, found.app), descriptor_json(found), found.warnings)

    async def ruled_out(self, checked: Checked) -> tuple[Problem, ...]:
        """Return what its namespace forbids of it; nothing while nobody can tell."""
        try:
            async with asyncio.timeout(self.look_seconds):
                return await ruled_out(await self._cluster(checked.unit.cluster), _descriptor(checked.document))
        except (OperationFailed, TimeoutError):
            return ()

    async def check(self, checked: Checked, caller: Caller) -> tuple[Problem, ...]:
        """Return what speaks against it: who has its names, and what the API server says to its objects."""
        with await self._for_caller(caller, checked.unit.cluster, checked.unit.namespace):
            trial = await self._trial(checked.unit, checked.document)
            return (*await self._taken(trial), *await _against(trial))

    async def deploy(self, wanted: Wanted) -> str:
        """Store what shall be deployed and ask for it; return the version that it has."""
        with await self._for_caller(wanted.caller, wanted.unit.cluster, wanted.unit.namespace):
            trial = await self._trial(wanted.unit, wanted.document)
            taken, problems = await at_once((self._taken(trial), _against(trial)))
            if taken:
                raise Refused(taken)
            if problems:
                raise InputError(problems)
            order = Order(
                id=wanted.deployment,
                deployment=wanted.deployment,
                by=wanted.caller.name,
                descriptor=trial.descriptor,
                inputs=trial.inputs,
                on_busy=wanted.on_busy,
                release_hold=wanted.release_hold,
            )
            return (await self.units.deploy(wanted.unit, order, await self._check(wanted.unit))).version

    async def variables(self, cluster: str, namespace: str) -> Sequence[Variable]:
        """Return the environment variables of a namespace."""
        return (await self.stored(await self._cluster(cluster)).read(namespace)).variables

    async def change_variables(
        self, caller: Caller, cluster: str, namespace: str, change: Change
    ) -> Sequence[Variable]:
        """Change the environment variables of a namespace, and return them."""
        with await self._for_caller(caller, cluster, namespace):
            place = await self._cluster(cluster)
            return await change_variables(self.stored(place), namespace, await permitted(place, namespace, change))

    async def submit(self, unit: UnitKey, intent: Intent) -> None:
        """Ask something of a unit."""
        await self.units.submit(unit, intent, await self._check(unit))

    async def standing(self, unit: UnitKey) -> Standing | None:
        """Return how a unit stands, None when there is none."""
        status = await self.units.read(unit)
        return None if status.anchor == Anchor() else standing_of(status)

    async def _check(self, unit: UnitKey) -> Check:
        """Return what refuses an intent that the unit would not take, or for which nobody could act then."""
        accounts, takes = Accounts(await self._cluster(unit.cluster), self.store), as_taken(unit.name, _ways(unit))

        async def check(anchor: Anchor, intent: Intent) -> None:
            await takes(anchor, intent)
            acted_for = {concerned(submitted(anchor, intent))}
            if isinstance(intent, Rollback | Undeploy):
                acted_for.add(intent.deployment)
            elif isinstance(intent, Deploy):
                acted_for.discard(intent.deployment)  # whoever wants that has an account already
            for deployment in sorted(acted_for):
                await accounts.of_unit(unit, deployment)

        return check

    async def drive(self, unit: UnitKey) -> float | None:
        """Drive a unit until it rests and no time is over; return in how many seconds the next one is.

        What nobody has begun and nobody may act for any more ends as refused; what was begun waits for an account.
        """
        while True:
            try:
                left = await self._driven(unit)
            except Refused as error:
                if error.code != ACCOUNT_MISSING:
                    raise
                if not await self.units.refuse_next(unit, _said(error)):
                    await self._alarm(unit, _said(error))
                    raise
            else:
                self.alarmed.discard(unit)
                return left

    async def _alarm(self, unit: UnitKey, text: str) -> None:
        """Say, once, that a unit stands still for want of an account."""
        if unit not in self.alarmed:
            self.alarmed.add(unit)
            deployment = concerned((await self.units.read(unit)).anchor)
            now = self.units.engine.clock.now()
            self.units.sink.announce(Notified(unit, now, deployment, ACCOUNT_MISSING, text, alarm=True))

    async def _driven(self, unit: UnitKey) -> float | None:
        clock = self.units.engine.clock

        def rests(anchor: Anchor) -> bool:
            next_one = next_moment(anchor)
            return stands_still(anchor) and (next_one is None or next_one > clock.now())

        accounts, known = Accounts(await self._cluster(unit.cluster), self.store), dict[str, Account]()

        async def acting(anchor: Anchor) -> AbstractContextManager[None]:
            deployment = concerned(anchor)
            if deployment not in known:
                known[deployment] = await accounts.of_unit(unit, deployment)
            return on_behalf_of(known[deployment], unit.namespace)

        anchor = await self.units.drive(unit, rests, acting)
        moment = next_moment(anchor)
        return None if moment is None else max(0.0, (moment - clock.now()).total_seconds())

    async def recall(self, unit: UnitKey) -> Recalled:
        """Return what a cluster remembers of a unit, for records that were lost."""
        return await UnitMemory(self.units).recall(unit)

    async def known(self, scope: Scope = EVERYTHING) -> Sequence[UnitKey]:
        """Return every unit of a scope that has an anchor in one of the clusters; nothing outside of it is asked."""
        found: list[UnitKey] = []
        for cluster in self.names:
            if scope.clusters is not None and cluster not in scope.clusters:
                continue
            place = await self.units.places(cluster)
            namespaces = sorted(scope.namespaces or await _namespaces(place.cluster))
            names = await at_once(place.anchors.names(namespace) for namespace in namespaces)
            for namespace, apps in zip(namespaces, names, strict=True):
                found += [UnitKey(cluster, namespace, app) for app in apps]
        return sorted(unit for unit in found if scope.holds(unit))

    async def _cluster(self, name: str) -> Cluster:
        return (await self.units.places(name)).cluster

    async def _for_caller(self, caller: Caller, cluster: str, namespace: str) -> AbstractContextManager[None]:
        account = await Accounts(await self._cluster(cluster), self.store).of_caller(caller, namespace)
        return on_behalf_of(account, namespace)

    async def _trial(self, unit: UnitKey, document: object) -> _Trial:
        """Return what a descriptor would be made into, to be tried and asked about."""
        descriptor = _descriptor(document)
        cluster = await self._cluster(unit.cluster)
        inputs = await inputs_of(cluster, self.stored(cluster), descriptor)
        version = _TRIAL if descriptor.is_automatic else descriptor.version
        shared = unit_objects(descriptor, version, version)
        made = version_objects(descriptor, version, inputs).created
        routes = frozenset(object_ref(each).identity for each in shared.services)
        return _Trial(unit, descriptor, inputs, cluster, (*made, *shared.all), routes)

    async def _taken(self, trial: _Trial) -> tuple[Problem, ...]:
        """Return what belongs to somebody else: the host, names of objects."""
        host = trial.descriptor.exposure.host
        owner = await Hosts(trial.cluster, trial.unit).owner([host]) if host is not None else ""
        hosts = (Problem("hostTaken", owner, path="frontend", remedy="choose another host"),) if owner else ()
        own = [one for one in trial.manifests if object_ref(one).kind not in ("ConfigMap", "Secret")]
        live = await at_once(trial.cluster.get(object_ref(manifest)) for manifest in own)
        there = {object_ref(one).identity: one for one in live if one is not None}
        return (*hosts, *collisions(own, there, adoptable=trial.routes))


def _descriptor(document: object) -> Descriptor:
    found = read_descriptor(document)
    if not isinstance(found, Descriptor):
        raise InputError(found)
    return found


def _ways(unit: UnitKey) -> Ways:
    path = f"/api/v1/units/{unit}"
    return Ways(f"`GET {path}`", f"`POST {path}/resolve` (role admin)", '"releaseHold": true')


def _said(error: Refused) -> str:
    return joined(said for one in error.problems for said in (one.message, one.remedy or ""))


async def _namespaces(cluster: Cluster) -> list[str]:
    listed = await cluster.list_metadata(_NAMESPACES, None)
    return [text(one, "metadata", "name") for one in listed.items]


async def _against(trial: _Trial) -> tuple[Problem, ...]:
    return await against(trial.cluster, trial.descriptor, trial.inputs.variables, trial.manifests)


def next_moment(anchor: Anchor) -> datetime | None:
    """Return when a unit that rests has to be driven again: a version cools or goes, a candidate goes live."""
    moments = [one.deadline for one in anchor.present]
    return min((one for one in (*moments, anchor.deadline, promoted_at(anchor)) if one is not None), default=None)
